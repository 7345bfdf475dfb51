"""Where things are in a bento, and in the container that serves it: BentoML's own places."""

from __future__ import annotations

from typing import Final

__all__ = [
    "BENTO_HOME",
    "BENTO_PATH",
    "BENTO_UID",
    "BENTO_USER",
    "DOCKERFILE",
    "ENTRYPOINT",
    "FROZEN",
    "PORTS",
    "PYTHON_REQUIREMENTS",
    "SOURCES",
    "VARIABLES",
]

BENTO_USER: Final = "bentoml"
BENTO_UID: Final = 1034
BENTO_HOME: Final = f"/home/{BENTO_USER}"
BENTO_PATH: Final = f"{BENTO_HOME}/bento"
"""The working directory: the bento's own folder."""

SOURCES: Final = f"{BENTO_PATH}/src"
"""The project's files, as far as the bento has them."""

PORTS: Final = (3000, 3001)
"""Those of the server, and of its metrics over gRPC."""

DOCKERFILE: Final = "env/docker/Dockerfile"
ENTRYPOINT: Final = "env/docker/entrypoint.sh"
PYTHON_REQUIREMENTS: Final = "env/python/requirements.txt"

FROZEN: Final = "env/lading"
"""The frozen folder, in the bento."""

VARIABLES: Final = {
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "PYTHONIOENCODING": "UTF-8",
    "PYTHONUNBUFFERED": "1",
    "BENTO_PATH": BENTO_PATH,
    "BENTOML_HOME": f"{BENTO_HOME}/",
    "BENTOML_HF_CACHE_DIR": f"{BENTO_PATH}/hf-models",
    "BENTOML_CONTAINERIZED": "true",
}
"""What BentoML's programs in the container read."""
