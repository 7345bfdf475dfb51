"""Starts what an image brings."""


def main() -> None:
    """Nothing, in a test."""
