"""Accelerators, by the names of the builds of PyTorch that run on them."""

from __future__ import annotations

from lading.grammar.invalid import Invalid
from lading.grammar.nearest import did_you_mean
from lading.grammar.words import expect_text, shown

__all__ = ["ACCELERATORS", "parse_accelerator"]

# The builds that uv 0.13 knows an index of PyTorch for (2026-11).
_CUDA = (
    *("cu80", "cu90", "cu91", "cu92", "cu100", "cu101", "cu102", "cu110", "cu111", "cu112"),
    *("cu113", "cu114", "cu115", "cu116", "cu117", "cu118", "cu120", "cu121", "cu122", "cu123"),
    *("cu124", "cu125", "cu126", "cu128", "cu129", "cu130", "cu132"),
)
_ROCM = (
    *("rocm4.0.1", "rocm4.1", "rocm4.2", "rocm5.1.1", "rocm5.2", "rocm5.3", "rocm5.4"),
    *("rocm5.4.2", "rocm5.5", "rocm5.6", "rocm5.7", "rocm6.0", "rocm6.1", "rocm6.2"),
    *("rocm6.2.4", "rocm6.3", "rocm6.4", "rocm7.0", "rocm7.1", "rocm7.2"),
)

ACCELERATORS = ("cpu", *_CUDA, *_ROCM, "xpu")
"""Every accelerator that PyTorch's own indexes have builds for."""


def parse_accelerator(text: str) -> str:
    """`text`, such as `cpu` or `cu126`, which names the index that PyTorch's packages come from.

    Raises:
        Invalid: There are no builds for it.
    """
    expect_text("accelerator", text)
    if text not in ACCELERATORS:
        known = "cpu, cu118 to cu132, rocm6.3 to rocm7.2, xpu"
        hint = did_you_mean(text, ACCELERATORS) or f'such as accelerator="cpu"; there are {known}'
        raise Invalid(f"accelerator {shown(text)} is unknown", hint=hint)
    return text
