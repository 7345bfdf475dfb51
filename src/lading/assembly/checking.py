"""A look at all layers together: none may hide what is in another, unless COPY would do so."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from lading.assembly.packages import check_files, check_owners, owned_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lading.assembly.making import Made
    from lading.store import Store

__all__ = ["check_once"]

_FINE: Final = b"no path twice"


def check_once(layers: Sequence[Made], store: Store) -> None:
    """Look at the paths of all layers, unless the same have been looked at before.

    Of the project's files only the paths count, so that another content takes no other look.

    Raises:
        ImageError: Two packages have a path, and differ; or something is a file and a folder.
    """
    packages = [one for one in layers if not one.job.layer.is_copied]
    files = {path: at for one in layers for path, at in one.job.files.items()}
    name = f"checked-2-{_known_by((str(one.stored.diff_id) for one in packages), files)}"
    if store.record(name) == _FINE:
        return
    owned = [owned_in(one.stored.attachment) for one in packages]
    check_owners(owned)
    check_files(files, owned)
    store.keep(name, _FINE)


def _known_by(digests: Iterable[str], files: Iterable[str]) -> str:
    words = "\n".join((*digests, "", *sorted(files)))
    return hashlib.sha256(words.encode(errors="surrogatepass")).hexdigest()
