"""A base of Debian's packages as a user without root or an engine makes it, and as a chroot has it.

The images that `lading build` wrote are unpacked by tar; what runs is run by chroot.
"""

from __future__ import annotations

import json
import os
import shutil
import ssl
from typing import TYPE_CHECKING

import pytest

from building.authority import Authority
from building.sources import publish, serving, wheel
from building.workshop import write_project
from engine_support import default_index, must_run
from lading import process
from lading.lock.file import read_lock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from building.workshop import Workshop
    from lading.lock.model import PlatformLock

pytestmark = [
    pytest.mark.network,
    pytest.mark.enable_socket,
    pytest.mark.skipif(os.geteuid() != 0, reason="a chroot is root's"),
    pytest.mark.skipif(
        shutil.which("dpkg") is None and not must_run(), reason="dpkg is not on PATH"
    ),
]

PYTHONS = {"bookworm": "3.11", "trixie": "3.13"}
IMPORTS = "import ssl, sqlite3, ctypes, lzma, zoneinfo"
ASK = """
import sys, urllib.request
with urllib.request.urlopen(sys.argv[1], timeout=60) as answer:
    print(answer.status, answer.url.partition(":")[0])
"""
LOCALES = """
import locale, os, sys
print(locale.setlocale(locale.LC_ALL, ""), locale.getlocale()[1], "\\N{SNOWMAN}")
"""
MAKES = """
import os, pwd, grp, socket, zoneinfo
print(pwd.getpwuid(10001).pw_name, pwd.getpwuid(0).pw_name, grp.getgrgid(0).gr_name)
print(socket.getservbyname("https"), zoneinfo.ZoneInfo("Europe/Berlin"))
print(oct(os.stat("/tmp").st_mode), os.stat("/app").st_uid, os.path.exists("/etc/nsswitch.conf"))
"""


@pytest.fixture(scope="module", params=PYTHONS)
def release(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture(scope="module")
def project(
    workshop: Workshop, release: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """A project whose image was made; it is large."""
    project = tmp_path_factory.mktemp(f"scratch-{release}")
    write_project(project, f'Image(base_image="scratch", distro="debian:{release}").cmd("python3")')
    done = workshop.lading("build", "-o", "image", cwd=project)
    assert done.returncode == 0, done.stderr
    yield project
    shutil.rmtree(project)


@pytest.fixture(scope="module")
def root(project: Path) -> Path:
    """The image's files."""
    root = project / "root"
    root.mkdir()
    blobs = project / "image" / "blobs"
    index = json.loads((project / "image" / "index.json").read_text())
    manifest = described(blobs, index["manifests"][0])
    for layer in manifest["layers"]:
        command("tar", "-xzpf", str(blobs / layer["digest"].replace(":", "/")), "-C", str(root))
    return root


def described(blobs: Path, descriptor: dict[str, str]) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = json.loads(
        (blobs / descriptor["digest"].replace(":", "/")).read_text()
    )
    return found


def attempt(*argv: str, **environment: str) -> process.Completed:
    env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **environment}
    return process.run(argv, env=env, timeout=300)


def command(*argv: str, **environment: str) -> str:
    done = attempt(*argv, **environment)
    assert done.returncode == 0, f"{argv}: {done.stderr}"
    return done.stdout


def python(root: Path, code: str, *words: str, **environment: str) -> str:
    """What a program says inside, run by the container's user."""
    user = ("chroot", "--userspec=10001:0", str(root))
    return command(*user, "python3", "-c", code, *words, **environment).strip()


def test_its_python_has_its_whole_library(root: Path, release: str) -> None:
    version = tuple(map(int, PYTHONS[release].split(".")))
    assert python(root, f"{IMPORTS}; import sys; print(sys.version_info[:2])") == str(version)


@pytest.mark.parametrize("variable", ["LC_ALL", "LANG"])
def test_it_has_a_locale_of_utf_8(root: Path, variable: str) -> None:
    assert python(root, LOCALES, **{variable: "C.UTF-8"}) == "C.UTF-8 UTF-8 ☃"


def test_it_has_accounts_services_and_time_zones(root: Path) -> None:
    assert python(root, MAKES).splitlines() == [
        "lading root root",
        "443 Europe/Berlin",
        "0o41777 10001 True",
    ]


def test_it_has_no_shell_and_no_package_manager(root: Path) -> None:
    for name in ("sh", "bash", "dash", "apt-get", "dpkg", "perl"):
        assert not [str(found) for found in root.glob(f"usr/*bin/{name}")]
    assert attempt("chroot", str(root), "/bin/sh", "-c", "true").returncode == 127


def test_it_speaks_https_with_whom_it_trusts_and_with_nobody_else(
    root: Path, tmp_path: Path
) -> None:
    authority = Authority(folder=tmp_path)
    authority.found()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(authority.certify("server"))
    served = tmp_path / "served"
    served.mkdir()
    publish(served, wheel(tmp_path / "made", "ours", "ANSWER = 42\n"))
    inside = root / "authority.pem"
    shutil.copyfile(authority.certificate, inside)
    with serving(served, tls=tls) as url:
        trusting = python(root, ASK, f"{url}/simple/", SSL_CERT_FILE="/authority.pem")
        words = ("--userspec=10001:0", str(root), "python3", "-c", ASK, f"{url}/simple/")
        refused = attempt("chroot", *words)
    inside.unlink()
    assert trusting == "200 https"
    assert refused.returncode == 1
    assert "CERTIFICATE_VERIFY_FAILED" in refused.stderr


def test_it_speaks_https_with_the_package_index(root: Path) -> None:
    """By this machine's own resolver and authorities, which may be those of its network."""
    url = attempt("pip", "config", "get", "global.index-url").stdout.strip()
    url = url if url.startswith("https:") else default_index()
    trusted = ssl.get_default_verify_paths()
    own = os.environ.get("SSL_CERT_FILE") or trusted.cafile or "/etc/ssl/certs/ca-certificates.crt"
    lent = {"etc/resolv.conf": "/etc/resolv.conf", "etc/hosts": "/etc/hosts", "lent.pem": own}
    for name, source in lent.items():
        shutil.copyfile(source, root / name)
    proxies = {name: value for name, value in os.environ.items() if name.lower() == "https_proxy"}
    try:
        page = f"{url.rstrip('/')}/iniconfig/"
        assert python(root, ASK, page, SSL_CERT_FILE="/lent.pem", **proxies) == "200 https"
    finally:
        for name in lent:
            (root / name).unlink()


def locked(project: Path) -> PlatformLock:
    lock = read_lock(project)
    assert lock is not None
    (part,) = lock.platforms
    return part


def test_scanners_find_each_package_in_its_version(root: Path, project: Path) -> None:
    """As distroless images have it, and as dpkg itself reads it once it is in one file."""
    folder = root / "var/lib/dpkg/status.d"
    records = [path for path in sorted(folder.iterdir()) if path.suffix != ".md5sums"]
    debs = {(one.name, one.version) for one in locked(project).debs if one.group}
    assert {path.name for path in records} == {name for name, _ in debs}
    admin = project / "admin"
    for name in ("info", "updates", "triggers"):
        (admin / name).mkdir(parents=True)
    status = [path.read_text().replace("\nVersion:", INSTALLED) for path in records]
    (admin / "status").write_text("\n".join(status))
    for path in records:
        shutil.copyfile(f"{path}.md5sums", admin / "info" / f"{path.name}.md5sums")
        (admin / "info" / f"{path.name}.list").write_text("/.\n")
    form = "${Package}\t${Version}\n"
    query = ("dpkg-query", f"--admindir={admin}", "--show", f"--showformat={form}")
    assert {tuple(line.split("\t")) for line in command(*query).splitlines()} == debs
    listed = command("dpkg", f"--admindir={admin}", "-l", COLUMNS="400").splitlines()
    assert len([line for line in listed if line.startswith("ii")]) == len(debs)
    # All files of the image are as their packages have them.
    verified = command("dpkg", f"--root={root}", f"--admindir={admin}", "-V")
    assert verified == ""


INSTALLED = "\nStatus: install ok installed\nVersion:"


def test_it_is_smaller_than_the_slim_image_is(root: Path, project: Path) -> None:
    """The engine's tests compare it with the image itself; this is what that was on its day."""
    size = sum(path.lstat().st_size for path in root.rglob("*") if path.is_file())
    assert size < 80 << 20
    assert sum(one.size for one in locked(project).debs if one.group) < 30 << 20
