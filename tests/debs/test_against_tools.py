"""Caches, hashes, alternatives and accounts beside what the real tools make of the same."""

from __future__ import annotations

import os
import re
import shutil
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from debian.signed_archive import needs
from debs.debmaker import Some, by_path, file, folder, installed, link, make_deb, text_of
from lading import process
from lading.debs import NOTHING
from lading.debs.alternatives import Choice, install_alternative, read_alternative
from lading.debs.certificates import subject_hash
from lading.debs.java import encode_keystore
from lading.debs.ldcache import CachedLibrary, _compared, encode_cache, read_cache
from lading.debs.refusal import Broken
from lading.debs.root import Root
from lading.elf import InMemory, NotElf, read_elf
from lading.oci.entries import Regular, Symlink

if TYPE_CHECKING:
    from collections.abc import Iterator

LDCONFIG = "/usr/sbin/ldconfig"


def run(*argv: str, **more: str) -> str:
    done = process.run(argv, env={**os.environ, "LC_ALL": "C", **more})
    assert done.returncode == 0, done.stderr
    return done.stdout


def libraries(count: int = 12) -> Iterator[Path]:
    """Small shared libraries of the machine at hand."""
    found = sorted(Path("/usr/lib").glob("*-linux-gnu/lib*.so.*"))
    small = (one for one in found if not one.is_symlink() and one.stat().st_size < 100_000)
    return islice(small, count)


def soname_of(path: Path) -> str | None:
    try:
        return read_elf(InMemory(path.read_bytes())).soname
    except NotElf:
        return None


@needs("readelf")
def test_the_names_of_libraries_are_readelfs() -> None:
    seen = 0
    for path in libraries(60):
        told = re.search(r"SONAME\).*\[(.*)\]", run("readelf", "-d", str(path)))
        assert soname_of(path) == (told[1] if told else None), path
        seen += 1
    assert seen


@needs("ldconfig")
def test_ldconfig_finds_in_the_cache_what_it_would_write(tmp_path: Path) -> None:
    found = list(libraries(40))
    members = [folder("./usr/"), folder("./usr/lib/"), folder("./usr/lib/x/"), folder("./etc/")]
    members += [file(f"./usr/lib/x/{path.name}", path.read_bytes()) for path in found]
    for path in found:
        name = soname_of(path)
        if name and name != path.name:
            members.append(link(f"./usr/lib/x/{name}", path.name))
            members.append(link(f"./usr/lib/x/{name.partition('.so')[0]}.so", name))
    once = list({one.info.name: one for one in reversed(members)}.values())[::-1]
    ground = Some(
        {
            "etc/ld.so.conf": "include /etc/ld.so.conf.d/*.conf\n",
            "etc/ld.so.conf.d/x.conf": "# ours\n/usr/lib/x\n",
            "usr/sbin/ldconfig": "",
        }
    )
    layer = installed(tmp_path, make_deb(tmp_path, "libs", *once, packing=""), ground=ground)
    cache = by_path(layer)["etc/ld.so.cache"]
    assert isinstance(cache, Regular)
    root = tmp_path / "root"
    for one in once:
        place = root / one.info.name
        if one.info.isdir():
            place.mkdir(parents=True, exist_ok=True)
        elif one.info.issym():
            place.symlink_to(one.info.linkname)
        else:
            place.write_bytes(one.data)
    (root / "etc/ld.so.conf").write_text("/usr/lib/x\n")
    mine = root / "etc/mine"
    mine.write_bytes(cache.content.data)  # type: ignore[union-attr]
    run(LDCONFIG, "-r", str(root), "-X")
    told = run(LDCONFIG, "-r", str(root), "-C", "/etc/mine", "-p").splitlines()
    wanted = run(LDCONFIG, "-r", str(root), "-p").splitlines()
    assert told[1:-1] == wanted[1:-1]
    assert len(told) > 10


NAMES = st.text(alphabet="ab.1023-s", min_size=1, max_size=8)


@given(NAMES, NAMES, NAMES)
def test_the_order_of_libraries_is_one(one: str, two: str, three: str) -> None:
    assert _compared(one, one) == 0
    assert (_compared(one, two) > 0) == (_compared(two, one) < 0)
    if _compared(one, two) <= 0 and _compared(two, three) <= 0:
        assert _compared(one, three) <= 0


@given(st.lists(st.builds(lambda n: CachedLibrary(name=n, path=f"/x/{n}", flags=0x303), NAMES)))
def test_a_cache_is_read_as_it_was_written(libraries_: list[CachedLibrary]) -> None:
    found = read_cache(encode_cache(libraries_))
    assert sorted(found, key=lambda one: one.name) == sorted(libraries_, key=lambda one: one.name)


@pytest.mark.parametrize("data", [b"", b"glibc-ld.so.cache1.1", b"x" * 100])
def test_what_is_no_cache_is_refused(data: bytes) -> None:
    with pytest.raises(Broken, match="cache"):
        read_cache(data)


@given(st.binary(max_size=200))
def test_any_cache_is_read_or_refused(data: bytes) -> None:
    try:
        read_cache(b"glibc-ld.so.cache1.1" + data)
    except Broken:
        return


SUBJECTS = [
    "/CN=a",
    "/C=DE/O=An  Organisation /CN=Some ROOT ca",
    "/C=HU/O=F\u0151tan\u00fas\u00edtv\u00e1ny/CN= x ",
    "/CN=" + "long" * 16 + "/O=" + "o" * 64 + "/OU=" + "u" * 64,
    "/DC=org/DC=test/CN=a\\/b",
]


def certificate(folder_: Path, subject: str) -> Path:
    path = folder_ / "certificate.crt"
    options = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-utf8")
    more = ("-keyout", str(folder_ / "key"), "-out", str(path), "-subj", subject, "-days", "2")
    run("openssl", "req", "-x509", *options, *more)
    return path


@needs("openssl")
@pytest.mark.parametrize("subject", SUBJECTS)
def test_the_hash_of_a_subject_is_openssls(tmp_path: Path, subject: str) -> None:
    path = certificate(tmp_path, subject)
    der = tmp_path / "certificate.der"
    run("openssl", "x509", "-in", str(path), "-outform", "der", "-out", str(der))
    told = run("openssl", "x509", "-in", str(path), "-noout", "-subject_hash").strip()
    assert subject_hash(der.read_bytes()) == told


@needs("openssl")
@pytest.mark.skipif(
    not Path("/usr/share/ca-certificates").exists(), reason="no certificates are installed"
)
def test_the_hash_of_every_root_is_openssls(tmp_path: Path) -> None:
    for path in sorted(Path("/usr/share/ca-certificates").rglob("*.crt")):
        der = tmp_path / "der"
        run("openssl", "x509", "-in", str(path), "-outform", "der", "-out", str(der))
        told = run("openssl", "x509", "-in", str(path), "-noout", "-subject_hash").strip()
        assert subject_hash(der.read_bytes()) == told, path


@needs("openssl")
@pytest.mark.skipif(shutil.which("keytool") is None, reason="there is no Java")
def test_java_reads_its_certificates(tmp_path: Path) -> None:
    certificates = {}
    for name in ("one", "two"):
        path, der = certificate(tmp_path, f"/CN={name}"), tmp_path / "der"
        run("openssl", "x509", "-in", str(path), "-outform", "der", "-out", str(der))
        certificates[f"debian:{name}.pem"] = der.read_bytes()
    store = tmp_path / "cacerts"
    store.write_bytes(encode_keystore(certificates))
    told = run("keytool", "-list", "-keystore", str(store), "-storepass", "changeit")
    assert "Your keystore contains 2 entries" in told
    assert "debian:one.pem, Jan 1, 1980, trustedCertEntry" in told


def test_javas_certificates_are_those_of_the_image(tmp_path: Path) -> None:
    pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    files = {
        "etc/ssl/certs/A.pem": "->/usr/share/ca-certificates/A.crt",
        "etc/ssl/certs/other.pem": "->/elsewhere",
        "usr/share/ca-certificates/A.crt": pem,
    }
    deb = make_deb(tmp_path, "ca-certificates-java")
    found = by_path(installed(tmp_path, deb, ground=Some(files)))["etc/ssl/certs/java/cacerts"]
    assert isinstance(found, Regular)
    wanted = encode_keystore({"debian:a.pem": bytes(3)})
    assert found.content.data == wanted  # type: ignore[union-attr]


@given(st.binary(max_size=120))
def test_any_bytes_are_a_certificate_or_refused(data: bytes) -> None:
    try:
        subject_hash(b"\x30\x78" + data)
    except Broken:
        return


CHOICES: tuple[tuple[str, str, str, int, dict[str, tuple[str, str]]], ...] = (
    ("/usr/bin/tool", "tool", "/usr/bin/tool-a", 10, {}),
    (
        "/usr/bin/tool",
        "tool",
        "/usr/bin/tool-b",
        30,
        {"tool.1": ("/usr/share/man/tool.1", "/usr/share/man/tool-b.1")},
    ),
    (
        "/usr/bin/tool",
        "tool",
        "/usr/bin/tool-c",
        20,
        {"tool.1": ("/usr/share/man/tool.1", "/usr/share/man/tool-c.1")},
    ),
    ("/usr/bin/other", "other", "/usr/bin/tool-a", 10, {}),
)


@needs("update-alternatives")
@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 1, 0)])
@pytest.mark.parametrize("manual", [(), ("tool-b.1", "tool-c.1")], ids=["no manual", "manual"])
def test_alternatives_are_those_of_the_real_tool(
    tmp_path: Path, order: tuple[int, ...], manual: tuple[str, ...]
) -> None:
    real = tmp_path / "real"
    for name in ("var/lib/dpkg/alternatives", "etc/alternatives", "usr/bin", "usr/share/man"):
        (real / name).mkdir(parents=True)
    files = {f"usr/bin/tool-{name}": "x" for name in "abc"}
    files |= {f"usr/share/man/{name}": "x" for name in manual}
    for name in files:
        (real / name).write_text("x")
    root = Root(Some(files))
    for number in order:
        path, name, target, priority, slaves = CHOICES[number]
        argv = ["update-alternatives", "--root", str(real), "--log", "/dev/null", "--install"]
        argv += [path, name, target, str(priority)]
        for slave, (place, own) in slaves.items():
            argv += ["--slave", place, slave, own]
        run(*argv)
        choice = Choice(
            path=target,
            priority=priority,
            slaves={slave: own for slave, (_, own) in slaves.items()},
        )
        links = {slave: place for slave, (place, _) in slaves.items()}
        install_alternative(root, name, path, choice, links)
    assert made_by(root) == made_in(real, known={*files, "dev/null"})


def made_by(root: Root) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in root.entries():
        if isinstance(entry, Symlink):
            found[entry.path] = f"-> {entry.target}"
        elif isinstance(entry, Regular):
            found[entry.path] = entry.content.data.decode()  # type: ignore[union-attr]
    return found


def made_in(real: Path, *, known: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted(real.rglob("*")):
        name = str(path.relative_to(real))
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        elif path.is_file() and name not in known:
            found[name] = path.read_text()
    return found


def test_a_damaged_state_of_alternatives_is_refused() -> None:
    root = Root(Some({"var/lib/dpkg/alternatives/x": "auto\n/usr/bin/x\n"}))
    with pytest.raises(Broken, match="the state of the alternative x can't be read"):
        read_alternative(root, "x")
    assert read_alternative(Root(NOTHING), "x") is None


@needs("dpkg-query", "dpkg")
def test_dpkg_reads_the_database(tmp_path: Path) -> None:
    debs = [
        make_deb(
            tmp_path,
            "tool",
            folder("./etc/"),
            file("./etc/tool.conf", "c"),
            file("./x", "x"),
            control={"conffiles": "/etc/tool.conf\n", "md5sums": ""},
            depends="lib (>= 1) , other|more",
            multi_arch="no",
            homepage="https://example.test",
        ),
        make_deb(tmp_path, "lib", multi_arch="same", control={"triggers": "interest-noawait /x\n"}),
        make_deb(tmp_path, "lib2", architecture="all", essential="no"),
    ]
    found = installed(tmp_path, *debs)
    admin = tmp_path / "admin"
    for path, entry in by_path(found).items():
        if path.startswith("var/lib/dpkg/") and isinstance(entry, Regular):
            place = admin / path.removeprefix("var/lib/dpkg/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text_of(found, path))
    (admin / "updates").mkdir()
    told = run("dpkg-query", f"--admindir={admin}", "-W", "-f", "${binary:Package} ${Status}\n")
    assert told.splitlines() == [
        "lib:amd64 install ok installed",
        "lib2 install ok installed",
        "tool install ok installed",
    ]
    assert (
        run("dpkg-query", f"--admindir={admin}", "-L", "tool") == "/.\n/etc\n/etc/tool.conf\n/x\n"
    )
    assert (admin / "info/lib:amd64.list").read_text() == "/.\n"
    assert (admin / "triggers/File").read_text() == "/x lib:amd64/noawait\n"
    status = (admin / "status").read_text()
    assert "Depends: lib (>= 1), other | more\n" in status
    assert "Conffiles:\n /etc/tool.conf 4a8a08f09d37b73795649038408b5f33\n" in status
    # dpkg writes what it reads: nothing of it is changed by the first real installation.
    before = (admin / "status").read_bytes()
    shutil.copy(admin / "status", tmp_path / "copy")
    run("dpkg", f"--admindir={admin}", "--clear-selections")
    run("dpkg", f"--admindir={admin}", "--clear-avail")
    kept = (admin / "status").read_text().replace("deinstall ok", "install ok")
    assert kept.encode() == before
