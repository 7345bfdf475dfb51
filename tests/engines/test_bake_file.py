"""The bake file: whole, and by what buildx makes of names and strings."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from lading.engines.bake_file import BakeBase, BakeTarget, bake_file


def target(image: str, platform: str = "linux/amd64", **more: str) -> BakeTarget:
    return BakeTarget(
        image=image,
        platform=platform,
        context=f"{image}/{platform.replace('/', '-')}",
        tags=tuple(more.values()),
    )


def test_it_is_whole() -> None:
    secretive = BakeTarget(
        image="web.gpu",
        platform="linux/amd64",
        context="web.gpu/linux-amd64",
        tags=("registry.example/web.gpu:1",),
        secrets=("CORP", "TOKEN"),
        ssh=True,
    )
    assert bake_file([target("b", "linux/arm64"), target("b"), secretive]) == snapshot("""\
{
  "//": "Made by Lading: changes belong in the Images that this was made from.",
  "group": {
    "b": {
      "targets": [
        "b-linux-amd64",
        "b-linux-arm64"
      ]
    },
    "default": {
      "targets": [
        "b-linux-amd64",
        "b-linux-arm64",
        "web-gpu-linux-amd64"
      ]
    },
    "web-gpu": {
      "targets": [
        "web-gpu-linux-amd64"
      ]
    }
  },
  "target": {
    "b-linux-amd64": {
      "context": "b/linux-amd64",
      "dockerfile": "Dockerfile",
      "platforms": [
        "linux/amd64"
      ]
    },
    "b-linux-arm64": {
      "context": "b/linux-arm64",
      "dockerfile": "Dockerfile",
      "platforms": [
        "linux/arm64"
      ]
    },
    "web-gpu-linux-amd64": {
      "context": "web.gpu/linux-amd64",
      "dockerfile": "Dockerfile",
      "platforms": [
        "linux/amd64"
      ],
      "secret": [
        "id=CORP",
        "id=TOKEN"
      ],
      "ssh": [
        "default"
      ],
      "tags": [
        "registry.example/web.gpu:1"
      ]
    }
  }
}
""")


def on_a_base(image: str, *, name: str = "localhost/lading-base:12ab") -> BakeTarget:
    base = BakeBase(
        name=name,
        context=f"{image}/linux-amd64/base-context",
        file="docker/${a}",
        target="run",
        build_args=(("A", "%{b}"), ("B", "")),
    )
    return replace(target(image), base=base)


def test_a_base_is_a_target_that_its_images_take() -> None:
    found = json.loads(bake_file([on_a_base("a"), on_a_base("b"), target("c")]))
    word = "localhost-lading-base-12ab"
    assert found["target"][word] == {
        "context": "a/linux-amd64/base-context",
        "dockerfile": "docker/$${a}",
        "platforms": ["linux/amd64"],
        "target": "run",
        "args": {"A": "%%{b}", "B": ""},
    }
    assert [one.get("contexts") for name, one in found["target"].items() if name != word] == [
        {"localhost/lading-base:12ab": f"target:{word}"},
        {"localhost/lading-base:12ab": f"target:{word}"},
        None,
    ]
    # Who names nothing, or an image, has images built, and a base only on the way to them.
    assert not [one for one in found["group"].values() if word in one["targets"]]


def test_bases_of_two_names_are_two_targets() -> None:
    found = json.loads(bake_file([on_a_base("a"), on_a_base("b", name="localhost/lading-base:2")]))
    assert len(found["target"]) == 4
    assert {one["contexts"][name] for one in found["target"].values() if "contexts" in one
            for name in one["contexts"]} == {
        "target:localhost-lading-base-12ab", "target:localhost-lading-base-2"
    }  # fmt: skip


def test_no_string_is_a_template() -> None:
    found = json.loads(bake_file([target("a", tag="x/${HOME}:%{if}")]))
    assert found["target"]["a-linux-amd64"]["tags"] == ["x/$${HOME}:%%{if}"]


names = st.lists(
    st.from_regex(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,6}[A-Za-z0-9])?", fullmatch=True)
    | st.sampled_from(["default", "a", "a-linux-amd64", "a.b", "a-b", "a_b"]),
    min_size=1,
    unique=True,
)


@given(names=names)
def test_each_target_and_group_has_a_name_of_its_own(names: list[str]) -> None:
    found = json.loads(bake_file([target(one) for one in names]))
    groups, targets = found["group"], found["target"]
    assert len(targets) == len(names)
    assert not set(groups) & set(targets)
    assert len(groups) == len(names) + 1
    assert groups["default"]["targets"] == sorted(targets)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]+", one) for one in (*groups, *targets))
    assert {one["context"].partition("/")[0] for one in targets.values()} == set(names)
