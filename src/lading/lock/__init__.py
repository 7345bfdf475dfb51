"""From what is wanted to every version, digest and hash: resolving, the lock file, and checking it."""
