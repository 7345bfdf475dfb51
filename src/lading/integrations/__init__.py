"""Lading inside of other tools, by what those tools offer to be extended with.

Each module imports its tool, which is no dependency of Lading's, and nothing else of Lading does.
"""
