"""The command line: thin, over the same public interface that Python has.

What a script would read goes to stdout, all talk to stderr. Exit codes: 0 done; 1 refused, failed
or drifted; 2 the command was called wrongly; 130 interrupted.
"""

from lading.cli.main import main

__all__ = ["main"]
