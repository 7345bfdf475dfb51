from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lading.engines import BuildRequest, SecretSource, engines
from lading.errors import BuildError

if TYPE_CHECKING:
    from lading.engines import Engine

PLAIN = BuildRequest(context=Path("/ctx"), platform="linux/amd64", tags=("app:1",))
FULL = BuildRequest(
    context=Path("/ctx"),
    tags=("registry.example.test/app:1", "127.0.0.1:5000/app:1"),
    platform="linux/arm64",
    push=True,
    no_cache=True,
    build_args=(("COLOUR", "dark red"), ("FROM_ENV", None)),
    secrets=(
        SecretSource(id="netrc", file=Path("/home/me/.netrc")),
        SecretSource(id="token", variable="TOKEN"),
    ),
    ca_bundle=Path("/etc/ssl/ca.pem"),
    proxies=("HTTPS_PROXY",),
    bases=("127.0.0.1:5000/python:3.11", "docker.io/library/debian:bookworm"),
    network="host",
    progress="plain",
    options=("--ulimit", "nofile=1024:1024"),
)
ENVIRONMENT = {
    "PATH": "/nonexistent",
    "FROM_ENV": "yes",
    "TOKEN": "s3cr3t-token",
    "HTTPS_PROXY": "http://proxy.example.test:3128",
}

PLAIN_SHARED = ["--file", "/ctx/Dockerfile", "--platform", "linux/amd64", "--tag", "app:1"]
FULL_SHARED = [
    *("--file", "/ctx/Dockerfile", "--platform", "linux/arm64"),
    *("--tag", "registry.example.test/app:1", "--tag", "127.0.0.1:5000/app:1"),
    *("--no-cache", "--network", "host"),
]
FULL_ARGUMENTS = [
    *("--build-arg", "COLOUR=dark red", "--build-arg", "FROM_ENV", "--build-arg", "HTTPS_PROXY"),
]
FULL_SECRETS = [
    *("--secret", "id=netrc,src=/home/me/.netrc"),
    *("--secret", "id=token,env=TOKEN"),
    *("--secret", "id=ca-bundle,src=/etc/ssl/ca.pem"),
]
FULL_END = ["--ulimit", "nofile=1024:1024", "/ctx"]


def engine(name: str) -> Engine:
    return next(engine for engine in engines() if engine.name == name)


def lines(
    name: str, request: BuildRequest, environment: dict[str, str] | None = None
) -> list[list[str]]:
    commands = engine(name).commands(request, ENVIRONMENT if environment is None else environment)
    return [list(command.argv) for command in commands]


def test_docker_builds() -> None:
    assert lines("docker", PLAIN) == [["docker", "build", *PLAIN_SHARED, "/ctx"]]


def test_docker_builds_and_then_pushes_each_tag() -> None:
    assert lines("docker", FULL) == [
        [
            *("docker", "build", *FULL_SHARED, "--progress=plain"),
            *(*FULL_ARGUMENTS, *FULL_SECRETS, *FULL_END),
        ],
        ["docker", "push", "registry.example.test/app:1"],
        ["docker", "push", "127.0.0.1:5000/app:1"],
    ]


@pytest.mark.parametrize("name", ["docker", "buildx"])
def test_docker_uses_buildkit_and_adds_no_provenance(name: str) -> None:
    build = engine(name).commands(PLAIN, ENVIRONMENT)[0]
    assert build.env == (("DOCKER_BUILDKIT", "1"), ("BUILDX_NO_DEFAULT_ATTESTATIONS", "1"))


def test_buildx_loads_what_it_builds() -> None:
    assert lines("buildx", PLAIN) == [
        ["docker", "buildx", "build", *PLAIN_SHARED, "--load", "/ctx"]
    ]


def test_buildx_pushes_from_the_builder() -> None:
    assert lines("buildx", FULL) == [
        [
            *("docker", "buildx", "build", *FULL_SHARED, "--push", "--progress=plain"),
            *(*FULL_ARGUMENTS, *FULL_SECRETS, *FULL_END),
        ]
    ]


@pytest.mark.parametrize(("name", "verb"), [("podman", "build"), ("buildah", "bud")])
def test_podman_and_buildah_build_in_docker_format_with_layers(name: str, verb: str) -> None:
    assert lines(name, PLAIN) == [
        [name, verb, *PLAIN_SHARED, "--format", "docker", "--layers", "/ctx"]
    ]


@pytest.mark.parametrize(("name", "verb"), [("podman", "build"), ("buildah", "bud")])
def test_podman_and_buildah_speak_plain_http_to_loopback_only(name: str, verb: str) -> None:
    assert lines(name, FULL) == [
        [
            *(name, "pull", "--tls-verify=false"),
            *("--platform", "linux/arm64", "127.0.0.1:5000/python:3.11"),
        ],
        [
            *(name, verb, *FULL_SHARED, "--format", "docker", "--layers"),
            *(*FULL_ARGUMENTS, *FULL_SECRETS, *FULL_END),
        ],
        [name, "push", "registry.example.test/app:1"],
        [name, "push", "--tls-verify=false", "127.0.0.1:5000/app:1"],
    ]


def test_podman_pushes_a_short_tag_to_docker_hub_as_docker_does() -> None:
    request = BuildRequest(
        context=Path("/ctx"), platform="linux/amd64", tags=("me/app",), push=True
    )
    assert lines("podman", request)[-1] == ["podman", "push", "docker.io/me/app"]


def test_nerdctl_builds() -> None:
    assert lines("nerdctl", PLAIN) == [["nerdctl", "build", *PLAIN_SHARED, "/ctx"]]


def test_nerdctl_pushes_the_platform_that_it_built() -> None:
    assert lines("nerdctl", FULL) == [
        [
            *("nerdctl", "build", *FULL_SHARED, "--progress=plain"),
            *(*FULL_ARGUMENTS, *FULL_SECRETS, *FULL_END),
        ],
        ["nerdctl", "push", "--platform", "linux/arm64", "registry.example.test/app:1"],
        ["nerdctl", "push", "--platform", "linux/arm64", "127.0.0.1:5000/app:1"],
    ]


def test_buildctl_pushes_all_tags_at_once() -> None:
    assert lines("buildctl", FULL) == [
        [
            *("buildctl", "build", "--frontend", "dockerfile.v0"),
            *("--local", "context=/ctx", "--local", "dockerfile=/ctx"),
            *("--opt", "platform=linux/arm64", "--no-cache"),
            *("--opt", "force-network-mode=host", "--allow", "network.host"),
            "--progress=plain",
            *("--opt", "build-arg:COLOUR=dark red", "--opt", "build-arg:FROM_ENV=yes"),
            *("--opt", "build-arg:HTTPS_PROXY=http://proxy.example.test:3128"),
            *FULL_SECRETS,
            "--output",
            'type=image,"name=registry.example.test/app:1,127.0.0.1:5000/app:1",push=true',
            *("--ulimit", "nofile=1024:1024"),
        ]
    ]


def loading(scratch: Path) -> BuildRequest:
    return BuildRequest(
        context=Path("/ctx"), platform="linux/amd64", tags=("app:1",), scratch=scratch
    )


def test_buildctl_leaves_an_archive_that_podman_loads(tmp_path: Path) -> None:
    podman = tmp_path / "podman"
    podman.touch(mode=0o755)
    assert lines("buildctl", loading(Path("/scratch")), {"PATH": str(tmp_path)}) == [
        [
            *("buildctl", "build", "--frontend", "dockerfile.v0"),
            *("--local", "context=/ctx", "--local", "dockerfile=/ctx"),
            *("--opt", "platform=linux/amd64"),
            *("--output", "type=docker,name=app:1,dest=/scratch/image.tar"),
        ],
        ["podman", "load", "--input", "/scratch/image.tar"],
    ]


def test_buildctl_refuses_what_nothing_here_could_hold() -> None:
    with pytest.raises(BuildError, match="nowhere to put the image") as caught:
        lines("buildctl", loading(Path("/scratch")))
    assert caught.value.problems[0].hint == "push it to a registry with --push"


def test_buildctl_shows_no_proxy_password_on_its_command_line() -> None:
    environment = {**ENVIRONMENT, "HTTPS_PROXY": "http://me:hunter2hunter2@proxy.example.test"}
    with pytest.raises(BuildError, match="credentials in HTTPS_PROXY") as caught:
        lines("buildctl", FULL, environment)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("name", ["docker", "buildx", "podman", "buildah", "nerdctl"])
def test_no_value_from_the_environment_is_on_a_command_line(name: str) -> None:
    words = " ".join(word for line in lines(name, FULL) for word in line)
    assert "s3cr3t-token" not in words
    assert "proxy.example.test" not in words


@pytest.mark.parametrize("name", ["docker", "buildx", "podman", "buildah", "nerdctl"])
def test_a_build_argument_wins_over_the_proxy_of_the_same_name(name: str) -> None:
    request = BuildRequest(
        context=Path("/ctx"),
        platform="linux/amd64",
        build_args=(("HTTPS_PROXY", ""),),
        proxies=("HTTPS_PROXY",),
    )
    words = lines(name, request)[0]
    assert [word for word in words if "HTTPS_PROXY" in word] == ["HTTPS_PROXY="]


@pytest.mark.parametrize("name", ["docker", "buildx", "podman", "buildah", "nerdctl"])
def test_quiet_is_every_engines_own_quiet(name: str) -> None:
    request = BuildRequest(context=Path("/ctx"), platform="linux/amd64", progress="quiet")
    assert "--quiet" in lines(name, request)[0]


def secret_at(path: Path) -> BuildRequest:
    return BuildRequest(
        context=Path("/ctx"),
        platform="linux/amd64",
        secrets=(SecretSource(id="token", file=path),),
    )


def test_buildkit_gets_a_path_with_a_comma_as_csv() -> None:
    words = lines("docker", secret_at(Path('/a,b/"t"')))[0]
    assert words[words.index("--secret") + 1] == 'id=token,"src=/a,b/""t"""'


@pytest.mark.parametrize("name", ["podman", "buildah"])
def test_podman_and_buildah_refuse_a_path_that_they_would_cut(name: str) -> None:
    with pytest.raises(BuildError, match=f"{name} can't read secret 'token' from a path with a"):
        lines(name, secret_at(Path("/a,b/t")))
    bundle = BuildRequest(
        context=Path("/ctx"), platform="linux/amd64", ca_bundle=Path("/a,b/ca.pem")
    )
    with pytest.raises(BuildError) as caught:
        lines(name, bundle)
    hint = "copy or link the file to a path without a comma, and name that one"
    assert caught.value.problems[0].hint == hint


def test_a_secret_too_large_for_buildkit_is_refused_early(tmp_path: Path) -> None:
    large = tmp_path / "ca.pem"
    large.write_bytes(b"x" * 600 * 1024)
    with pytest.raises(BuildError, match="has 600 KiB of at most 500"):
        lines("docker", secret_at(large))
    assert lines("podman", secret_at(large))


@pytest.mark.parametrize("name", ["docker", "buildx", "podman", "buildah", "nerdctl", "buildctl"])
def test_the_ssh_agent_is_handed_over_where_a_step_needs_it(name: str) -> None:
    environment = {**ENVIRONMENT, "PATH": "/nonexistent"}
    request = replace(FULL, ssh=True)
    words = lines(name, request, environment if name != "buildctl" else {"PATH": "", "TOKEN": "x"})
    build = next(line for line in words if "build" in line or "bud" in line)
    assert build[build.index("--ssh") + 1] == "default"
    plain = replace(PLAIN, push=True)
    assert not any("--ssh" in line for line in lines(name, plain))


def test_docker_builds_a_classic_dockerfile_with_its_legacy_builder() -> None:
    request = replace(PLAIN, dialect="classic", progress="plain")
    [command] = engine("docker").commands(request, ENVIRONMENT)
    assert command.argv == ("docker", "build", *PLAIN_SHARED, "/ctx")
    assert command.env == (("DOCKER_BUILDKIT", "0"),)


@pytest.mark.parametrize("name", ["buildx", "podman", "buildah", "nerdctl"])
def test_other_engines_build_a_classic_dockerfile_like_any(name: str) -> None:
    assert lines(name, replace(PLAIN, dialect="classic")) == lines(name, PLAIN)


@pytest.mark.parametrize("name", ["podman", "buildah"])
def test_a_network_that_could_not_be_taken_away_is_refused(name: str) -> None:
    request = replace(PLAIN, network="none")
    assert lines(name, request)
    with pytest.raises(BuildError, match=f"{name} can't take the network from a step"):
        lines(name, request, {**ENVIRONMENT, "BUILDAH_ISOLATION": "chroot"})
