"""What is called wrongly exits with 2, and says what is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cli.program import Project

LOCK = "usage: lading lock [OPTIONS] [TARGET]"
BOTH = (
    "error: --output and --media-types: not with a container engine, which alone heeds --no-cache "
    "and the words after `--`"
)
PLACE = 'write a folder, a file such as image.tar, or "docker-archive:image.tar"'
BUILD = "usage: lading build [OPTIONS] [TARGET] [-- ENGINE_OPTION...]"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["lokc"],
            [
                "error: no such command 'lokc'",
                'hint: did you mean "lock"?',
                "usage: lading [OPTIONS] COMMAND [ARGS]...",
            ],
        ),
        (
            ["lock", "--chekc"],
            ["error: no such option '--chekc'. (Did you mean one of: '--check', '--help'?)", LOCK],
        ),
        (["lock", "a", "b"], ["error: got unexpected extra argument (b)", LOCK]),
        (
            ["lock", "--platform", "linux/arm63"],
            [
                'error: --platform: platform "linux/arm63" is invalid',
                'hint: did you mean "linux/arm64"?',
                LOCK,
            ],
        ),
        (
            ["lock", "--project", "nowhere"],
            ["error: invalid value for '--project': Directory 'nowhere' does not exist", LOCK],
        ),
        (
            ["lock", "-P", "a b"],
            [
                'error: --upgrade-package: "a b" is not a name',
                "hint: letters, digits, `.`, `_` and `-`, with a letter or digit at both ends",
                LOCK,
            ],
        ),
        (
            ["lock", "--base-image", "A"],
            [
                'error: --base-image: image name "A" is invalid',
                'hint: names are in lower case: "a"',
                LOCK,
            ],
        ),
        (
            ["build", "--push"],
            [
                "error: --push: an image without a tag can't be pushed",
                "hint: name it: -t REF",
                BUILD,
            ],
        ),
        (
            ["build", "-t", "A B"],
            [
                'error: --tag: image reference "A B" has white space or a control character in it',
                BUILD,
            ],
        ),
        (
            ["build", "--build-arg", "A B=1"],
            ['error: --build-arg: environment name "A B" is invalid', 'hint: write "A_B"', BUILD],
        ),
        (
            ["build", "--secret", "hunter2"],
            [
                "error: --secret: a secret can't be read",
                "hint: write id=NAME,src=FILE or id=NAME,env=VARIABLE",
                BUILD,
            ],
        ),
        (
            ["build", "--secret", "id=token"],
            [
                "error: --secret: secret 'token' needs one source",
                "hint: write id=NAME,src=FILE or id=NAME,env=VARIABLE",
                BUILD,
            ],
        ),
        (
            ["build", "-t", f"a@sha256:{'0' * 64}"],
            [
                "error: --tag: a@sha256:DIGEST has a digest, which only a finished image can have",
                "hint: write a",
                BUILD,
            ],
        ),
        (
            ["build", "-o", "a", "-o", "b.tar"],
            [
                "error: --output is given twice",
                "hint: write the image once, and then `lading copy` it",
                BUILD,
            ],
        ),
        (
            ["build", "-o", "example.test/a:1"],
            [
                'error: --output: "example.test/a:1" is no path',
                "hint: an image goes to a registry by -t REF --push; here, " + PLACE,
                BUILD,
            ],
        ),
        (
            ["build", "-o", "image.tar.gz"],
            [
                'error: --output: "image.tar.gz" ends in .gz, which no image does',
                f"hint: {PLACE}",
                BUILD,
            ],
        ),
        (
            ["build", "-o", "oci:"],
            ['error: --output: image "oci:" names no path', "hint: write oci:PATH", BUILD],
        ),
        (
            ["build", "--engine", "docker", "-o", "out"],
            [
                "error: --output: not with a container engine",
                "hint: it keeps the image itself; --context DIR is where the build context goes",
                BUILD,
            ],
        ),
        (
            [
                "build",
                "--engine",
                "podman",
                "--platform",
                "linux/amd64",
                "--platform",
                "linux/arm64",
            ],
            [
                "error: several platforms: not with a container engine",
                "hint: leave out --engine",
                BUILD,
            ],
        ),
        (
            ["build", "--engine", "oci", "--network", "host", "--vendor"],
            [
                "error: --engine oci: only a container engine heeds --network and --vendor",
                "hint: leave that out, or name a container engine",
                BUILD,
            ],
        ),
        (
            ["build", "--no-cache", "-o", "out", "--media-types", "docker", "--", "--x"],
            [
                BOTH,
                "hint: leave one of them out",
                BUILD,
            ],
        ),
        (
            [
                *("build", "-o", "docker-archive:x.tar"),
                *("--platform", "linux/amd64", "--platform", "linux/arm64"),
            ],
            [
                "error: --output: a docker archive holds an image for one platform",
                "hint: write an OCI archive: -o oci-archive:x.tar",
                BUILD,
            ],
        ),
        (
            ["build", "--plain-http", "a b"],
            [
                'error: --plain-http: "a b" is no registry',
                "hint: write its host, and its port where it has one: registry.example.com:5000",
                BUILD,
            ],
        ),
        (["build", "a", "b", "--", "c"], ["error: got unexpected extra argument (b)", BUILD]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_wrong_word(bare: Project, words: list[str], said: list[str]) -> None:
    ran = bare.lading(*words)
    assert ran.err.splitlines() == said
    assert (ran.code, ran.out) == (2, "")
    assert bare.files() == []


def test_a_base_image_of_another_python_than_the_steps_were_written_for(tiny: Project) -> None:
    ran = tiny.lading("lock", "--base-image", "python:3.12-slim-bookworm")
    assert ran.err == (
        "error: --base-image: base_image python:3.12-slim-bookworm has Python 3.12, "
        "but python_version is 3.11\n"
        f"{LOCK}\n"
    )
    assert ran.code == 2
