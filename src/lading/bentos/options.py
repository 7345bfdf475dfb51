"""The options of BentoML's build configuration: which there are, and what type each has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from lading.errors import Problem, SpecificationError
from lading.grammar.nearest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.bentos.nodes import Node

__all__ = ["OPTIONS", "Options"]

# In the order in which they are reported. A test compares them with BentoML's own.
OPTIONS: Final = {
    "": (
        *("service", "name", "description", "labels", "include", "exclude"),
        *("docker", "python", "conda", "models", "envs", "args"),
    ),
    "docker": (
        *("distro", "python_version", "cuda_version", "env", "system_packages", "setup_script"),
        *("base_image", "dockerfile_template"),
    ),
    "python": (
        *("requirements_txt", "packages", "lock_packages", "pack_git_packages", "index_url"),
        *("no_index", "trusted_host", "find_links", "extra_index_url", "pip_args", "wheels"),
        "is_src_layout",
    ),
    "conda": ("environment_yml", "channels", "dependencies", "pip"),
}


@dataclass(slots=True)
class Options:
    """What a project file says, option by option: `docker.distro`.

    Attributes:
        root: All of it.
        problems: What is wrong with it.
    """

    root: Node
    problems: list[Problem] = field(default_factory=list)

    def __post_init__(self) -> None:
        for section in OPTIONS:
            for key, node in self._section(section).items():
                self._check_key(section, key, node)

    def finish(self) -> None:
        """Raise what is wrong.

        Raises:
            SpecificationError: Something is; all of it together.
        """
        if self.problems:
            raise SpecificationError(self.problems)

    def node(self, name: str) -> Node | None:
        """The value of an option; None where it says nothing."""
        section, _, key = name.rpartition(".")
        found = self._section(section).get(key)
        return found if found is not None and found.value is not None else None

    def text(self, name: str) -> Node | None:
        """An option that is text, with something in it."""
        node = self.node(name)
        if node is None or node.value == "":
            return None
        return node if self._is(node, name, isinstance(node.value, str), "text") else None

    def flag(self, name: str) -> bool | None:
        """An option that is true or false."""
        node = self.node(name)
        if node is None:
            return None
        self._is(node, name, isinstance(node.value, bool), "true or false")
        return node.value if isinstance(node.value, bool) else None

    def texts(self, name: str) -> tuple[Node, ...]:
        """An option that is a list of texts, or one."""
        node = self.node(name)
        if node is None:
            return ()
        items = node.value if isinstance(node.value, list) else [node]
        return tuple(one for one in items if self._is(one, name, _is_text(one), "a list of texts"))

    def pairs(self, name: str) -> dict[str, Node]:
        """An option that is a mapping of texts."""
        node = self.node(name)
        if node is None:
            return {}
        if not isinstance(node.value, dict):
            self._is(node, name, False, "a mapping")
            return {}
        return {key: one for key, one in node.value.items() if self._is_scalar(one, name)}

    def items(self, name: str) -> Iterator[Node]:
        """The elements of a list of anything."""
        node = self.node(name)
        if node is not None and self._is(node, name, isinstance(node.value, list), "a list"):
            yield from node.value if isinstance(node.value, list) else ()

    def refuse(self, node: Node, message: str, hint: str | None = None) -> None:
        """Note that something is wrong."""
        self.problems.append(Problem(message=message, location=node.location, hint=hint))

    def _section(self, name: str) -> dict[str, Node]:
        node: Node | None = self.root
        if name and isinstance(self.root.value, dict):
            node = self.root.value.get(name)
        if node is None or node.value is None:
            return {}
        if isinstance(node.value, dict):
            return node.value
        if not any(one.location == node.location for one in self.problems):
            self.refuse(node, f"{name or 'the file'} is not a mapping")
        return {}

    def _check_key(self, section: str, key: str, node: Node) -> None:
        known = OPTIONS[section]
        if key not in known:
            hint = did_you_mean(key, known) or f"it takes {', '.join(known)}"
            self.refuse(node, f"{section or 'the file'} has no option {key!r}", hint)

    def _is(self, node: Node, name: str, fits: bool, what: str) -> bool:  # noqa: FBT001 - a check
        if not fits:
            self.refuse(node, f"{name} is not {what}")
        return fits

    def _is_scalar(self, node: Node, name: str) -> bool:
        fits = not isinstance(node.value, list | dict)
        return self._is(node, name, fits, "a mapping of texts")


def _is_text(node: Node) -> bool:
    return isinstance(node.value, str)
