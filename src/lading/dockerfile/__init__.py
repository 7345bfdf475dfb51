"""The first generator: an `ImageInfo` as an idiomatic Dockerfile with its build context."""

from lading.dockerfile.built_base import dockerfile_of
from lading.dockerfile.context import dockerfile, generated_files
from lading.dockerfile.repositories import needs_ssh

__all__ = ["dockerfile", "dockerfile_of", "generated_files", "needs_ssh"]
