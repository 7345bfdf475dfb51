"""Wrong uses of secrets, errors, engines and frozen images that a type checker refuses."""

from __future__ import annotations

import lading
from lading import (
    BuildError,
    Image,
    ImageInfo,
    LadingError,
    Location,
    Problem,
    Secret,
    register_engine,
    secret,
)
from lading.integrations import bentoml

lading.Imgae()  # error: attr-defined
secret()  # error: call-arg
secret("TOKEN", value="hunter2")  # error: call-arg
secret("TOKEN", command="pass show pypi").id.upper(1)  # error: call-arg
Secret("TOKEN")  # error: call-arg
secret("TOKEN").id = "OTHER"  # error: misc

Problem("no")  # error: call-arg
Location("service.py", "3")  # error: arg-type
LadingError(3)  # error: arg-type
BuildError("no", exit_code="1")  # error: arg-type


class Nameless:
    pass


register_engine(Nameless())  # error: arg-type
register_engine("docker")  # error: arg-type


def frozen(info: ImageInfo) -> None:
    info.key = "sha256:0"  # error: misc
    info.platform = "linux/arm64"  # error: misc
    ImageInfo.from_json(b"{}")  # error: arg-type
    info.dockerfile()  # error: operator


bentoml.Image(image=Image(), python_version=3.12)  # error: arg-type
bentoml.Image().run(["make"])  # error: arg-type
