"""The command lines against the real engines, up to what lies in the registry after."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from lading import process
from lading.engines import BuildRequest, SecretSource, build, find_engine
from lading.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EACH_ENGINE = pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.engine(name))
        for name in ("docker", "podman", "buildah")
    ],
)
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
PROXY_PASSWORD = "hunter2hunter2"  # noqa: S105 - of a proxy that there isn't

DOCKERFILE = """\
FROM {base}
ARG COLOUR
ARG FROM_ENV
RUN --mount=type=secret,id=ca-bundle,target=/run/ca.pem \
    --mount=type=secret,id=token,target=/run/token \
    grep -q "^certificat.s$" /run/ca.pem && grep -q "^s.cr.t-token$" /run/token \
    && test "$COLOUR" = "dark red" && test "$FROM_ENV" = yes && test -n "$HTTP_PROXY" \
    && echo all inputs arrived
HEALTHCHECK --interval=7s CMD true
"""


def get(url: str) -> Any:  # noqa: ANN401 - JSON
    asked = urllib.request.Request(url, headers={"Accept": MANIFEST})  # noqa: S310 - http
    with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310 - http
        return json.load(answer)


@pytest.fixture
def tags(name: str, registry: str, host_environment: dict[str, str]) -> Iterator[tuple[str, ...]]:
    """Two names for one image, which the engine forgets when the test ends."""
    names = tuple(f"{registry}/lading-test/real-build-{name}:{number}" for number in "12")
    yield names
    process.run([name, "rmi", "--force", *names], env=host_environment, timeout=60)


@EACH_ENGINE
def test_a_real_engine_gets_every_input_and_leaves_none_in_the_pushed_image(
    name: str,
    context: Path,
    tags: tuple[str, ...],
    base_image_bare: str,
    host_environment: dict[str, str],
) -> None:
    (context / "Dockerfile").write_text(DOCKERFILE.format(base=base_image_bare))
    bundle = context.parent / "ca.pem"
    bundle.write_text("certificates\n")
    environment = {
        **host_environment,
        "FROM_ENV": "yes",
        "TOKEN": "s3cr3t-token",
        "HTTP_PROXY": f"http://me:{PROXY_PASSWORD}@127.0.0.1:9",
        "NO_PROXY": "127.0.0.1,localhost",
    }
    request = BuildRequest(
        context=context,
        platform="linux/amd64",
        tags=tags,
        push=True,
        no_cache=True,
        build_args=(("COLOUR", "dark red"), ("FROM_ENV", None)),
        secrets=(SecretSource(id="token", variable="TOKEN"),),
        ca_bundle=bundle,
        proxies=("HTTP_PROXY", "NO_PROXY"),
        bases=(base_image_bare,),
    )
    seen: list[str] = []
    build(find_engine(name, environment), request, environment, seen.append)
    assert any("all inputs arrived" in line for line in seen)
    registry, _, path = tags[0].partition("/")
    repository = f"http://{registry}/v2/{path.removesuffix(':1')}"
    manifests = [get(f"{repository}/manifests/{tag}") for tag in "12"]
    assert manifests[0] == manifests[1]
    config = get(f"{repository}/blobs/{manifests[0]['config']['digest']}")
    assert config["config"]["Healthcheck"]["Interval"] == 7_000_000_000
    for secret in (PROXY_PASSWORD, "s3cr3t-token", "certificates"):
        assert secret not in json.dumps([manifests, config])


@EACH_ENGINE
def test_a_real_engines_own_words_are_in_the_error(
    name: str, context: Path, base_image_bare: str, host_environment: dict[str, str]
) -> None:
    (context / "Dockerfile").write_text(
        f"FROM {base_image_bare}\nRUN echo so it went >&2; exit 42\n"
    )
    request = BuildRequest(context=context, platform="linux/amd64", bases=(base_image_bare,))
    with pytest.raises(BuildError) as caught:
        build(find_engine(name, host_environment), request, host_environment, lambda _: None)
    quiet = replace(request, progress="quiet")
    with pytest.raises(BuildError, match="so it went"):
        build(find_engine(name, host_environment), quiet, host_environment)
    problem = caught.value.problems[0]
    assert problem.message.startswith(f"{name} could not build the image (exit code ")
    assert "so it went" in str(problem.detail)
    assert "42" in str(problem.detail)
    assert caught.value.exit_code
