"""A look at all layers together: no two distributions may have one path with different content."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from lading.assembly.packages import check_owners, owned_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lading.assembly.making import Made
    from lading.store import Store

__all__ = ["check_once"]

_FINE: Final = b"no path twice"


def check_once(layers: Sequence[Made], store: Store) -> None:
    """Look at the paths of all layers, unless these layers have been looked at before.

    Raises:
        ImageError: Some are there twice, and differ.
    """
    packages = [one for one in layers if one.job.layer.kind != "files"]
    digests = "\n".join(str(one.stored.diff_id) for one in packages)
    name = f"checked-{hashlib.sha256(digests.encode()).hexdigest()}"
    if store.record(name) == _FINE:
        return
    check_owners(owned_in(one.stored.attachment) for one in packages)
    store.keep(name, _FINE)
