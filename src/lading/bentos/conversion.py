"""BentoML's build configuration as calls on an Image: each option is carried over, or named."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lading.bentos.imported import Imported, line_of
from lading.bentos.nodes import Node, read_nodes
from lading.bentos.options import Options
from lading.bentos.patterns import exclusion, inclusion
from lading.errors import Problem
from lading.grammar.invalid import Invalid
from lading.image import secret
from lading.requirements.options import split_options

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["read_bentofile"]

_PORT: Final = 3000

# BentoML's short forms of CUDA versions.
_CUDA: Final = {
    "default": "12.8.1",
    "12": "12.8.1",
    "12.8": "12.8.1",
    "12.6": "12.6.3",
    "12.1": "12.1.1",
    "12.0": "12.0.1",
    "11": "11.8.0",
    "11.8": "11.8.0",
    "11.7": "11.7.1",
    "11.6": "11.6.2",
    "11.4": "11.4.3",
    "11.2": "11.2.2",
}

_BY_FILE = "write it into a requirements file, and name that: requirements_file(path)"
_LATER = "give it when the container is started"
_NO_CONDA = "take the packages from PyPI and the distribution, or a base image with conda"

# What has no counterpart, and what to do.
_LEFT: Final = {
    "name": "an image is named when it is built: lading build --tag NAME",
    "args": "make the image in a function, whose arguments they are",
    "docker.dockerfile_template": "write its commands with run(...), and its base as base_image",
    "python.pack_git_packages": "repositories are locked by commit; `lading vendor` packs them",
    "python.no_index": _BY_FILE,
    "python.trusted_host": "hand in the host's CA certificate with --ca-bundle",
    "python.find_links": _BY_FILE,
    "python.pip_args": "pip is not used; see the arguments of python_packages and index",
    "conda.environment_yml": _NO_CONDA,
    "conda.channels": _NO_CONDA,
    "conda.dependencies": _NO_CONDA,
    "models": "export each (bentoml models export), and add what it holds with model(path)",
}


def read_bentofile(path: Path) -> Imported:
    """The image that a `bentofile.yaml`, or `[tool.bentoml.build]` of a pyproject.toml, describes.

    Raises:
        SpecificationError: It can't be read, or has an option that BentoML does not know.
    """
    root, project = read_nodes(path)
    conversion = _Conversion(Options(root), Imported(source=path.name), path, project)
    conversion.convert()
    conversion.options.finish()
    conversion.found.left.sort(key=line_of)
    return conversion.found


@dataclass(slots=True)
class _Conversion:
    """One file being converted.

    Attributes:
        options: What it says.
        found: What that comes to.
        path: The file.
        project: The `[project]` of a pyproject.toml.
    """

    options: Options
    found: Imported
    path: Path
    project: Mapping[str, Any]

    def convert(self) -> None:
        """All of it, in the order in which an image is written."""
        self._base()
        for package in self.options.texts("docker.system_packages"):
            self.found.call(package, "system_packages", package.value)
        self._indexes()
        self._packages()
        self._variables()
        self._script()
        self._files()
        self._labels()
        self._server()
        for name, hint in _LEFT.items():
            if (node := self.options.node(name)) is not None and node.value:
                self.found.leave(node, name, hint)

    # Where to begin.

    def _base(self) -> None:
        base = self._base_image()
        if base is not None:
            self.found.argue(base, "base_image", base.value)
        if (distro := self.options.text("docker.distro")) is not None:
            if base is None:
                self.found.argue(distro, "distro", distro.value)
            else:
                hint = "the base image tells its distribution"
                self.found.leave(distro, "docker.distro, beside a base image", hint)
        elif base is None:
            self.found.arguments["distro"] = "debian"
        if (python := self.options.text("docker.python_version")) is not None:
            self.found.argue(python, "python_version", python.value)
        if self.options.flag("python.lock_packages") is False:
            self.found.arguments["lock_python_packages"] = False

    def _base_image(self) -> Node | None:
        """That which is named, or that which BentoML takes for a version of CUDA."""
        base, cuda = (
            self.options.text("docker.base_image"),
            self.options.text("docker.cuda_version"),
        )
        if base is not None and cuda is not None:
            self.found.leave(cuda, "docker.cuda_version, beside a base image")
        if base is not None or cuda is None:
            return base
        version = _CUDA.get(str(cuda.value), str(cuda.value))
        if not re.fullmatch(r"\d+\.\d+\.\d+", version):
            self.options.refuse(cuda, f"docker.cuda_version {version} is no version")
            return None
        newer = tuple(map(int, version.split("."))) >= (12, 6)
        system = "cudnn-runtime-ubuntu24.04" if newer else "cudnn8-runtime-ubuntu22.04"
        return Node(value=f"nvidia/cuda:{version}-{system}", location=cuda.location)

    # Python packages.

    def _indexes(self) -> None:
        if (default := self.options.text("python.index_url")) is not None:
            self.found.call(default, "index", default.value, default=True)
        for node in self.options.texts("python.extra_index_url"):
            self.found.call(node, "index", node.value)

    def _packages(self) -> None:
        file = self.options.text("python.requirements_txt")
        packages = self.options.texts("python.packages")
        if file is not None:
            self.found.call(file, "requirements_file", file.value)
            if packages:
                message = "python.packages, beside requirements_txt: BentoML ignores them"
                self.found.leave(packages[0], message)
        else:
            if self.project.get("dependencies"):
                self.found.call(self.options.root, "pyproject_toml")
            for node in packages:
                self._line(node)
        for node in self.options.texts("python.wheels"):
            self.found.call(node, "python_packages", f"./{str(node.value).removeprefix('./')}")
        for node in self.options.texts("conda.pip"):
            self._line(node)
        if not any(_names_bentoml(node) for node in packages):
            self.found.call(self.options.root, "python_packages", "bentoml")

    def _line(self, node: Node) -> None:
        """A requirement, or an option of a requirements file, which BentoML takes among them."""
        text = str(node.value)
        if not text.startswith("-"):
            self.found.call(node, "python_packages", text)
            return
        try:
            options = split_options(text)
        except Invalid as error:
            self.found.leave(node, error.message, error.hint)
            return
        for option in options:
            match option.name:
                case "--index-url":
                    self.found.call(node, "index", option.value, default=True)
                case "--extra-index-url":
                    self.found.call(node, "index", option.value)
                case "--requirement":
                    self.found.call(node, "requirements_file", option.value)
                case _:
                    self.found.leave(node, f"the option {option.written}", _BY_FILE)

    # Variables, commands, files.

    def _variables(self) -> None:
        for node, name, value in (*self._docker_variables(), *self._service_variables()):
            if self.found.call(node, "env", {name: value}) and value is None:
                message = f"{name}, which has no value"
                problem = Problem(message=message, location=node.location, hint=_LATER)
                self.found.valueless.append(problem)
        if self.options.flag("python.is_src_layout"):
            self.found.call(self.options.root, "env", {"PYTHONPATH": "/app/src"})

    def _docker_variables(self) -> Iterator[tuple[Node, str, str | None]]:
        node = self.options.node("docker.env")
        if node is None:
            return
        if isinstance(node.value, dict):
            for name, one in self.options.pairs("docker.env").items():
                yield one, name, _text(one)
        elif isinstance(node.value, list):
            for one in self.options.texts("docker.env"):
                name, _, text = str(one.value).partition("=")
                yield one, name, text
        else:
            hint = "write its variables into the image: env(NAME=...)"
            self.found.leave(node, "docker.env, a file", hint)

    def _service_variables(self) -> Iterator[tuple[Node, str, str | None]]:
        for node, name, value, stage in self._envs():
            if stage == "all":
                # Without a value it is one that is given when the container is started.
                yield node, name, value or None
            elif stage == "runtime":
                self.found.leave(node, f"{name}, of the stage runtime", _LATER)

    def _envs(self) -> Iterator[tuple[Node, str, str | None, str]]:
        for node in self.options.items("envs"):
            fields = node.value if isinstance(node.value, dict) else {}
            name, stage = _text(fields.get("name")), _text(fields.get("stage")) or "all"
            if not name or stage not in {"all", "build", "runtime"}:
                hint = "name: NAME, and perhaps value: and stage: (all, build or runtime)"
                self.options.refuse(node, "an element of envs is no variable", hint)
                continue
            yield node, name, _text(fields.get("value")), stage

    def _script(self) -> None:
        script = self.options.text("docker.setup_script")
        build = [(node, name) for node, name, _, stage in self._envs() if stage == "build"]
        if script is None:
            for node, name in build:
                hint = f'name it where it is needed: secrets=[secret("{name}", variable="{name}")]'
                self.found.leave(node, f"{name}, of the stage build", hint)
            return
        secrets = []
        for node, name in build:
            try:
                secrets.append(secret(name, variable=name))
            except (Invalid, ValueError) as error:
                self.found.leave(node, str(error))
        options = {"secrets": secrets} if secrets else {}
        self.found.call(script, "run_script", script.value, **options)

    def _files(self) -> None:
        included = self.options.texts("include")
        patterns = [one for one in map(self._inclusion, included) if one] if included else ["*"]
        excluded = [one for one in map(self._exclusion, self.options.texts("exclude")) if one]
        options = {"exclude": excluded} if excluded else {}
        if patterns:
            self.found.call(self.options.root, "build_include", *patterns, **options)
        ignored = self.path.parent / ".bentoignore"
        if ignored.is_file():
            hint = "add its lines to exclude="
            self.found.leave(self.options.root, ".bentoignore", hint)

    def _inclusion(self, node: Node) -> str | None:
        return self._pattern(node, inclusion(str(node.value)))

    def _exclusion(self, node: Node) -> str | None:
        return self._pattern(node, exclusion(str(node.value)))

    def _pattern(self, node: Node, pattern: str | None) -> str | None:
        if pattern is None:
            hint = "name the files and folders themselves"
            self.found.leave(node, f"the pattern {node.value}", hint)
        return pattern

    # How it is run and labelled.

    def _labels(self) -> None:
        for name, node in self.options.pairs("labels").items():
            self.found.call(node, "label", {name: _text(node) or ""})
        description = self.options.text("description")
        if description is None:
            return
        text = str(description.value).strip()
        if text.startswith("file:") or "\n" in text:
            self.found.leave(description, "description, which is a file or has several lines")
        else:
            key = "org.opencontainers.image.description"
            self.found.call(description, "label", {key: text})

    def _server(self) -> None:
        service = self.options.text("service")
        words = () if service is None else (service.value,)
        self.found.call(self.options.root, "expose", _PORT)
        self.found.call(service or self.options.root, "cmd", "bentoml", "serve", *words)


def _text(node: Node | None) -> str | None:
    if node is None or isinstance(node.value, list | dict):
        return None
    return str(node.value) if isinstance(node.value, bool) else node.value  # as BentoML: "True"


def _names_bentoml(node: Node) -> bool:
    return re.match(r"(?i)bentoml(?![\w.-])", str(node.value)) is not None
