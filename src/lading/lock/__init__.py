"""From what is wanted to every version, digest and hash: the lock, its file, and its check."""
