"""What an image is and why: shown as it is written, compared with another, explained by parts.

Reports are frozen values, made by functions that print nothing; the command line renders them.
"""

from __future__ import annotations
