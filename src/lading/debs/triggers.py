"""What triggers do once, after all packages are configured: deb-triggers(5).

Of the triggers that packages are interested in, these make something that an image needs:

- `ldconfig` (libc-bin): the dynamic linker's cache.
- `update-ca-certificates-java` (ca-certificates-java): Java's own file of certificates.

All others are harmless left out: manual pages, icons, menus, MIME types, fonts, GSettings and
gdk-pixbuf (caches for desktops, of which scripts tell what is left out), systemd, udev and
initramfs (an image has none), `update-ca-certificates` (done by that package's script before).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.debs.java import write_java_certificates
from lading.debs.ldcache import write_cache

if TYPE_CHECKING:
    from collections.abc import Container

    from lading.debs.root import Root

__all__ = ["run_triggers"]


def run_triggers(root: Root, packages: Container[str]) -> None:
    """Make what triggers make.

    Args:
        root: The image.
        packages: The names of what is installed.

    Raises:
        Broken: What they read can't be read.
    """
    if root.leads_to("usr/sbin/ldconfig") or root.leads_to("etc/ld.so.cache"):
        write_cache(root)
    if "ca-certificates-java" in packages:
        write_java_certificates(root)
