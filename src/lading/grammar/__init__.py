"""One validator for each kind of word that a user may hand in.

Each is parsed once, at the call that brings it; nothing further in checks it again.
"""
