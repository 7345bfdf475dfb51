from __future__ import annotations

import hashlib
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.errors import FreezeError
from lading.info import (
    Config,
    ContextFile,
    CopyFiles,
    Healthcheck,
    ImageInfo,
    InstallPython,
    InstallSystem,
    PackageIndex,
    RunCommand,
    RunScript,
    SecretUse,
    SetEnv,
    SourceFolder,
    User,
)
from lading.lock.model import Build, Deb, Distribution, LockedBase, Tool

text = st.text(st.characters(codec="utf-8"), max_size=4)
maybe = st.none() | text
texts = st.lists(text, max_size=2).map(tuple)
pairs = st.lists(st.tuples(text, text), max_size=2).map(tuple)
numbers = st.integers(0, 2**40)

files = st.builds(ContextFile, path=text, sha256=text, size=numbers, executable=st.booleans())
uses = st.builds(SecretUse, id=text, version=maybe, variable=maybe)
secrets = st.lists(uses, max_size=2).map(tuple)
name = st.sampled_from(["six", "a-b"])
version = st.sampled_from(["1", "2.0+cpu"])
url = st.sampled_from(["https://a.example.test/x", "wheels/x.whl"])
hexadecimal = st.sampled_from(["0" * 64, "1" * 64])
digest = hexadecimal.map("sha256:{}".format)
distributions = st.builds(
    Distribution,
    name=name,
    version=st.none() | version,
    kind=st.sampled_from(["wheel", "sdist", "file", "archive", "directory", "git"]),
    url=url,
    commit=st.none() | hexadecimal,
    revision=st.none() | st.just("main"),
    subdirectory=st.none() | st.just("python"),
    hashes=st.lists(digest, max_size=2).map(tuple),
    size=st.none() | numbers,
    index=st.none() | url,
    group=st.integers(1, 9),
    assumed=st.booleans(),
)
steps = st.one_of(
    st.builds(InstallSystem, packages=texts, at=texts),
    st.builds(
        InstallPython,
        distributions=st.lists(distributions, max_size=2).map(tuple),
        requirements=texts,
        environment=pairs,
        builds=st.lists(
            st.builds(
                Build,
                name=name,
                requirements=st.just(("hatchling",)),
                distributions=st.lists(distributions, max_size=1).map(tuple),
            ),
            max_size=1,
        ).map(tuple),
        no_build_isolation=texts,
        folders=st.lists(
            st.builds(
                SourceFolder, name=text, path=text, files=st.lists(files, max_size=1).map(tuple)
            ),
            max_size=1,
        ).map(tuple),
        secrets=secrets,
        at=texts,
    ),
    st.builds(RunCommand, command=text, secrets=secrets, at=texts),
    st.builds(RunScript, script=files, arguments=texts, secrets=secrets, at=texts),
    st.builds(
        CopyFiles,
        source=text,
        destination=text,
        files=st.lists(files, max_size=2).map(tuple),
        at=texts,
    ),
    st.builds(SetEnv, variables=pairs, at=texts),
)
configs = st.builds(
    Config,
    user=st.builds(User, uid=numbers, gid=numbers, name=text, home=text),
    workdir=text,
    ports=texts,
    volumes=texts,
    labels=pairs,
    entrypoint=st.none() | texts,
    cmd=st.none() | texts,
    healthcheck=st.none()
    | st.builds(
        Healthcheck,
        argv=texts,
        interval=maybe,
        timeout=maybe,
        start_period=maybe,
        retries=st.none() | numbers,
    ),
    stop_signal=maybe,
)
infos = st.builds(
    ImageInfo,
    platform=text,
    distro=maybe,
    base=st.builds(
        LockedBase, reference=url, digest=st.none() | digest, manifest=st.none() | digest
    ),
    python=text,
    python_from_distro=st.booleans(),
    interpreter_packages=texts,
    venv=maybe,
    compile_bytecode=st.booleans(),
    indexes=st.lists(
        st.builds(
            PackageIndex,
            url=text,
            name=maybe,
            default=st.booleans(),
            packages=texts,
            username=maybe,
            secret=st.none() | uses,
            netrc=st.none() | uses,
            client_certificate=st.none() | uses,
        ),
        max_size=2,
    ).map(tuple),
    build_packages=texts,
    find_links=texts,
    no_index=st.booleans(),
    prerelease=st.booleans(),
    tools=st.lists(
        st.builds(Tool, name=name, version=version, url=url, sha256=hexadecimal), max_size=1
    ).map(tuple),
    steps=st.lists(steps, max_size=3).map(tuple),
    config=configs,
    vendored=st.booleans(),
    programs=st.lists(files, max_size=1).map(tuple),
    layers=st.lists(files, max_size=1).map(tuple),
    base_mirror=maybe,
    archive_mirrors=pairs,
    python_mirror=maybe,
)

ZEROS = "0" * 64

DEB = Deb(
    name="curl",
    version="1",
    architecture="amd64",
    path="pool/curl.deb",
    sha256=ZEROS,
    size=1,
    suite="bookworm",
)

EXAMPLE = ImageInfo(
    platform="linux/amd64",
    distro="debian:bookworm",
    base=LockedBase(
        reference="docker.io/library/x:1", digest=f"sha256:{ZEROS}", manifest=f"sha256:{ZEROS}"
    ),
    python="3.11",
    python_from_distro=True,
    interpreter_packages=("python3",),
    venv="/opt/venv",
    compile_bytecode=True,
    indexes=(
        PackageIndex(
            url="https://a.example.test",
            name="corp",
            default=True,
            packages=("six",),
            username="ci",
            secret=SecretUse(id="a", version="1", variable="A"),
            netrc=SecretUse(id="b"),
            client_certificate=SecretUse(id="c"),
        ),
    ),
    build_packages=("libpq-dev",),
    find_links=("https://c.example.test",),
    no_index=True,
    prerelease=True,
    tools=(Tool(name="uv", version="1", url="https://d.example.test", sha256=ZEROS),),
    steps=(
        InstallSystem(packages=("curl",), at=("a:1",)),
        InstallPython(
            distributions=(
                Distribution(
                    name="six",
                    version="1",
                    url="https://e.example.test",
                    commit="c" * 40,
                    revision="main",
                    subdirectory="s",
                    hashes=(f"sha256:{ZEROS}",),
                    size=1,
                    index="default",
                    group=2,
                    assumed=True,
                ),
            ),
            requirements=("six",),
            environment=(("A", "1"),),
            builds=(
                Build(
                    name="six",
                    requirements=("wheel",),
                    distributions=(Distribution(name="wheel", version="1", url="./w.whl"),),
                ),
            ),
            no_build_isolation=("six",),
            folders=(
                SourceFolder(
                    name="six",
                    path="sources/six",
                    files=(ContextFile(path="a", sha256="0", size=1),),
                ),
            ),
            secrets=(SecretUse(id="token"),),
            at=("a:2",),
        ),
        RunCommand(command="true", secrets=(SecretUse(id="token"),), at=("a:3",)),
        RunScript(
            script=ContextFile(path="a", sha256="0", size=1, executable=True),
            arguments=("x",),
            secrets=(SecretUse(id="token"),),
            at=("a:4",),
        ),
        CopyFiles(
            source="files/1.1",
            destination="/app",
            files=(ContextFile(path="a", sha256="0", size=1),),
            at=("a:5",),
        ),
        SetEnv(variables=(("A", "1"),), at=("a:6",)),
    ),
    config=Config(
        user=User(uid=1, gid=2, name="a", home="/a"),
        workdir="/b",
        ports=("80/tcp",),
        volumes=("/c",),
        labels=(("a", "b"),),
        entrypoint=("a",),
        cmd=("b",),
        healthcheck=Healthcheck(
            argv=("a",), interval="1s", timeout="2s", start_period="3s", retries=4
        ),
        stop_signal="SIGINT",
    ),
    vendored=True,
    programs=(ContextFile(path="uv", sha256="0", size=1, executable=True),),
    layers=(ContextFile(path="base/packages-0.tar.gz", sha256="0", size=1),),
    interpreter_debs=(DEB,),
    build_debs=(DEB,),
    components=("contrib",),
    snapshot="20261101T000000Z",
    base_mirror="mirror.example.test/x:1",
    archive_mirrors=(("debian", "https://f.example.test"),),
    archive_keyrings=(("debian", ContextFile(path="apt/debian.gpg", sha256="0", size=1)),),
    unsigned_archives=("debian-security",),
    python_mirror="https://g.example.test",
)

REACHING = {
    *("vendored", "programs", "layers", "base_mirror", "archive_mirrors", "python_mirror"),
    *("archive_keyrings", "unsigned_archives"),
    "folders",
}
"""What says how to reach things, and not what an image is."""


LOCATED = ("steps", "1", "distributions", "0")
"""The distribution of the example that an index's hash identifies."""


def without_places(value: object) -> object:
    """The recipe alone, said in another way than the key says it."""
    if isinstance(value, msgspec.Struct):
        names = [name for name in value.__struct_fields__ if name not in left_out(value)]
        parts = tuple((name, without_places(getattr(value, name))) for name in names)
        return (type(value).__name__, parts)
    return tuple(map(without_places, value)) if isinstance(value, tuple) else value


def left_out(value: msgspec.Struct) -> set[str]:
    """The fields of a part that are no part of the recipe."""
    found = {"at", *REACHING}
    if isinstance(value, Tool):
        return {*found, "url"}
    if isinstance(value, Deb):
        return {*found, "path", "size", "suite", "group"}
    if isinstance(value, Distribution) and value.hashes and value.index:
        return {*found, "url", "size"}
    return found


def fields(value: object, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Where every plain value of an image is."""
    if isinstance(value, msgspec.Struct):
        parts = [(name, getattr(value, name)) for name in value.__struct_fields__]
    elif isinstance(value, tuple):
        parts = [(str(n), part) for n, part in enumerate(value)]
    else:
        return [path]
    return [found for name, part in parts for found in fields(part, (*path, name))]


def changed(value: object, path: tuple[str, ...]) -> object:
    """The value with another one at this place."""
    if not path:
        return {"wheel": "sdist"}.get(str(value), other(value))
    head, *rest = path
    if isinstance(value, tuple):
        return tuple(
            changed(part, tuple(rest)) if str(n) == head else part for n, part in enumerate(value)
        )
    assert isinstance(value, msgspec.Struct)
    return msgspec.structs.replace(value, **{head: changed(getattr(value, head), tuple(rest))})


def other(value: object) -> object:
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int) else f"{value}!"


@given(info=infos)
def test_json_gives_the_same_image_again(info: ImageInfo) -> None:
    written = info.to_json()
    assert ImageInfo.from_json(written) == info
    assert ImageInfo.from_json(written).to_json() == written


@given(info=infos)
def test_json_is_canonical(info: ImageInfo) -> None:
    written = info.to_json()
    data = json.loads(written)
    assert data["format"] == 2
    assert written == json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


@given(one=infos, two=infos)
def test_keys_are_equal_exactly_where_recipes_are(one: ImageInfo, two: ImageInfo) -> None:
    assert (one.key == two.key) == (without_places(one) == without_places(two))


@given(info=infos, places=st.lists(text, max_size=2).map(tuple))
def test_the_lines_of_the_user_are_no_part_of_the_key(
    info: ImageInfo, places: tuple[str, ...]
) -> None:
    moved = tuple(msgspec.structs.replace(step, at=places) for step in info.steps)
    assert msgspec.structs.replace(info, steps=moved).key == info.key


@pytest.mark.parametrize("path", fields(EXAMPLE), ids=lambda path: ".".join(map(str, path)))
def test_every_other_field_is(path: tuple[str, ...]) -> None:
    another = changed(EXAMPLE, path)
    assert isinstance(another, ImageInfo)
    assert another != EXAMPLE
    located = path[-1] in {"url", "size"} and ("tools" in path or path[:4] == LOCATED)
    assert (another.key == EXAMPLE.key) == (located or bool({"at", *REACHING} & set(path)))


def test_the_example_has_every_field_and_every_kind_of_step() -> None:
    named = {part for path in fields(EXAMPLE) for part in path if not part.isdigit()}
    kinds: tuple[type[msgspec.Struct], ...] = (
        ImageInfo,
        Config,
        User,
        Healthcheck,
        Distribution,
        LockedBase,
        Tool,
        ContextFile,
        PackageIndex,
        SecretUse,
        SourceFolder,
        Build,
        Deb,
    )
    kinds += tuple(type(step) for step in EXAMPLE.steps)
    assert {name for kind in kinds for name in kind.__struct_fields__} == named


def test_the_key_is_a_digest() -> None:
    assert EXAMPLE.key.startswith("sha256:")
    assert len(EXAMPLE.key) == len(f"sha256:{hashlib.sha256().hexdigest()}")


@given(info=infos)
def test_an_image_is_a_value(info: ImageInfo) -> None:
    assert hash(info) == hash(ImageInfo.from_json(info.to_json()))
    for part in (info, info.config, info.base, *info.steps):
        with pytest.raises(AttributeError):
            setattr(part, part.__struct_fields__[0], "x")


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("", "not a frozen image"),
        ("[]", "Expected `object`"),
        ("{}", "missing required field `format`"),
        ('{"format": 2}', "missing required field `platform`"),
        ('{"format": 1, "new": 1}', "has format 1; this Lading reads format 2"),
        ('{"format": "1"}', r"\$\.format"),
        ("\ud800", "not a frozen image"),
        (EXAMPLE.to_json().replace('"python": "3.11"', '"python": 3'), r"\$\.python"),
        (EXAMPLE.to_json().replace('"uid": 1', '"uid": "1"'), r"\$\.config\.user\.uid"),
        (EXAMPLE.to_json().replace('"type": "env"', '"type": "ENV"'), r"\$\.steps\[5\]"),
        (EXAMPLE.to_json().replace('"venv"', '"venvs"'), "unknown field `venvs`"),
        (EXAMPLE.to_json()[:-9], "not a frozen image"),
    ],
)
def test_what_is_no_frozen_image_is_refused_with_its_place(written: str, message: str) -> None:
    with pytest.raises(FreezeError, match=message):
        ImageInfo.from_json(written)


@given(
    noise=st.text(max_size=30) | st.recursive(st.none() | st.integers(), st.lists).map(json.dumps)
)
def test_noise_is_refused_and_nothing_else_happens(noise: str) -> None:
    with pytest.raises(FreezeError):
        ImageInfo.from_json(noise)
