from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tomli_w
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lading import Image, SpecificationError, secret
from lading.bentos.conversion import read_bentofile
from lading.bentos.emitting import as_python, as_toml
from lading.bentos.options import OPTIONS
from lading.config import ProjectImages
from lading.image.steps import Env
from lading.project_file import ProjectFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from lading.bentos.imported import Imported


def imported(folder: Path, text: str, name: str = "bentofile.yaml") -> Imported:
    (folder / name).write_text(text, "utf-8")
    return read_bentofile(folder / name)


def image_of(found: Imported) -> Image:
    """The image that the printed module has."""
    names: dict[str, Any] = {}
    exec(as_python(found), names)  # noqa: S102 - the point: it is a module
    image = names["image"]
    assert isinstance(image, Image)
    return image


def left(found: Imported) -> list[str]:
    return [f"{one.location.line if one.location else 0}: {one.message}" for one in found.left]


def test_what_has_a_call_is_that_call(tmp_path: Path) -> None:
    text = """\
service: "service:Iris"
labels: {owner: team-a, stage: 1}
description: Tells irises apart.
include: ["*.py", "model/", "data/*.json", "/top.txt"]
exclude: ["tests/", "docs/x"]
python:
  packages: [scikit-learn, "pandas>=2", "--extra-index-url https://c.example/simple"]
  index_url: https://a.example/simple
  extra_index_url: https://b.example/simple
  lock_packages: false
  wheels: [wheels/a-1.0-py3-none-any.whl]
docker:
  distro: alpine
  python_version: 3.10
  system_packages: [git, curl]
  env: {A: 1, B: yes}
  setup_script: ./setup.sh
conda:
  pip: [rich]
envs:
  - {name: C, value: c}
  - {name: GIVEN_LATER}
  - {name: TOKEN, stage: build}
"""
    found = imported(tmp_path, text)
    assert left(found) == []
    assert image_of(found) == (
        Image(distro="alpine", python_version="3.10", lock_python_packages=False)
        .system_packages("git", "curl")
        .index("https://a.example/simple", default=True)
        .index("https://b.example/simple")
        .python_packages("scikit-learn", "pandas>=2")
        .index("https://c.example/simple")
        .python_packages("./wheels/a-1.0-py3-none-any.whl", "rich", "bentoml")
        .env({"A": "1", "B": "True", "C": "c", "GIVEN_LATER": None})
        .run_script("./setup.sh", secrets=[secret("TOKEN", variable="TOKEN")])
        .build_include("**/*.py", "**/model", "data/*.json", "top.txt", exclude=["tests", "docs/x"])
        .label(
            {
                "owner": "team-a",
                "stage": "1",
                "org.opencontainers.image.description": "Tells irises apart.",
            }
        )
        .expose(3000)
        .cmd("bentoml", "serve", "service:Iris")
    )


EVERYTHING_LEFT = """\
service: service:Iris
name: iris
description: file:README.md
include: ["!secret.py"]
exclude: ["/top", "\\\\x"]
python:
  requirements_txt: requirements.txt
  packages: [numpy]
  no_index: true
  trusted_host: x.example
  find_links: [https://x.example/links]
  index_url: https://user:hunter2@pypi.corp.example/simple
  pack_git_packages: true
  pip_args: --pre
  is_src_layout: true
docker:
  distro: debian
  base_image: python:3.12-slim-bookworm
  cuda_version: 12.8
  env: ./.env
  system_packages: ["git; id"]
  dockerfile_template: ./Dockerfile.template
conda:
  environment_yml: environment.yml
  channels: [conda-forge]
  dependencies: [h5py]
envs:
  - {name: HF_TOKEN, value: hf_hunter2}
  - {name: AT_BUILD, stage: build}
  - {name: AT_RUN, value: hunter2, stage: runtime}
models: [iris:latest]
args: {size: 7}
"""


def test_what_has_none_is_named_by_its_line(tmp_path: Path) -> None:
    found = imported(tmp_path, EVERYTHING_LEFT)
    assert left(found) == [
        "2: name",
        "3: description, which is a file or has several lines",
        "4: the pattern !secret.py",
        "5: the pattern /top",
        "5: the pattern \\x",
        "8: python.packages, beside requirements_txt: BentoML ignores them",
        "9: python.no_index",
        "10: python.trusted_host",
        "11: python.find_links",
        "12: index URL has credentials in it",
        "13: python.pack_git_packages",
        "14: python.pip_args",
        "17: docker.distro, beside a base image",
        "19: docker.cuda_version, beside a base image",
        "20: docker.env, a file",
        '21: system package "git; id" is not a valid package name',
        "22: docker.dockerfile_template",
        "24: conda.environment_yml",
        "25: conda.channels",
        "26: conda.dependencies",
        "28: HF_TOKEN: environment value is a secret by its name, and would be in the image",
        "29: AT_BUILD, of the stage build",
        "30: AT_RUN, of the stage runtime",
        "31: models",
        "32: args",
    ]
    hints = {one.message: one.hint for one in found.left}
    assert hints["models"] == (
        "export each (bentoml models export), and add what it holds with model(path)"
    )


@pytest.mark.parametrize("emit", [as_python, as_toml])
def test_no_secret_is_printed(tmp_path: Path, emit: Callable[[Imported], str]) -> None:
    assert "hunter2" not in emit(imported(tmp_path, EVERYTHING_LEFT))


def test_no_option_is_forgotten(tmp_path: Path) -> None:
    """Every option is in one of the two files above, and each of their lines is accounted for."""
    del tmp_path
    source = Path(__file__).read_text("utf-8")
    for options in OPTIONS.values():
        assert not [name for name in options if not re.search(rf"\b{name}:", source)]


@pytest.mark.parametrize(
    ("version", "base"),
    [
        ("default", "nvidia/cuda:12.8.1-cudnn-runtime-ubuntu24.04"),
        ("12.6", "nvidia/cuda:12.6.3-cudnn-runtime-ubuntu24.04"),
        ("11.8", "nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu22.04"),
        ("12.1.0", "nvidia/cuda:12.1.0-cudnn8-runtime-ubuntu22.04"),
    ],
)
def test_a_version_of_cuda_is_the_base_image_that_bentoml_takes(
    tmp_path: Path, version: str, base: str
) -> None:
    found = imported(tmp_path, f'docker: {{cuda_version: "{version}"}}\n')
    assert found.arguments == {"base_image": base}


PYPROJECT = """\
[project]
name = "iris"
version = "1"
dependencies = ["numpy"]

[tool.bentoml.build]
service = "service:Iris"

[tool.bentoml.build.docker]
distro = "debian"
cuda = "12"
"""


def test_a_pyproject_brings_its_own_dependencies(tmp_path: Path) -> None:
    found = imported(tmp_path, PYPROJECT.replace('cuda = "12"\n', ""), "pyproject.toml")
    assert image_of(found) == (
        Image(distro="debian")
        .pyproject_toml()
        .python_packages("bentoml")
        .build_include("*")
        .expose(3000)
        .cmd("bentoml", "serve", "service:Iris")
    )


def refused(folder: Path, text: str, name: str = "bentofile.yaml") -> str:
    with pytest.raises(SpecificationError) as caught:
        imported(folder, text, name)
    return str(caught.value).replace(f"{folder}/", "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "servce: x",
            "bentofile.yaml:1: the file has no option 'servce'\nhint: did you mean \"service\"?",
        ),
        ("a: [", "bentofile.yaml:1: not valid YAML: expected the node content"),
        ("- a", "bentofile.yaml:1: the file is not a mapping"),
        ("docker:\n  distro: [a]", "bentofile.yaml:2: docker.distro is not text"),
        ("python: x", "bentofile.yaml:1: python is not a mapping"),
        ("python:\n  lock_packages: maybe", "python.lock_packages is not true or false"),
        ("python:\n  packages: [[a]]", "bentofile.yaml:2: python.packages is not a list of texts"),
        ("labels: x", "bentofile.yaml:1: labels is not a mapping"),
        ("labels: {a: [b]}", "bentofile.yaml:1: labels is not a mapping of texts"),
        ("envs: [{value: x}]", "bentofile.yaml:1: an element of envs is no variable"),
        ("envs: {a: b}", "bentofile.yaml:1: envs is not a list"),
        ("name: a\nname: b", "bentofile.yaml:2: 'name' is there twice"),
        ("? [a]\n: b", "bentofile.yaml:1: a key is no text"),
        ("docker: {cuda_version: latest}", "docker.cuda_version latest is no version"),
    ],
)
def test_what_bentoml_would_not_take_is_an_error_at_its_line(
    tmp_path: Path, text: str, message: str
) -> None:
    assert message in refused(tmp_path, text)


def test_a_tag_makes_nothing_but_text(tmp_path: Path) -> None:
    text = "description: !!python/object/apply:os.mkdir [x]\nlabels: {a: !!python/name:os.sep x}"
    assert "description is not text" in refused(tmp_path, text)


def test_an_unknown_key_of_a_pyproject_is_found_too(tmp_path: Path) -> None:
    message = "pyproject.toml:11: docker has no option 'cuda'"
    assert message in refused(tmp_path, PYPROJECT, "pyproject.toml")


def test_a_pyproject_without_the_table_is_an_error(tmp_path: Path) -> None:
    message = refused(tmp_path, "[project]\nname = 'a'\n", "pyproject.toml")
    assert message == "pyproject.toml has no [tool.bentoml.build]"


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n"
            for old, new in zip("abcdefgh", "bcdefghi", strict=True)
        ),
        "a: &a [*a]\n",
        "name: " + "[" * 50 + "]" * 50,
        "name: " + "[" * 20_000,
    ],
    ids=["aliases", "itself", "deep", "open"],
)
def test_yaml_that_grows_without_end_is_refused(tmp_path: Path, text: str) -> None:
    message = refused(tmp_path, text)
    assert "more than a project file says" in message or "not valid YAML" in message


def test_a_file_that_is_too_large_or_no_text_is_refused(tmp_path: Path) -> None:
    assert "too large" in refused(tmp_path, "#" * (1 << 20) + "\n")
    (tmp_path / "bentofile.yaml").write_bytes(b"name: \xff")
    with pytest.raises(SpecificationError, match="is not UTF-8"):
        read_bentofile(tmp_path / "bentofile.yaml")


# Laws: whatever a file says, what is printed is a module, and a table, that say just that.

texts = st.text(max_size=12)
files = st.fixed_dictionaries(
    {},
    optional={
        "service": texts,
        "name": texts,
        "description": texts,
        "labels": st.dictionaries(texts, texts, max_size=3),
        "include": st.lists(texts, max_size=3),
        "exclude": st.lists(texts, max_size=3),
        "docker": st.fixed_dictionaries(
            {},
            optional={
                "distro": texts | st.sampled_from(["debian", "alpine", "ubi8"]),
                "python_version": texts | st.just("3.11"),
                "base_image": texts | st.just("python:3.11-slim"),
                "system_packages": st.lists(texts | st.just("git"), max_size=2),
                "env": st.dictionaries(texts | st.just("A"), texts, max_size=3),
                "setup_script": texts | st.just("./a.sh"),
            },
        ),
        "python": st.fixed_dictionaries(
            {},
            optional={
                "packages": st.lists(texts | st.just("numpy"), max_size=3),
                "requirements_txt": texts,
                "index_url": texts | st.just("https://a.example/simple"),
                "wheels": st.lists(texts, max_size=2),
            },
        ),
        "envs": st.lists(
            st.fixed_dictionaries(
                {
                    "name": st.sampled_from(["A", "B", "TOKEN"]),
                    "value": texts,
                    "stage": st.sampled_from(["all", "build", "runtime"]),
                }
            ),
            max_size=2,
        ),
        "models": st.lists(texts, max_size=2),
    },
)


@given(said=files)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_is_said_the_module_is_the_image_that_was_tried(
    tmp_path: Path, said: dict[str, Any]
) -> None:
    found = imported(tmp_path, yaml.safe_dump(said))
    image = Image(**found.arguments)
    for made in found.calls:
        image = made.on(image)
    assert image_of(found) == image
    tree = ast.parse(as_python(found))
    assert [type(one).__name__ for one in tree.body] == ["ImportFrom", "Assign"]


@given(said=files)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_is_said_the_table_describes_the_image_that_was_tried(
    tmp_path: Path, said: dict[str, Any]
) -> None:
    """But for the order of its keys, which a table has not."""
    found = imported(tmp_path, yaml.safe_dump(said))
    text = as_toml(found)
    table = tomllib.loads(text)["tool"]["lading"]
    file = ProjectFile(
        path=tmp_path / "pyproject.toml", above=("tool", "lading"), table=table, text=text
    )
    described = ProjectImages(file=file, load=lambda _, __: Image()).image()
    tried = image_of(found)
    # A variable that is given when the container starts adds nothing, and TOML has no word for it.
    steps_of_it = {one for one in tried.steps if not isinstance(one, Env) or one.variables}
    assert set(described.steps) == steps_of_it
    assert described._arguments() == tried._arguments()


@given(said=files)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_yaml_and_toml_say_the_same(tmp_path: Path, said: dict[str, Any]) -> None:
    table = tomli_w.dumps({"tool": {"bentoml": {"build": said}}})
    of_toml = imported(tmp_path, table, "pyproject.toml")
    of_yaml = imported(tmp_path, yaml.safe_dump(said))
    assert (of_toml.arguments, of_toml.calls) == (of_yaml.arguments, of_yaml.calls)


def test_without_the_extra_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)  # an import of it fails
    assert refused(tmp_path, "name: a") == (
        "reading bentofile.yaml takes PyYAML, which is not installed\n"
        "hint: pip install 'lading[bentoml]'"
    )
