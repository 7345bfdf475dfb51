"""Converts 150 of the most used wheels into layers, and compares each with an installation.

`installer` writes every wheel to a folder; Lading makes a layer of it, which is read again with
Python's own `tarfile` and `gzip`. Files, bytes, modes and RECORD must be the same, but for what
each installer writes in its own words: the text of launchers. `make wheels` runs it; it asks the
configured package index, and takes some minutes. A fixed seed picks the wheels out of the names
below; which versions they have is the index's.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import random
import shutil
import stat
import sys
import tarfile
import tempfile
import time
import tomllib
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uv
from installer import install
from installer.destinations import SchemeDictionaryDestination
from installer.sources import WheelFile
from packaging.tags import compatible_tags, cpython_tags
from packaging.utils import canonicalize_name, parse_wheel_filename

from lading.download import fetch
from lading.errors import LadingError
from lading.http import HttpSettings
from lading.oci.layers import write_layer
from lading.process import run
from lading.wheels import Scheme, read_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SEED = 20261122
COUNT = 150
LARGEST = 60 << 20
PYTHON = "3.11"
GLIBC = range(28, 4, -1)
SCHEME = Scheme(prefix="/opt/venv", python=PYTHON, interpreter="/opt/venv/bin/python")
INSTALLER = b"lading\n"

# Names among those that are downloaded most; all of them have wheels.
NAMES = """
absl-py accelerate aiobotocore aiofiles aiohappyeyeballs aiohttp aioitertools aiosignal alembic
annotated-types anyio appdirs argcomplete argon2-cffi argon2-cffi-bindings arrow asgiref asn1crypto
asttokens async-timeout attrs azure-core azure-identity azure-storage-blob babel backoff bcrypt
beautifulsoup4 black bleach blinker boto3 botocore build
cachecontrol cachetools catboost cattrs
celery certifi cffi cfgv chardet charset-normalizer click click-plugins cloudpickle colorama
coloredlogs comm contourpy coverage cryptography cycler cython dataclasses-json datasets
debugpy decorator deepdiff defusedxml deprecated dill distlib distro django djangorestframework
dnspython docker docutils duckdb ecdsa et-xmlfile executing faiss-cpu fastapi
fastjsonschema filelock flake8 flask flask-cors flatbuffers fonttools frozenlist fsspec gevent
gitdb gitpython google-api-core google-api-python-client google-auth google-auth-httplib2
google-auth-oauthlib google-cloud-bigquery google-cloud-core google-cloud-storage google-crc32c
google-resumable-media googleapis-common-protos graphql-core greenlet grpcio grpcio-status
grpcio-tools gunicorn h11 h5py hatchling hpack html5lib httpcore httplib2 httptools httpx
huggingface-hub humanfriendly hyperframe hypothesis identify idna imageio importlib-metadata
importlib-resources iniconfig ipykernel ipython ipywidgets isodate isort itsdangerous jaraco-classes
jedi jeepney jinja2 jmespath joblib jsonpatch jsonpath-ng jsonpointer jsonschema
jsonschema-specifications jupyter-client jupyter-core jupyterlab jupyterlab-pygments
jupyterlab-server keras keyring kiwisolver kombu kubernetes langchain lazy-object-proxy lightgbm
llvmlite lxml lz4 mako markdown markdown-it-py markupsafe marshmallow matplotlib matplotlib-inline
mccabe mdurl mistune ml-dtypes more-itertools moto mpmath msal msal-extensions msgpack multidict
multiprocess mypy mypy-extensions mysql-connector-python nbclient nbconvert nbformat
nest-asyncio networkx nltk nodeenv notebook numba numexpr numpy oauthlib onnx onnxruntime openai
opencv-python-headless openpyxl opentelemetry-api opentelemetry-sdk opt-einsum orjson packaging
pandas pandocfilters paramiko parso partd pathspec patsy pendulum pexpect pillow pip pkginfo
platformdirs plotly pluggy polars portalocker pre-commit prometheus-client prompt-toolkit propcache
proto-plus protobuf psutil psycopg2-binary ptyprocess pure-eval py-cpuinfo pyarrow pyasn1
pyasn1-modules pycodestyle pycparser pydantic pydantic-core pydantic-settings pyflakes pygments
pyjwt pymongo pymysql pynacl pyopenssl pyparsing pyproject-hooks pyrsistent pyserial pytest
pytest-asyncio pytest-cov pytest-mock pytest-xdist python-dateutil python-dotenv python-json-logger
python-multipart pytz pyyaml pyzmq rdflib redis referencing regex requests requests-oauthlib
requests-toolbelt responses rich rpds-py rsa ruamel-yaml ruff s3fs s3transfer safetensors
scikit-image scikit-learn scipy seaborn secretstorage selenium sentencepiece sentry-sdk setuptools
shap shapely shellingham simplejson six smmap sniffio snowballstemmer snowflake-connector-python
sortedcontainers soupsieve sphinx sqlalchemy sqlparse stack-data starlette statsmodels streamlit
sympy tabulate tenacity tensorboard termcolor threadpoolctl tiktoken tinycss2 tokenizers toml tomli
tomlkit toolz tornado tqdm traitlets transformers trove-classifiers typer typing-extensions
typing-inspect tzdata tzlocal ujson uritemplate urllib3 uvicorn uvloop virtualenv watchdog
watchfiles wcwidth webencodings websocket-client websockets werkzeug wheel widgetsnbextension wrapt
xgboost
xlrd xlsxwriter xmltodict yarl zipp zstandard
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A wheel of the index."""

    name: str
    filename: str
    url: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A file as it is: its mode and its bytes."""

    mode: int
    content: bytes


def resolved(names: tuple[str, ...], environ: Mapping[str, str]) -> list[dict[str, Any]]:
    """What the index has of each name, as uv picks it for the target."""
    words = ["pip", "compile", "--quiet", "--no-deps", "--only-binary", ":all:", "--no-header"]
    words += ["--python-version", PYTHON, "--python-platform", "x86_64-manylinux_2_28"]
    argv = [uv.find_uv_bin(), *words, "--format", "pylock.toml", "-"]
    told = run(argv, env=environ, stdin="\n".join(names))
    if told.returncode:
        sys.exit(told.stderr)
    packages: list[dict[str, Any]] = tomllib.loads(told.stdout)["packages"]
    return packages


def best(package: Mapping[str, Any], order: Mapping[str, int]) -> Chosen | None:
    """The wheel of a package that an installer takes, or None where it is too large."""
    found = []
    for wheel in package.get("wheels", ()):
        filename = wheel.get("name") or wheel["url"].rpartition("/")[2]
        ranks = [order[str(tag)] for tag in parse_wheel_filename(filename)[3] if str(tag) in order]
        if ranks and wheel.get("size", 0) <= LARGEST:
            found.append((min(ranks), filename, wheel))
    if not found:
        return None
    _, filename, wheel = min(found, key=lambda one: one[:2])
    return Chosen(
        name=str(canonicalize_name(package["name"])),
        filename=filename,
        url=wheel["url"],
        sha256=wheel["hashes"]["sha256"],
        size=wheel.get("size", 0),
    )


def chosen(environ: Mapping[str, str]) -> list[Chosen]:
    """The wheels, in the order that the seed gives."""
    platforms = [f"manylinux_2_{minor}_x86_64" for minor in GLIBC]
    platforms += ["manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64"]
    tags = [*cpython_tags((3, 11), platforms=platforms)]
    tags += compatible_tags((3, 11), "cp311", [*platforms, "any"])
    order = {str(tag): rank for rank, tag in enumerate(tags)}
    names = tuple(sorted(set(NAMES.split())))
    packages = {str(canonicalize_name(one["name"])): one for one in resolved(names, environ)}
    mixed = random.Random(SEED).sample(names, len(names))  # noqa: S311 - nothing secret
    found = (best(packages[name], order) for name in mixed if name in packages)
    return [one for one in found if one is not None][:COUNT]


def installed(wheel: Path, name: str, folder: Path) -> dict[str, Held]:
    """What `installer` writes, by paths in the image."""
    root = folder / "opt/venv"
    site = root / f"lib/python{PYTHON}/site-packages"
    places = {
        "purelib": site,
        "platlib": site,
        "scripts": root / "bin",
        "headers": root / f"include/site/python{PYTHON}/{name}",
        "data": root,
    }
    destination = SchemeDictionaryDestination(
        {part: str(place) for part, place in places.items()},
        interpreter=SCHEME.interpreter,
        script_kind="posix",
    )
    with warnings.catch_warnings(), WheelFile.open(wheel) as source:
        warnings.simplefilter("ignore")  # it leaves bytecode out, as Lading does
        install(source, destination, {"INSTALLER": INSTALLER})
    return {
        path.relative_to(folder).as_posix(): Held(
            mode=stat.S_IMODE(path.stat().st_mode), content=path.read_bytes()
        )
        for path in root.rglob("*")
        if path.is_file()
    }


def layered(path: Path, filename: str, folder: Path) -> dict[str, Held]:
    """What Lading's layer holds, by paths in the image."""
    wheel = read_wheel(path, SCHEME, filename=filename)
    blob = folder / "layer"
    with blob.open("wb") as out:
        write_layer(wheel.entries, out)
    found = {}
    with tarfile.open(blob, "r:gz") as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is not None:
                found[member.name] = Held(mode=member.mode, content=file.read())
    return found


def launchers(files: Mapping[str, Held]) -> set[str]:
    """The programs whose text is the installer's own."""
    return {
        path
        for path, held in files.items()
        if path.startswith("opt/venv/bin/") and b"sys.exit(" in held.content[-200:]
    }


def differences(expected: Mapping[str, Held], found: Mapping[str, Held]) -> Iterator[str]:
    """Where the two are not the same."""
    own = launchers(expected) & launchers(found)
    for path in sorted(expected.keys() | found.keys()):
        one, other = expected.get(path), found.get(path)
        if one is None or other is None:
            yield f"{path} is only {'in the layer' if one is None else 'installed'}"
        elif path.endswith(".dist-info/RECORD"):
            # Its mode is the one in the wheel, as after uv; installer makes a new file.
            yield from record_differences(one.content, other.content, own)
        elif one.mode != other.mode:
            yield f"{path} has mode {other.mode:o}, installed {one.mode:o}"
        elif one.content != other.content and path not in own:
            yield f"{path} has other bytes"


def record_differences(expected: bytes, found: bytes, own: set[str]) -> Iterator[str]:
    """Lines of RECORD that are in one of the two alone."""
    site = f"opt/venv/lib/python{PYTHON}/site-packages"

    def lines(content: bytes) -> set[tuple[str, ...]]:
        rows = csv.reader(io.StringIO(content.decode()))
        paths = ((os.path.normpath(f"{site}/{row[0]}"), *row[1:]) for row in rows)
        return {(row[0],) if row[0] in own else row for row in paths}

    for row in sorted(lines(expected) ^ lines(found)):
        yield f"RECORD differs in {','.join(row)}"


def compared(one: Chosen, path: Path) -> tuple[int, list[str]]:
    """How many files a wheel installs, and what is not the same."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # installer knows a wheel by its file name.
        wheel = folder / one.filename
        shutil.copyfile(path, wheel)
        try:
            expected = installed(wheel, one.name, folder / "installed")
            found = layered(wheel, one.filename, folder)
        except LadingError as error:
            return 0, str(error).splitlines()
    return len(expected), list(differences(expected, found))


def main() -> int:
    """Compares them all."""
    parser = argparse.ArgumentParser(description="compare layers of wheels with installations")
    parser.add_argument("--cache", type=Path, help="where the wheels are kept between runs")
    parser.add_argument("--count", type=int, default=COUNT, help="how many of them")
    options = parser.parse_args()
    os.umask(0o022)
    http = HttpSettings.from_environment(os.environ)
    cache = options.cache or Path(tempfile.mkdtemp())
    files = size = bad = 0
    start = time.monotonic()
    wheels = chosen(os.environ)[: options.count]
    for one in wheels:
        path = fetch(one.url, one.sha256, cache=cache, http=http, size=one.size or None)
        number, wrong = compared(one, path)
        files, size, bad = files + number, size + one.size, bad + bool(wrong)
        for line in wrong:
            print(f"{one.filename}: {line}")
    seconds = time.monotonic() - start
    print(
        f"{len(wheels)} wheels, {size / 1e6:.0f} MB, {files} files, {seconds:.0f} s: {bad} differ"
    )
    if options.cache is None:
        shutil.rmtree(cache)
    return 1 if bad or len(wheels) < options.count else 0


if __name__ == "__main__":
    sys.exit(main())
