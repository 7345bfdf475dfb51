"""Where in an image the parts of a wheel go."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

__all__ = ["Scheme"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """A virtual environment in an image.

    Attributes:
        prefix: Its folder, absolute: `/opt/venv`.
        python: Its Python's minor version: `3.11`.
        interpreter: The program that scripts start with, absolute: `/opt/venv/bin/python`.
    """

    prefix: str
    python: str
    interpreter: str

    @property
    def site_packages(self) -> str:
        """The one folder of pure and platform libraries, as entries name it."""
        return f"{self.root}/lib/python{self.python}/site-packages".lstrip("/")

    @property
    def root(self) -> str:
        """The prefix as entries name it: no slash at either end."""
        return self.prefix.strip("/")

    def place(self, part: str, path: str, *, project: str) -> str:
        """Where a file of one part of a wheel goes, as an entry's path.

        Args:
            part: `purelib`, `platlib`, `scripts`, `headers` or `data`.
            path: Inside of that part.
            project: The distribution's normalised name: headers are kept apart by it.
        """
        if part in {"purelib", "platlib"}:
            return f"{self.site_packages}/{path}"
        if part == "scripts":
            inner = f"bin/{path}"
        elif part == "headers":
            # Where uv and virtualenv put them; the interpreter's own include folder is the base's.
            inner = f"include/site/python{self.python}/{project}/{path}"
        else:
            # lib64 is a link to lib in a venv: what is written through it stands in lib.
            inner = f"lib/{path[6:]}" if path.startswith("lib64/") else path
        return f"{self.root}/{inner}".lstrip("/")

    def is_own(self, place: str) -> bool:
        """Whether a file there would be, or hide, a part of the environment itself."""
        links = ("bin/python", "bin/python3", f"bin/python{self.python}", "lib64", "pyvenv.cfg")
        own = tuple(f"{self.root}/{link}".lstrip("/") for link in links)
        return place in own or place.startswith(tuple(f"{path}/" for path in own))

    def recorded(self, place: str) -> str:
        """What RECORD calls a file: its path from site-packages (PEP 376)."""
        inside = f"{self.site_packages}/"
        if place.startswith(inside):
            return place[len(inside) :]
        return posixpath.relpath(place, self.site_packages)
