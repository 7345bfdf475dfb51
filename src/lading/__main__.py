"""`python -m lading`."""

from __future__ import annotations

if __name__ == "__main__":
    from lading.cli import main

    main()
