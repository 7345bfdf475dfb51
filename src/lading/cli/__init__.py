"""The command line: thin, over the same public interface that Python has.

What a script would read goes to stdout, all talk to stderr. Exit codes: 0 done; 1 refused, failed
or drifted; 2 the command was called wrongly; 130 interrupted.
"""

import sys

try:
    from lading.cli.main import main
except KeyboardInterrupt:  # the program's first moments, before it can say anything itself
    sys.exit(130)

__all__ = ["main"]
