"""Declare the runtime environment of a model server in Python; build exactly that container.

```python
from lading import Image

image = Image(python_version="3.12").python_packages("fastapi", "scikit-learn==1.5.2")
info = image.freeze("build", platform="linux/amd64")
```
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lading.engines import register_engine
    from lading.errors import (
        BuildError,
        FreezeError,
        ImageError,
        LadingError,
        Location,
        Problem,
        RegistryError,
        ResolutionError,
        SpecificationError,
    )
    from lading.image import Image, Secret, Variants, secret
    from lading.info import ImageInfo
    from lading.services import service

__all__ = [
    "BuildError",
    "FreezeError",
    "Image",
    "ImageError",
    "ImageInfo",
    "LadingError",
    "Location",
    "Problem",
    "RegistryError",
    "ResolutionError",
    "Secret",
    "SpecificationError",
    "Variants",
    "register_engine",
    "secret",
    "service",
]

# What is named here is imported when it is first used: a service that declares its Image should not
# wait for what only a build needs.
_ROOMS = {
    "Image": "lading.image",
    "ImageInfo": "lading.info",
    "Secret": "lading.image",
    "Variants": "lading.image",
    "secret": "lading.image",
    "register_engine": "lading.engines",
    "service": "lading.services",
}


if not TYPE_CHECKING:  # where a type checker would take any name for one of these

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(_ROOMS.get(name, "lading.errors")), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
