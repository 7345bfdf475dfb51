"""The drop-in in a real BentoML of the package index: built, containerized, and served.

All of it needs docker, so that BentoML is installed once: beside the other tests with engines.
"""

from __future__ import annotations

import json
import os
import re
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uv

import engine_support
from building.workshop import PROGRAM, own_environment
from lading.bentos.conversion import read_bentofile
from lading.bentos.options import OPTIONS
from lading.process import Completed, run
from lading.trees import MADE_BY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine_support import Container, Engine

pytestmark = [pytest.mark.network, pytest.mark.engine("docker")]

CHECKOUT = Path(__file__).parents[2]
SECONDS = 600.0
CERTIFICATES = os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt")
SECRET = "hunter2-of-the-build"  # noqa: S105 - what must not be found

SERVICE = '''\
"""A server for the tests."""

from pathlib import Path

import bentoml
from lading.integrations.bentoml import Image

image = (
    Image(base_image="BASE", python_version="3.11")
    .system_packages("libgomp1")
    .requirements_file("requirements.txt")
    .run("python -c 'import iniconfig'")
    .run_script("setup.sh")
)
image.build_include("data/")


@bentoml.service(
    name="greeter",
    image=image,
    envs=[
        {"name": "GREETING", "value": "hello there"},
        {"name": "BUILD_TOKEN", "stage": "build"},
    ],
)
class Greeter:
    @bentoml.api
    def greet(self, name: str) -> dict:
        import os
        import iniconfig

        found = {
            "greeting": f"{os.environ['GREETING']}, {name}",
            "made": Path("/opt/made").read_text(),
            "package": iniconfig.__name__,
            "user": os.getuid(),
            "written": Path("own-file").write_text("x"),
        }
        return found
'''

# A script of the project: it has the token, and the files that are included.
SETUP = """\
#!/bin/sh
set -e
test -n "$BUILD_TOKEN"
cat src/data/words.txt >/opt/made
"""

PLAIN = """\
import bentoml


@bentoml.service(name="plain", image=bentoml.images.Image(base_image="BASE"))
class Plain:
    @bentoml.api
    def greet(self, name: str) -> str:
        return name
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bentoml:
    """A virtual environment with BentoML and this Lading.

    Attributes:
        programs: Its folder of programs.
        environment: What BentoML and Lading see.
    """

    programs: Path
    environment: Mapping[str, str]

    def call(self, *words: str, cwd: Path, **more: str) -> Completed:
        program = str(self.programs / words[0])
        return run(
            (program, *words[1:]), env={**self.environment, **more}, cwd=cwd, timeout=SECONDS
        )

    def succeed(self, *words: str, cwd: Path, **more: str) -> str:
        done = self.call(*words, cwd=cwd, **more)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    def told(self, script: str, cwd: Path) -> Any:  # noqa: ANN401 - JSON
        return json.loads(self.succeed("python", "-c", script, cwd=cwd))

    def built(self, project: Path, *words: str) -> Path:
        """`bentoml build`: the folder of the bento."""
        said = self.succeed("bentoml", "build", "--output", "tag", *words, cwd=project)
        tag = said.strip().rpartition("__tag__:")[2]
        name, _, version = tag.partition(":")
        return Path(self.environment["BENTOML_HOME"], "bentos", name, version)


@pytest.fixture(scope="session")
def bentoml(tmp_path_factory: pytest.TempPathFactory, uv_cache: Path) -> Bentoml:
    folder = tmp_path_factory.mktemp("bentoml")
    environment = {
        **own_environment(folder, uv_cache.parent),
        "BENTOML_HOME": str(folder / "home"),
        "BENTOML_DO_NOT_TRACK": "True",
        "BUILD_TOKEN": SECRET,
    }
    del environment["PYTHONPATH"]  # it is installed, with its entry point
    program = uv.find_uv_bin()
    venv = folder / "venv"
    for words in (
        ("venv", "--quiet", "--python", sys.executable, str(venv)),
        ("pip", "install", "--quiet", "--python", str(venv), "bentoml", "-e", str(CHECKOUT)),
    ):
        done = run((program, *words), env=environment, timeout=SECONDS)
        assert done.returncode == 0, done.stderr
    return Bentoml(programs=venv / "bin", environment=environment)


@pytest.fixture(scope="module")
def base() -> str:
    return os.environ[engine_support.BASE]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, base: str) -> Path:
    folder = tmp_path_factory.mktemp("greeter")
    (folder / "data").mkdir()
    (folder / "data/words.txt").write_text("by a script")
    (folder / "requirements.txt").write_text("iniconfig\n")
    (folder / "service.py").write_text(SERVICE.replace("BASE", base))
    (folder / "setup.sh").write_text(SETUP)
    (folder / "setup.sh").chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def bento(bentoml: Bentoml, project: Path) -> Path:
    return bentoml.built(project, "service.py:Greeter")


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    network = os.environ.get(engine_support.NETWORK) or "default"
    made = engine_support.Engine(program="docker", network=network)
    yield made
    made.clean()


@pytest.fixture(scope="module")
def image(bentoml: Bentoml, bento: Path, engine: Engine, project: Path) -> str:
    tag = engine.tag("greeter")
    words = ("--secret", f"id=ca-bundle,src={CERTIFICATES}", *_network(engine))
    bento_tag = f"greeter:{bento.name}"
    bentoml.succeed("bentoml", "containerize", bento_tag, "-t", tag, *words, cwd=project)
    return tag


def _network(engine: Engine) -> tuple[str, ...]:
    return ("--opt", "network=host") if engine.network == "host" else ()


def test_what_the_page_shows_runs_as_it_stands(bentoml: Bentoml, tmp_path: Path) -> None:
    page = (CHECKOUT / "docs/bentoml.md").read_text()
    shown = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "service.py").write_text("".join(shown))
    (tmp_path / "requirements.txt").write_text("iniconfig\n")
    script = "import json, service; print(json.dumps(type(service.image).__module__))"
    assert bentoml.told(script, tmp_path) == "lading.integrations.bentoml.image"


# What BentoML has, by introspection: a new call or option of it makes these fail.

INTROSPECT = """
import inspect, json
from _bentoml_sdk.images import Image as theirs
from lading.integrations.bentoml import Image as ours

def calls(kind):
    return sorted(n for n, f in vars(kind).items() if inspect.isfunction(f) and n[0] != "_")

def parameters(function):
    return [[p.name, p.kind.name] for p in inspect.signature(function).parameters.values()]

print(json.dumps({
    "theirs": {name: parameters(getattr(theirs, name)) for name in calls(theirs)},
    "ours": {name: parameters(getattr(ours, name)) for name in calls(ours)},
    "constructor": [parameters(theirs.__init__), parameters(ours.__init__)],
    "subclass": issubclass(ours, theirs),
    "fields": [f.name for f in theirs.__attrs_attrs__],
}))
"""


def test_every_call_and_argument_of_bentomls_image_is_there(
    bentoml: Bentoml, tmp_path: Path
) -> None:
    told = bentoml.told(INTROSPECT, tmp_path)
    assert told["subclass"]
    assert told["ours"].items() >= told["theirs"].items()
    theirs, ours = told["constructor"]
    assert ours[: len(theirs)] == theirs
    known = ["base_image", "distro", "python_version", "commands", "lock_python_packages"]
    known += ["pack_git_packages", "python_requirements", "post_commands", "build_include_paths"]
    assert told["fields"] == [*known, "scripts", "_after_pip_install", "_uv_lock"]


OF_A_PROJECT_FILE = """
import json
from bentoml._internal.bento import build_config as b
kinds = {"": b.BentoBuildConfig, "docker": b.DockerOptions, "python": b.PythonOptions}
kinds["conda"] = b.CondaOptions
print(json.dumps({k: sorted(f.name for f in v.__attrs_attrs__) for k, v in kinds.items()}))
"""


def test_the_options_of_a_project_file_are_these(bentoml: Bentoml, tmp_path: Path) -> None:
    told = bentoml.told(OF_A_PROJECT_FILE, tmp_path)
    assert told == {section: sorted(names) for section, names in OPTIONS.items()}


CUDA = """
import json
from bentoml._internal.container.frontend import dockerfile as d
from bentoml._internal.bento.build_config import DEFAULT_CUDA_VERSION
found = {"default": DEFAULT_CUDA_VERSION, **d.ALLOWED_CUDA_VERSION_ARGS}
print(json.dumps({k: d.get_cuda_base_image("debian", v) for k, v in found.items()}))
"""


def test_each_version_of_cuda_is_the_base_image_that_bentoml_takes(
    bentoml: Bentoml, tmp_path: Path
) -> None:
    for version, expected in bentoml.told(CUDA, tmp_path).items():
        path = tmp_path / "bentofile.yaml"
        path.write_text(f'docker: {{cuda_version: "{version}"}}\n')
        assert read_bentofile(path).arguments["base_image"] == expected


LISTS = """
import json
from lading import Image as Lading
from lading.integrations.bentoml import Image
given = Image(
    "python:3.11-slim-bookworm", "debian", "3.11", ["a"], False, True,
    "numpy\\n--extra-index-url https://x.example/simple\\n", ["b"], ["data"],
)
assert given.image == (
    Lading(base_image="python:3.11-slim-bookworm", python_version="3.11",
           lock_python_packages=False)
    .run("a").index("https://x.example/simple").python_packages("numpy")
    .build_include("data", to="/home/bentoml/bento/src").run("b")
), given.image.steps
begun = Image(image=Lading(distro="alpine").env(A="1")).uv_lock()
assert begun.image == Lading(distro="alpine").env(A="1").uv_lock()
assert begun.lock_python_packages

import attrs
calls = Image().pyproject_toml().run("b").run_script("setup.sh")
copy = attrs.evolve(calls, distro="alpine", python_version="3.12")
expected = Lading(distro="debian").pyproject_toml().run("b").run_script("setup.sh")
assert calls.image == expected
assert copy.image == expected.replace(distro="alpine", python_version="3.12")
assert copy.image.location == calls.image.location
assert copy.post_commands == calls.post_commands and len(copy.scripts) == 1
assert attrs.evolve(copy, lock_python_packages=False).image.lock_python_packages is False
print("1")
"""


def test_lists_files_and_copies_are_calls_of_ladings(bentoml: Bentoml, tmp_path: Path) -> None:
    project = '[project]\nname = "a"\nversion = "1"\ndependencies = ["numpy"]\n'
    (tmp_path / "pyproject.toml").write_text(project)
    (tmp_path / "setup.sh").write_text(SETUP)
    assert bentoml.told(LISTS, tmp_path) == 1


# What a bento has.


def test_the_bento_has_ladings_lock_and_dockerfile(bento: Path, project: Path, base: str) -> None:
    lock = (project / "lading.lock").read_text()
    assert 'name = "iniconfig"' in lock
    assert 'name = "bentoml"' in lock
    text = (bento / "env/docker/Dockerfile").read_text()
    assert text.startswith(f"# {MADE_BY}")
    assert f"FROM {base}@sha256:" in text
    assert "--require-hashes" in text
    assert (bento / "env/lading/image.json").is_file()
    assert "build-essential" not in text


def test_its_own_record_pins_the_same_for_whoever_has_no_lading(bento: Path, base: str) -> None:
    record = (bento / "bento.yaml").read_text()
    assert f"base_image: {base}@sha256:" in record
    requirements = (bento / "env/python/requirements.txt").read_text()
    assert "\niniconfig==" in requirements
    assert requirements.count("==") == len([*filter(None, requirements.split("\n    --hash"))]) - 1


WITHOUT_LADING = """
import sys
from pathlib import Path
import bentoml
import lading.integrations.containerize
from _bentoml_impl import docker
bento = bentoml.get(sys.argv[1])
print(docker.generate_dockerfile.__wrapped__(bento.info.image, Path(bento.path)))
"""


def test_bentomls_own_template_has_those_pins(
    bentoml: Bentoml, bento: Path, project: Path, base: str
) -> None:
    tag = f"greeter:{bento.name}"
    text = bentoml.succeed("python", "-c", WITHOUT_LADING, tag, cwd=project)
    assert MADE_BY not in text
    assert f"FROM {base}@sha256:" in text
    assert "COPY --chown=bentoml:bentoml ./src/data/ ./src/data/" in text
    (script,) = (bento / "env/docker").glob("script__*")
    assert f"./env/docker/{script.name}" in text


def test_building_again_resolves_nothing(bentoml: Bentoml, bento: Path, project: Path) -> None:
    before = (project / "lading.lock").read_bytes()
    again = bentoml.built(project, "service.py:Greeter")
    assert (project / "lading.lock").read_bytes() == before
    name = "env/docker/Dockerfile"
    assert (again / name).read_bytes() == (bento / name).read_bytes()


def test_bentoml_prints_the_dockerfile(bentoml: Bentoml, bento: Path, project: Path) -> None:
    printed = bentoml.succeed("bentoml", "dockerfile", f"greeter:{bento.name}", cwd=project)
    assert printed == (bento / "env/docker/Dockerfile").read_text()


CONTAINERFILE = """
import sys
import bentoml
from bentoml._internal.container import construct_containerfile
import lading.integrations.containerize
with construct_containerfile(bentoml.get(sys.argv[1])) as (folder, path):
    print(open(path).read())
"""


def test_a_bento_without_lading_stays_bentomls(bentoml: Bentoml, tmp_path: Path, base: str) -> None:
    (tmp_path / "service.py").write_text(PLAIN.replace("BASE", base))
    plain = bentoml.built(tmp_path, "service.py:Plain")
    tag = f"plain:{plain.name}"
    text = bentoml.succeed("python", "-c", CONTAINERFILE, tag, cwd=tmp_path)
    assert MADE_BY not in text
    assert "# Block SETUP_BENTO_BASE_IMAGE" in text
    refused = bentoml.call("bentoml", "dockerfile", tag, cwd=tmp_path)
    assert refused.returncode == 1
    assert "was built without lading.integrations.bentoml" in refused.stderr


BENTOFILE = """\
service: "service:Greeter"
docker:
  base_image: BASE
  python_version: "3.11"
  system_packages: [libgomp1]
  setup_script: ./setup.sh
python:
  index_url: INDEX
  packages: [iniconfig]
"""


def bentofile(base: str) -> str:
    """On a base image, from the index that is asked anyway."""
    return BENTOFILE.replace("BASE", base).replace("INDEX", engine_support.default_index())


def test_a_bentofile_is_added_to_the_image_of_the_service(
    bentoml: Bentoml, project: Path, tmp_path: Path, base: str
) -> None:
    (tmp_path / "bentofile.yaml").write_text(bentofile(base))
    service = PLAIN.replace("bentoml.images.Image(", "Image(").replace("BASE", "python:3.11")
    service = f"from lading.integrations.bentoml import Image\n{service}"
    (tmp_path / "service.py").write_text(service.replace("Plain", "Greeter"))
    (tmp_path / "setup.sh").write_bytes((project / "setup.sh").read_bytes())
    (tmp_path / "setup.sh").chmod(0o755)
    made = bentoml.built(tmp_path)
    text = (made / "env/docker/Dockerfile").read_text()
    assert f"FROM {base}@sha256:" in text
    assert "libgomp1" in text
    assert "env/lading/scripts/" in text
    index = f'url = "{engine_support.default_index()}", default = true'
    assert index in (tmp_path / "lading.lock").read_text()
    assert "iniconfig==" in (made / "env/lading/requirements.txt").read_text()
    assert len(list((made / "env/docker").glob("script__*"))) == 1


# What goes wrong is said as BentoML says it.


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ('Image(distro="debain")', 'distro "debain" is not supported\nhint: did you mean'),
        ('Image().python_packages("--find-links x")', "service.py:4: the option --find-links has"),
        ('Image(base_image="BASE").run_script("absent.sh")', "file absent.sh not found"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_without_a_traceback(
    bentoml: Bentoml, tmp_path: Path, base: str, call: str, message: str
) -> None:
    line = f"image = {call.replace('BASE', base)}"
    header = f"import bentoml\nfrom lading.integrations.bentoml import Image\n\n{line}\n"
    body = PLAIN.partition("\n\n\n")[2].replace('bentoml.images.Image(base_image="BASE")', "image")
    (tmp_path / "service.py").write_text(f"{header}\n\n{body}")
    done = bentoml.call("bentoml", "build", "service.py:Plain", cwd=tmp_path)
    assert done.returncode != 0
    assert message in done.stderr
    assert "lading/" not in done.stderr.partition(message)[2]


# The container.


def greeted(container: Container, name: str) -> dict[str, Any]:
    assert container.get("/readyz")[0] == 200
    asked = urllib.request.Request(  # noqa: S310 - http
        f"{container.url}/greet",
        data=json.dumps({"name": name}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310 - http
        found: dict[str, Any] = json.load(answer)
    return found


def test_it_serves(engine: Engine, image: str) -> None:
    with engine.serving(image, port=3000) as container:
        assert greeted(container, "Ada") == {
            "greeting": "hello there, Ada",
            "made": "by a script",
            "package": "iniconfig",
            "user": 1034,
            "written": 1,
        }


def test_the_container_is_configured_as_bentoml_has_it(engine: Engine, image: str) -> None:
    config = engine.inspect(image)["Config"]
    assert sorted(config["ExposedPorts"]) == ["3000/tcp", "3001/tcp"]
    assert config["User"] == "1034:0"
    assert config["WorkingDir"] == "/home/bentoml/bento"
    assert {"BENTO_PATH=/home/bentoml/bento", "GREETING=hello there"} <= set(config["Env"])


def test_no_compiler_and_no_secret_is_in_it(engine: Engine, image: str) -> None:
    script = "! command -v gcc && ! command -v uv && ! command -v pip && ls /opt/venv/bin/bentoml"
    assert engine.output_of(image, "sh", "-c", script).strip() == "/opt/venv/bin/bentoml"
    seen = (*engine.inspect(image)["Config"]["Env"], engine.run("history", "--no-trunc", image))
    assert not [one for one in seen if SECRET in one]


def test_an_imported_project_serves_too(
    bentoml: Bentoml, tmp_path: Path, engine: Engine, base: str
) -> None:
    """`lading import`, `lading build`: the same service, and nothing of BentoML's building."""
    text = bentofile(base) + "envs:\n  - {name: GREETING, value: hello}\n"
    (tmp_path / "bentofile.yaml").write_text(text.replace("  setup_script: ./setup.sh\n", ""))
    service = PLAIN.replace('image=bentoml.images.Image(base_image="BASE")', "envs=[]")
    (tmp_path / "service.py").write_text(service.replace("Plain", "Greeter"))
    environment = {
        **own_environment(tmp_path, Path(bentoml.environment["LADING_CACHE_DIR"]).parent)
    }
    printed = run((*PROGRAM, "import"), env=environment, cwd=tmp_path, timeout=SECONDS)
    assert (printed.returncode, printed.stderr) == (0, "")
    (tmp_path / "image.py").write_text(printed.stdout)
    tag = engine.tag("imported")
    network = ("--network", "host") if engine.network == "host" else ()
    words = ("build", "image.py:image", "--engine", "docker", "--tag", tag, *network)
    built = run((*PROGRAM, *words), env=environment, cwd=tmp_path, timeout=SECONDS)
    assert built.returncode == 0, built.stderr
    with engine.serving(tag, port=3000) as container:
        assert container.get("/readyz")[0] == 200
        asked = urllib.request.Request(  # noqa: S310 - http
            f"{container.url}/greet",
            data=b'{"name": "Ada"}',
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310 - http
            assert answer.read() == b"Ada"
