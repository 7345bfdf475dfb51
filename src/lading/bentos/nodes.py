"""What a project file of BentoML's says, value by value, each with its place: YAML or TOML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from lading.errors import Location, Problem, SpecificationError
from lading.requirements.document import Document
from lading.toml_lines import key_lines

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lading.toml_lines import KeyPath

__all__ = ["Node", "read_nodes"]

_LARGEST: Final = 1 << 20
"""In bytes; a file for people is shorter."""

_MOST: Final = 10_000
"""Values; aliases of YAML can make billions of a few lines."""

_DEEPEST: Final = 20

_TABLE: Final = ("tool", "bentoml", "build")


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A value and where it stands.

    Attributes:
        value: Text, True or False, None, a list or a mapping. A number is the text that it was
            written as: `3.10` is a version.
        location: Its line.
    """

    value: Value
    location: Location


Value: TypeAlias = str | bool | list[Node] | dict[str, Node] | None


def read_nodes(path: Path) -> tuple[Node, Mapping[str, Any]]:
    """What a `bentofile.yaml` or a `pyproject.toml` says; and the latter's `[project]`.

    Raises:
        SpecificationError: It can't be read, or says nothing to BentoML.
    """
    if path.suffix == ".toml":
        return _read_toml(path)
    return _YamlReader(path).read(), {}


def _read_toml(path: Path) -> tuple[Node, Mapping[str, Any]]:
    document = Document.read(path.parent, path.name)
    tables: Any = document.tables
    for key in _TABLE:
        tables = tables.get(key) if isinstance(tables, dict) else None
    if not isinstance(tables, dict):
        raise SpecificationError(f"{path} has no [{'.'.join(_TABLE)}]")
    project = document.tables.get("project", {})
    reader = _TomlReader(path=path, lines=key_lines(document.text))
    return reader.node(_TABLE, tables), project if isinstance(project, dict) else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class _TomlReader:
    """Reads the tables of one TOML file.

    Attributes:
        path: The file.
        lines: Where each key and each element stands.
    """

    path: Path
    lines: Mapping[KeyPath, int]

    def node(self, keys: KeyPath, value: object) -> Node:
        match value:
            case dict():
                found: Value = {name: self.node((*keys, name), one) for name, one in value.items()}
            case list():
                found = [self.node((*keys, index), one) for index, one in enumerate(value)]
            case bool() | str():
                found = value
            case _:
                found = str(value)
        return Node(value=found, location=Location(str(self.path), self.lines.get(keys, 1)))


class _YamlReader:
    """Reads one YAML file, with bounds: such a file may come from anybody."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0

    def read(self) -> Node:
        """What it says; a mapping that is empty where it says nothing."""
        text = self._text()
        try:
            import yaml  # noqa: PLC0415 - an extra, and only for this
        except ImportError:
            raise SpecificationError(
                f"reading {self._path} takes PyYAML, which is not installed",
                hint="pip install 'lading[bentoml]'",
            ) from None
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise self._invalid(f"not valid YAML: {error.problem}", line) from None
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            said = str(error).partition("\n")[0]
            raise self._invalid(f"not valid YAML: {said}", 1) from None
        if root is None:
            return Node(value={}, location=Location(str(self._path), 1))
        return self._node(root, 0)

    def _text(self) -> str:
        try:
            with self._path.open("rb") as file:
                content = file.read(_LARGEST + 1)
        except OSError as error:
            why = (error.strerror or "no access").lower()
            raise SpecificationError(f"{self._path} can't be read: {why}") from None
        if len(content) > _LARGEST:
            raise SpecificationError(f"{self._path} is too large to be a project file")
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise SpecificationError(f"{self._path} is not UTF-8") from None

    def _node(self, node: Any, depth: int) -> Node:  # noqa: ANN401 - PyYAML's nodes have no common type
        line = node.start_mark.line + 1
        self._read += 1
        if self._read > _MOST or depth > _DEEPEST:
            raise self._invalid("more than a project file says", line)
        location = Location(str(self._path), line)
        match node.id:
            case "mapping":
                value: Value = self._mapping(node, depth)
            case "sequence":
                value = [self._node(one, depth + 1) for one in node.value]
            case _:
                value = self._scalar(node)
        return Node(value=value, location=location)

    def _mapping(self, node: Any, depth: int) -> dict[str, Node]:  # noqa: ANN401 - as above
        found: dict[str, Node] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.id != "scalar":
                raise self._invalid("a key is no text", line)
            if key.value in found:
                raise self._invalid(f"{key.value!r} is there twice", line)
            found[key.value] = self._node(value, depth + 1)
        return found

    def _scalar(self, node: Any) -> str | bool | None:  # noqa: ANN401 - as above
        match node.tag.rpartition(":")[2]:
            case "null":
                return None
            case "bool":
                return bool(node.value.lower() in {"true", "yes", "on"})
            case _:
                return str(node.value)

    def _invalid(self, message: str, line: int) -> SpecificationError:
        return SpecificationError(
            Problem(message=message, location=Location(str(self._path), line))
        )
