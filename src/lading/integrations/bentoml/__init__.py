"""BentoML's runtime `Image`, with Lading's lock and Dockerfile: change the import, keep the rest.

```python
import bentoml
from lading.integrations.bentoml import Image

image = Image(python_version="3.12").python_packages("scikit-learn", "pandas")


@bentoml.service(image=image)
class Iris: ...
```
"""

from __future__ import annotations

from lading.integrations.supported import unsupported

if reason := unsupported():
    raise ImportError(reason)

from lading.integrations.bentoml.image import Image
from lading.integrations.containerize import install

install()

__all__ = ["Image"]
