from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from inline_snapshot import snapshot

if TYPE_CHECKING:
    from cli.program import Project

BENTOFILE = """\
service: "service:Iris"
name: iris
include: ["*.py", model/]
python:
  packages: [scikit-learn, "pandas>=2"]
  trusted_host: pypi.corp.example
docker:
  distro: debian
  python_version: "3.11"
  system_packages: [libgomp1]
envs:
  - {name: HF_TOKEN, value: hf_hunter2}
"""

WITHOUT_VALUE = """\
[tool.bentoml.build]
service = "service:Iris"
name = "iris"

[[tool.bentoml.build.envs]]
# given to each container
name = "HF_TOKEN"

[[tool.bentoml.build.envs]]
name = "A"
value = "1"
"""


def test_it_prints_a_module(bare: Project) -> None:
    bare.write("bentofile.yaml", BENTOFILE)
    ran = bare.lading("import")
    assert ran.code == 0
    assert ran.out == snapshot("""\
# Made by `lading import` from bentofile.yaml.
#
# Not carried over:
# - bentofile.yaml:2: name
#   hint: an image is named when it is built: lading build --tag NAME
# - bentofile.yaml:6: python.trusted_host
#   hint: hand in the host's CA certificate with --ca-bundle
# - bentofile.yaml:12: HF_TOKEN: environment value is a secret by its name, and would be in the image
#   hint: env(HF_TOKEN=None) takes it from whoever starts the container; a command of the build gets it by secrets=[secret("HF_TOKEN", variable="HF_TOKEN")]

from lading import Image

image = (
    Image(distro='debian', python_version='3.11')
    .system_packages('libgomp1')
    .python_packages('scikit-learn', 'pandas>=2', 'bentoml')
    .build_include('**/*.py', '**/model')
    .expose(3000)
    .cmd('bentoml', 'serve', 'service:Iris')
)
""")  # noqa: E501 - a line of the output
    assert ran.err == snapshot("""\
not carried over: bentofile.yaml:2: name
hint: an image is named when it is built: lading build --tag NAME
not carried over: bentofile.yaml:6: python.trusted_host
hint: hand in the host's CA certificate with --ca-bundle
not carried over: bentofile.yaml:12: HF_TOKEN: environment value is a secret by its name, and would be in the image
hint: env(HF_TOKEN=None) takes it from whoever starts the container; a command of the build gets it by secrets=[secret("HF_TOKEN", variable="HF_TOKEN")]
""")  # noqa: E501 - a line of the output


def test_it_prints_a_table(bare: Project) -> None:
    bare.write("bentofile.yaml", BENTOFILE)
    ran = bare.lading("import", "--format", "toml")
    assert ran.code == 0
    assert ran.out == snapshot("""\
# Made by `lading import` from bentofile.yaml.
#
# Not carried over:
# - bentofile.yaml:2: name
#   hint: an image is named when it is built: lading build --tag NAME
# - bentofile.yaml:6: python.trusted_host
#   hint: hand in the host's CA certificate with --ca-bundle
# - bentofile.yaml:12: HF_TOKEN: environment value is a secret by its name, and would be in the image
#   hint: env(HF_TOKEN=None) takes it from whoever starts the container; a command of the build gets it by secrets=[secret("HF_TOKEN", variable="HF_TOKEN")]

[tool.lading]
distro = "debian"
python_version = "3.11"
system_packages = [
    "libgomp1",
]
python_packages = [
    "scikit-learn",
    "pandas>=2",
    "bentoml",
]
build_include = [
    "**/*.py",
    "**/model",
]
expose = [
    3000,
]
cmd = [
    "bentoml",
    "serve",
    "service:Iris",
]
""")  # noqa: E501 - a line of the output


def test_a_table_has_no_variable_without_a_value(bare: Project) -> None:
    bare.write("pyproject.toml", WITHOUT_VALUE)
    ran = bare.lading("import", "--format", "toml")
    assert ran.err == snapshot("""\
not carried over: pyproject.toml:3: name
hint: an image is named when it is built: lading build --tag NAME
not carried over: pyproject.toml:5: HF_TOKEN, which has no value
hint: give it when the container is started
""")
    assert ran.out.startswith("""\
# Made by `lading import` from pyproject.toml.
#
# Not carried over:
# - pyproject.toml:3: name
#   hint: an image is named when it is built: lading build --tag NAME
# - pyproject.toml:5: HF_TOKEN, which has no value
#   hint: give it when the container is started

[tool.lading]
distro = "debian"
python_packages = [
""")
    assert 'env]\nA = "1"\n' in ran.out
    assert "env({'HF_TOKEN': None, 'A': '1'})" in bare.lading("import").out


def test_a_pyproject_is_read_where_there_is_no_bentofile(bare: Project) -> None:
    bare.write("pyproject.toml", '[tool.bentoml.build]\nservice = "service:Iris"\n')
    ran = bare.lading("import")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == snapshot("""\
# Made by `lading import` from pyproject.toml.

from lading import Image

image = (
    Image(distro='debian')
    .python_packages('bentoml')
    .build_include('*')
    .expose(3000)
    .cmd('bentoml', 'serve', 'service:Iris')
)
""")


def test_the_printed_module_names_an_image(bare: Project) -> None:
    bare.write("bentofile.yaml", BENTOFILE)
    bare.write("image.py", bare.lading("import").out)
    code = "import image; print(type(image.image).__name__)"
    assert bare.start([sys.executable, "-c", code]).stdout == "Image\n"


def test_mistakes(bare: Project) -> None:
    assert bare.lading("import").err == snapshot("""\
error: this folder has neither bentofile.yaml nor pyproject.toml
hint: name the file
usage: lading import [OPTIONS] [FILE]
""")
    bare.write("bentofile.yaml", "servce: x\npython: {packges: []}\n")
    ran = bare.lading("import")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == snapshot("""\
error: bentofile.yaml:1: the file has no option 'servce'
hint: did you mean "service"?
error: bentofile.yaml:2: python has no option 'packges'
hint: did you mean "packages"?
""")


def test_help(bare: Project) -> None:
    assert bare.lading("import", "--help").out == snapshot("""\
Usage: lading import [OPTIONS] [FILE]

  Print the Image that BentoML's bentofile.yaml, or [tool.bentoml.build],
  describes.

  FILE is a bentofile.yaml or a pyproject.toml; left out, the first of them
  that is in this folder. What has no counterpart is named on stderr, and in a
  comment of the result.

Options:
  --format [python|toml]  A module with an Image, or the [tool.lading] of a
                          pyproject.toml.  [default: python]
  -h, --help              Show this message and exit.
""")
