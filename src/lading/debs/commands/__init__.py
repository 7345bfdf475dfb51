"""What commands of maintainer scripts do to an image, each done natively."""

from __future__ import annotations

from lading.debs.commands.context import Context
from lading.debs.commands.table import commands_of

__all__ = ["Context", "commands_of"]
