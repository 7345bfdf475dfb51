"""The command lines against the real engines, up to what lies in the registry after."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
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


CLASSIC = """\
FROM {base}
COPY made /srv/made
RUN test "$(cat /srv/made)" = made && echo networks: $(ls /sys/class/net)
"""


@EACH_ENGINE
def test_a_real_engine_builds_a_classic_dockerfile_without_a_network(
    name: str, context: Path, base_image_bare: str, host_environment: dict[str, str]
) -> None:
    (context / "Dockerfile").write_text(CLASSIC.format(base=base_image_bare))
    (context / "made").write_text("made")
    request = BuildRequest(
        context=context,
        platform="linux/amd64",
        bases=(base_image_bare,),
        no_cache=True,
        network="none",
        dialect="classic",
    )
    seen: list[str] = []
    environment = {**host_environment}
    environment.pop("BUILDAH_ISOLATION", None)  # with chroot there is no network to take away
    engine = find_engine(name, environment, dialect="classic")
    build(engine, request, environment, seen.append)
    assert any(line.endswith("networks: lo") for line in seen)
    if name == "docker":  # the legacy builder's own words
        assert any(line.startswith("Successfully built ") for line in seen)


@EACH_ENGINE
def test_a_real_engine_finds_what_a_stage_made_when_that_stage_is_cached(
    name: str, context: Path, base_image_bare: str, host_environment: dict[str, str]
) -> None:
    request = BuildRequest(context=context, platform="linux/amd64", bases=(base_image_bare,))
    engine = find_engine(name, host_environment)
    for word in ("first", "second"):
        (context / "Dockerfile").write_text(
            f"FROM {base_image_bare} AS made\nRUN mkdir /made && echo thing >/made/it\n"
            f"FROM {base_image_bare}\n"
            "RUN --mount=type=bind,from=made,source=/made,target=/srv "
            f'test "$(cat /srv/it)" = thing && echo {word} time\n'
        )
        seen: list[str] = []
        build(engine, request, host_environment, seen.append)
        assert any(line.endswith(f"{word} time") for line in seen)


@pytest.fixture
def agent(host_environment: dict[str, str], tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment with a real ssh agent that holds one key."""
    socket = tmp_path / "agent"
    began = process.run(["ssh-agent", "-a", str(socket)], env=host_environment, timeout=30)
    pid = re.search(r"SSH_AGENT_PID=(\d+)", began.stdout)
    assert pid is not None
    environment = {**host_environment, "SSH_AUTH_SOCK": str(socket)}
    try:
        key = str(tmp_path / "key")
        made = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "key-of-the-test", "-f", key]
        for argv in (made, ["ssh-add", "-q", key]):
            done = process.run(argv, env=environment, timeout=30)
            assert done.returncode == 0, done.stderr
        yield environment
    finally:
        os.kill(int(pid[1]), signal.SIGTERM)


@EACH_ENGINE
def test_a_real_engine_reaches_the_ssh_agent_where_a_step_asks_for_it(
    name: str, context: Path, base_image_bare: str, agent: dict[str, str]
) -> None:
    (context / "Dockerfile").write_text(
        f"FROM {base_image_bare}\n"
        'RUN --mount=type=ssh test -S "$SSH_AUTH_SOCK" && echo the agent is there\n'
        'RUN test -z "$SSH_AUTH_SOCK" && echo and gone\n'
    )
    request = BuildRequest(
        context=context, platform="linux/amd64", bases=(base_image_bare,), ssh=True, no_cache=True
    )
    seen: list[str] = []
    build(find_engine(name, agent), request, agent, seen.append)
    said = "\n".join(seen)
    assert "the agent is there" in said
    assert "and gone" in said


@EACH_ENGINE
def test_a_real_engine_does_not_show_what_a_step_says_of_a_secret(
    name: str, context: Path, base_image_bare: str, host_environment: dict[str, str]
) -> None:
    (context / "Dockerfile").write_text(
        f"FROM {base_image_bare}\n"
        "RUN --mount=type=secret,id=word,required=true \\\n"
        "    --mount=type=secret,id=lines,required=true \\\n"
        '    w="$(cat /run/secrets/word)" && cat /run/secrets/lines && echo "said $w" \\\n'
        '    && printf "__token__:%s" "$w" | base64 -w0 && echo && exit 3\n'
    )
    lines = context.parent / "lines"
    lines.write_text("first-line\nsecond-line\n")
    environment = {**host_environment, "WORD": "s3cr3t/w&rd"}
    request = BuildRequest(
        context=context,
        platform="linux/amd64",
        bases=(base_image_bare,),
        secrets=(
            SecretSource(id="word", variable="WORD"),
            SecretSource(id="lines", file=lines),
        ),
        users=(("word", "__token__"),),
        no_cache=True,
    )
    seen: list[str] = []
    with pytest.raises(BuildError) as error:
        build(find_engine(name, environment), request, environment, seen.append)
    said = "\n".join([*seen, str(error.value)])
    assert "said ***" in said
    hidden = base64.b64encode(b"__token__:s3cr3t/w&rd").decode()
    for word in ("s3cr3t", "first-line", "second-line", hidden):
        assert word not in said
