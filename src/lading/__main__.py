"""`python -m lading`."""

from __future__ import annotations

from lading.cli import main

if __name__ == "__main__":
    main()
