"""R30 to R32: secrets are where they are named, for as long as it takes, and nowhere else."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import ssl
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from building.authority import Authority
from building.scanner import in_folder, in_image, in_text, scan
from building.sources import publish, serving, wheel
from building.workshop import DOCKER_AND_PODMAN, EACH_ENGINE, layers, write_project
from dockerfile.parseback import parse
from engine_support import must_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from building.workshop import Workshop
    from engine_support import Engine

pytestmark = pytest.mark.network

# Signs that a URL, a shell and JSON each write in another way.
PASSWORD = "corp/p@ss%w0rd+7c1f"  # noqa: S105 - these are what must be nowhere
NETRC = "netrc-pa55word-20b9"
FIRST = "first secret $HOME 'q' 91ce"
SECOND = "second-secret-line-one-55ab\nsecond-secret-line-two-66cd"
WORDS = (PASSWORD, NETRC, FIRST, *SECOND.splitlines())

USED = """\
cat /run/secrets/FIRST | sha256sum > /out/file \
&& printf %s "$FIRST_ONE" | cat | sha256sum > /out/variable || exit 1
sh -c 'printf %s "$FIRST_ONE" | sha256sum' > /out/child
sha256sum < /run/secrets/SECOND > /out/command"""
SCRIPT = """\
#!/bin/sh
set -eu
sha256sum < /run/secrets/FIRST > /out/script
sh -c 'printf %s "$FIRST_ONE"' | sha256sum > /out/in-script
"""
LOOK = """\
{ env; ls -lRa /run/secrets; ls -la /run; cat /root/.netrc; ls -la /root; } > /out/others 2>&1; \
grep -rl 91ce /proc/self/environ /run /etc /root /tmp /var/tmp >> /out/others 2>/dev/null; true"""


def described(corp: str, other: str) -> str:
    return f"""Image(distro="debian:bookworm", python_version="3.11")
    .index("{corp}/simple", name="corp", username="robot", packages=["ours"],
           secret=secret("CORP", env="CORP_PASSWORD"))
    .index("{other}/simple", packages=["theirs"], netrc=secret("NETRC", file="private/netrc"))
    .run("mkdir /out")
    .python_packages("ours")
    .run({LOOK!r})
    .requirements_file("requirements.txt")
    .run({USED!r}, secrets=[
        secret("FIRST", env="MY_FIRST", variable="FIRST_ONE"),
        secret("SECOND", command=["cat", "private/second"]),
    ])
    .run_script("use.sh", secrets=[secret("FIRST", env="MY_FIRST", variable="FIRST_ONE")])
    .run("{{ cat /out/others; env; ls -a /run; }} > /out/after 2>&1")
    .cmd("python", "-c", "import ours, theirs; print(ours.ANSWER, theirs.ANSWER)")"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vault:
    """The project, its indexes, and the images of it that there are."""

    workshop: Workshop
    engines: dict[str, Engine]
    base: str
    project: Path
    asked: list[str]
    tags: dict[str, str] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)

    def image(self, engine: str) -> str:
        """The image's tag, built where that was not done before."""
        if engine not in self.tags:
            tag = self.engines[engine].tag(f"vault-{engine}")
            done = self.workshop.build(
                self.project,
                engine=engine,
                base=self.base,
                tag=tag,
                network="host",
                CORP_PASSWORD=PASSWORD,
                MY_FIRST=FIRST,
            )
            self.tags[engine] = tag
            self.said[tag] = done.stdout + done.stderr
        return self.tags[engine]


@pytest.fixture(scope="module")
def vault(
    workshop: Workshop,
    engines: dict[str, Engine],
    base: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Vault]:
    root = tmp_path_factory.mktemp("indexes")
    asked: list[str] = []
    with ExitStack() as stack:
        urls = []
        for name, login in (("ours", f"robot:{PASSWORD}"), ("theirs", f"somebody:{NETRC}")):
            publish(root / name, wheel(root / "made", name, "ANSWER = 42\n"))
            urls.append(stack.enter_context(serving(root / name, login=login, asked=asked)))
        project = write_project(
            tmp_path_factory.mktemp("vault"),
            described(*urls),
            requirements__txt="theirs\n",
            use__sh=SCRIPT,
        )
        (project / "private").mkdir()
        (project / "private" / "netrc").write_text(
            f"machine 127.0.0.1 login somebody password {NETRC}\n"
        )
        (project / "private" / "second").write_text(SECOND + "\n")
        yield Vault(workshop=workshop, engines=engines, base=base, project=project, asked=asked)


@pytest.fixture
def image(name: str, vault: Vault) -> str:
    return vault.image(name)


READ_ALL = """
import json, pathlib
print(json.dumps({file.name: file.read_text() for file in pathlib.Path("/out").iterdir()}))
"""


@pytest.fixture
def written(engine: Engine, image: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(engine.output_of(image, "python", "-c", READ_ALL))
    return found


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@EACH_ENGINE
def test_r31_a_secret_is_there_for_each_part_of_its_step_and_in_scripts(
    written: dict[str, str],
) -> None:
    told = {name: text.split()[0] for name, text in written.items() if text.endswith("  -\n")}
    assert told == {
        "file": digest(FIRST),
        "variable": digest(FIRST),
        "child": digest(FIRST),
        "command": digest(SECOND),
        "script": digest(FIRST),
        "in-script": digest(FIRST),
    }


@EACH_ENGINE
def test_r31_no_other_step_sees_a_secret(written: dict[str, str]) -> None:
    for name in ("others", "after"):
        assert scan(in_text(name, written[name]), WORDS) == []
        assert "FIRST_ONE" not in written[name]
        assert "UV_INDEX" not in written[name]
        assert "/proc/self/environ" not in written[name]


@EACH_ENGINE
def test_r30_packages_come_from_an_index_that_asks_for_a_password(
    engine: Engine, image: str, vault: Vault
) -> None:
    assert engine.output_of(image).split() == ["42", "42"]
    files = [one for one in vault.asked if one.endswith(".whl")]
    assert any(one.startswith("with a login") and "ours" in one for one in files)
    assert any(one.startswith("with a login") and "theirs" in one for one in files)
    # Whoever serves one package is asked for no other.
    assert not [one for one in vault.asked if "iniconfig" in one or "/uv" in one]


@EACH_ENGINE
def test_r30_no_value_is_in_anything_that_was_written(
    *, engine: Engine, image: str, vault: Vault, base: str, tmp_path: Path, pulled_base: str
) -> None:
    assert pulled_base == base
    assert scan(in_image(engine, image, tmp_path, base=base), WORDS) == []
    assert scan(in_folder(vault.project / ".lading"), WORDS) == []
    assert scan(in_text("lock", (vault.project / "lading.lock").read_text()), WORDS) == []
    assert scan(in_text("said", vault.said[image]), WORDS) == []


@EACH_ENGINE
def test_r30_a_failing_step_that_prints_its_secrets_shows_none(
    *, name: str, workshop: Workshop, base: str, engine: Engine, tmp_path: Path
) -> None:
    shouting = """Image(distro="debian:bookworm").run(
        "cat /run/secrets/FIRST /run/secrets/SECOND; echo \\"says $SECOND_ONE\\" >&2; exit 3",
        secrets=["FIRST", secret("SECOND", variable="SECOND_ONE")],
    )"""
    project = write_project(tmp_path / "project", shouting)
    done = workshop.attempt(
        project, engine=name, base=base, tag=engine.tag("shouting"), FIRST=FIRST, SECOND=SECOND
    )
    assert done.returncode == 1
    assert "says " in done.stderr
    assert scan(in_text("said", done.stdout + done.stderr), WORDS) == []
    assert scan(in_folder(project), WORDS) == []


@pytest.mark.parametrize("wrong", ["another-password-4f4f4f", ""])
def test_r30_an_index_that_refuses_a_login_is_told_without_it(
    *, vault: Vault, base: str, wrong: str, tmp_path: Path
) -> None:
    project = shutil.copytree(vault.project, tmp_path / "project", ignore=_made)
    done = vault.workshop.lading(
        *("lock", "--base-image", base),
        cwd=project,
        CORP_PASSWORD=wrong,
        MY_FIRST=FIRST,
        # What another login was given is there no more.
        UV_CACHE_DIR=str(tmp_path / "uv"),
        LADING_CACHE_DIR=str(tmp_path / "lading"),
    )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert (
        scan(in_text("said", done.stdout + done.stderr), [*WORDS, *([wrong] if wrong else [])])
        == []
    )
    assert not (project / "lading.lock").exists()


def _made(folder: str, names: list[str]) -> set[str]:
    del folder
    return {"lading.lock", ".lading", "__pycache__"} & set(names)


TWICE = """Image(distro="debian:bookworm")
    .run("cat /proc/sys/kernel/random/uuid > /before")
    .run("wc -c < /run/secrets/TOKEN > /used; cat /proc/sys/kernel/random/uuid > /during",
         secrets=[secret("TOKEN")])
    .cmd("cat", "/before", "/during")"""


@DOCKER_AND_PODMAN
def test_r32_another_value_is_the_same_image_and_another_version_runs_its_step(
    *, name: str, workshop: Workshop, base: str, engine: Engine, tmp_path: Path
) -> None:
    made = []
    for number, (text, value) in enumerate(
        [
            (TWICE, "value-of-a-secret"),
            (TWICE, "another-value-of-it"),
            (
                TWICE.replace('secret("TOKEN")', 'secret("TOKEN", version="2")'),
                "another-value-of-it",
            ),
        ]
    ):
        project = write_project(tmp_path / f"project-{number}", text)
        tag = engine.tag(f"twice-{number}")
        workshop.build(project, engine=name, base=base, tag=tag, TOKEN=value)
        (dockerfile,) = (project / ".lading").rglob("Dockerfile")
        ran = [one for one in parse(dockerfile.read_text()) if one.kind == "RUN"]
        made.append((ran, engine.inspect(tag)["Id"], engine.output_of(tag).split(), tag))
    (ran, image, told, tag), again, (ran_2, _, told_2, tag_2) = made
    assert again[:3] == (ran, image, told)
    assert len(ran) == len(ran_2)
    assert len([pair for pair in zip(ran, ran_2, strict=True) if pair[0] != pair[1]]) == 1
    assert told_2[0] == told[0]
    assert told_2[1] != told[1]
    assert layers(engine, tag)[:-1] == layers(engine, tag_2)[:-1]


@pytest.mark.skipif(
    shutil.which("openssl") is None and not must_run(), reason="openssl is not on PATH"
)
@DOCKER_AND_PODMAN
def test_r30_an_index_that_asks_for_a_certificate_gets_it_from_a_secret(
    *, name: str, workshop: Workshop, base: str, engine: Engine, pulled_base: str, tmp_path: Path
) -> None:
    assert pulled_base == base
    authority = Authority(folder=tmp_path)
    authority.found()
    root = tmp_path / "index"
    publish(root, wheel(tmp_path / "made", "ours", "ANSWER = 42\n"))
    with serving(root, tls=authority.lets_in()) as url:
        image = f"""Image(distro="debian:bookworm", python_version="3.11")
    .index("{url}/simple", packages=["ours"],
           client_certificate=secret("CLIENT", file="private/client.pem"))
    .python_packages("ours")
    .run("env > /after; ls -a /run >> /after")
    .cmd("python", "-c", "import ours; print(ours.ANSWER)")"""
        project = write_project(tmp_path / "project", image)
        (project / "private").mkdir()
        client = shutil.copy(authority.certify("client"), project / "private" / "client.pem")
        # Those of the machine, who certify the index that uv itself comes from, and the test's own.
        bundle = tmp_path / "bundle.pem"
        known = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
        others = Path(known).read_text() if known else ""
        bundle.write_text(others + authority.certificate.read_text())
        tag = engine.tag("certified")
        options = ("--ca-bundle", str(bundle))
        done = workshop.build(
            project, *options, engine=name, base=base, tag=tag, network="host", SSL_CERT_FILE=None
        )
    assert engine.output_of(tag).split() == ["42"]
    assert "SSL_CLIENT_CERT" not in engine.output_of(tag, "cat", "/after")
    lines = [line for line in Path(client).read_text().splitlines() if "-----" not in line]
    places = [
        *in_image(engine, tag, tmp_path, base=base),
        *in_folder(project / ".lading"),
        *in_text("said", done.stdout + done.stderr),
    ]
    assert scan(places, [line for line in lines if len(line) > 40][:4]) == []
