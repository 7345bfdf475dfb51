"""The immutable, chainable `Image` and the steps that it is made of.

It says *what* is wanted. It knows nothing of Dockerfiles, layers, engines or files on disk.
"""

from lading.grammar.secret import Secret
from lading.image.build_secret import secret
from lading.image.builder import Image
from lading.image.pythons import DEFAULT_PYTHON_VERSION
from lading.image.variants import Variants

__all__ = ["DEFAULT_PYTHON_VERSION", "Image", "Secret", "Variants", "secret"]
