"""Three services of one project: two are built and run, and share layers; one is only resolved."""

from __future__ import annotations

import json
import shutil
import time
import tomllib
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from building.conftest import EXAMPLES
from building.workshop import DOCKER_AND_PODMAN, healthcheck_of
from engine_support import Container
from lading.oci import validate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from building.workshop import Workshop
    from engine_support import Engine

pytestmark = pytest.mark.network

BUILT = ("classifier", "worker")
TICKETS = ["Where is my REFUND?", "All is down, timeout after timeout", "thanks!", "and?"]
TOPICS = ["billing", "outage", "other", "other"]
SECONDS = 30.0


@pytest.fixture(scope="module")
def trio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example."""
    folder = tmp_path_factory.mktemp("examples") / "trio"
    made = shutil.ignore_patterns("*.lock", "*.tar", ".lading", "__pycache__")
    return shutil.copytree(EXAMPLES / "trio", folder, ignore=made)


@pytest.fixture(scope="module")
def made(workshop: Workshop, trio: Path) -> Mapping[str, dict[str, Any]]:
    """What `lading build` says of each service that is built, with no engine."""
    return {name: built(workshop, trio, name) for name in BUILT}


def built(workshop: Workshop, project: Path, name: str) -> dict[str, Any]:
    words = ("--engine", "oci", "--json", "-t", f"localhost/trio/{name}")
    archive = ("-o", f"docker-archive:{name}.tar")
    done = workshop.lading("build", f".:{name}", *words, *archive, cwd=project)
    assert done.returncode == 0, done.stderr
    assert validate(project / f"{name}.tar") == ()
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_what_begins_alike_is_the_same_layers(made: Mapping[str, dict[str, Any]]) -> None:
    """The base, and NumPy; of the other's layers each has what its name says."""
    names = {
        service: {one["digest"]: one["name"] for one in result["layers"]}
        for service, result in made.items()
    }
    shared = names["classifier"].keys() & names["worker"].keys()
    kinds = sorted(names["worker"][digest].partition(" packages ")[0] for digest in shared)
    assert kinds == ["python", "system"]
    own = {name for digest, name in names["worker"].items() if digest not in shared}
    assert own == {"python environment, folders of the user", "files to /app"}
    sizes = [one["size"] for one in made["worker"]["layers"] if one["digest"] not in shared]
    assert sum(sizes) < 10_000


def test_the_service_for_a_gpu_is_resolved_and_nothing_of_it_is_downloaded(
    workshop: Workshop, trio: Path
) -> None:
    done = workshop.lading("lock", "--all", cwd=trio)
    assert done.returncode == 0, done.stderr
    locks = {path.name for path in trio.glob("*.lock")}
    assert locks == {f"lading.{name}.lock" for name in (*BUILT, "writer")}
    (part,) = tomllib.loads((trio / "lading.writer.lock").read_text())["platforms"]
    assert part["platform"] == "linux/amd64"
    wheels = {one["name"]: one for one in part["distributions"]}
    assert wheels["torch"]["version"] == "2.9.1"
    assert {"nvidia-cudnn-cu12", "transformers", "uvicorn"} <= wheels.keys()
    large = ("torch", "nvidia-cudnn-cu12", "transformers")
    digests = [wheels[name]["hashes"][0].removeprefix("sha256:") for name in large]
    kept = f"{workshop.environment['LADING_CACHE_DIR']}/sha256"
    assert not [one for one in digests if (trio / kept / one[:2] / one).exists()]
    printed = workshop.lading("dockerfile", ".:writer", "--locked", "-q", cwd=trio)
    assert printed.returncode == 0, printed.stderr
    assert 'CMD ["uvicorn", "writer:app", ' in printed.stdout
    assert "http://127.0.0.1:8000/healthz" in printed.stdout


@pytest.fixture
def loaded(made: Mapping[str, dict[str, Any]], trio: Path, engine: Engine) -> Callable[[str], str]:
    """Loads the image of a service that was made without an engine."""

    def load(name: str) -> str:
        assert made[name]["engine"] == "oci"
        engine.run("load", "--input", str(trio / f"{name}.tar"))
        engine.tags.append(f"localhost/trio/{name}")
        return f"localhost/trio/{name}"

    return load


@DOCKER_AND_PODMAN
def test_the_classifier_answers_and_is_well(engine: Engine, loaded: Callable[[str], str]) -> None:
    assert_classifies(engine, loaded("classifier"))


@DOCKER_AND_PODMAN
def test_the_worker_does_a_job_and_ends(
    engine: Engine, loaded: Callable[[str], str], tmp_path: Path
) -> None:
    assert_works(engine, loaded("worker"), tmp_path)


@pytest.mark.engine("docker")
@pytest.mark.parametrize("name", ["docker"])
def test_both_are_built_by_an_engine_too(
    name: str, engine: Engine, workshop: Workshop, trio: Path, tmp_path: Path
) -> None:
    tags = {service: engine.tag(f"trio-{service}") for service in BUILT}
    for service, tag in tags.items():
        workshop.build(trio, f".:{service}", engine=name, base="", tag=tag)
    assert_classifies(engine, tags["classifier"])
    assert_works(engine, tags["worker"], tmp_path)


def assert_classifies(engine: Engine, image: str) -> None:
    check = healthcheck_of(engine, image)["Test"]
    assert check[:3] == ["CMD", "python3", "-c"]
    with engine.serving(image, port=8000) as container:
        assert container.get("/healthz") == (200, '{"status":"ok"}')
        engine.run("exec", container.id, *check[1:])
        assert classified(container) == TOPICS
        assert container.stop() == 0


def classified(container: Container) -> list[str]:
    asked = urllib.request.Request(  # noqa: S310 - http
        f"{container.url}/classify",
        data=json.dumps(TICKETS).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310 - http
        topics: list[str] = json.load(answer)["topics"]
    return topics


def assert_works(engine: Engine, image: str, jobs: Path) -> None:
    """It takes a job out of a folder that is mounted, and ends by SIGTERM."""
    assert not engine.inspect(image)["Config"].get("ExposedPorts")
    jobs.chmod(0o777)
    (jobs / "1.job").write_text("\n".join(TICKETS))
    mounted = ("--volume", f"{jobs}:/jobs")
    started = engine.run("run", "--detach", *mounted, image).strip()
    container = Container(engine=engine, id=started, url="")
    try:
        deadline = time.monotonic() + SECONDS
        while not (jobs / "1.done").exists():
            assert time.monotonic() < deadline, container.logs()
            assert container.running(), container.logs()
            time.sleep(0.1)
        assert json.loads((jobs / "1.done").read_text()) == {"topics": TOPICS}
        assert container.stop() == 0
        assert [path.name for path in jobs.iterdir()] == ["1.done"]
        assert container.logs().splitlines()[-2:] == ["1.job: 4 tickets", "stopped"]
    finally:
        engine.attempt("rm", "--force", started)
