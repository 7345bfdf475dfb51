"""BentoML's own: its bentos, written with a frozen image, and its project files, read.

Nothing here imports BentoML: `lading.integrations.bentoml` does, and it alone.
"""
