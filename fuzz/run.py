"""Runs the targets of fuzzing, each for FUZZ_SECONDS (60): `make fuzz`.

With atheris installed and `--engine atheris`, coverage guides what is tried; else hypothesis does
with a new seed again and again. What fails is shown as small as it can be made, and ends the run
with 1: it becomes a test of its own.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "fuzz"), str(ROOT / "tests"), str(ROOT / "src")]

EXAMPLES = 2_000
PHASES = (Phase.explicit, Phase.generate, Phase.target, Phase.shrink)


def by_hypothesis(name: str, target: Any, seconds: float) -> bool:  # noqa: ANN401 - imported later
    """Whether the target held for that long."""
    deadline = time.monotonic() + seconds
    number, start = 0, time.time_ns()
    while time.monotonic() < deadline:
        many = settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            phases=PHASES,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        )
        try:
            seed(start + number)(many(target.test()))()
        except Exception:  # noqa: BLE001 - whatever it is, it is what is looked for
            traceback.print_exc()
            print(f"{name}: seed {start + number} fails", file=sys.stderr)
            return False
        number += 1
    print(f"{name}: {number * EXAMPLES} examples in {seconds:.0f} s")
    return True


def by_atheris(name: str, seconds: float) -> None:
    """Runs the target until it fails or the time is over, and ends the process."""
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["lading"]):
        target = importlib.import_module("targets").TARGETS[name]
    words = [name, f"-max_total_time={seconds:.0f}", "-max_len=4096", "-artifact_prefix=.fuzz-"]
    atheris.Setup(words, target.test().hypothesis.fuzz_one_input)
    atheris.Fuzz()


def main() -> int:
    """Runs what it is told to."""
    parser = argparse.ArgumentParser(description="fuzz the readers and the serializer")
    parser.add_argument("targets", nargs="*", help="which; all where left out")
    parser.add_argument("--engine", choices=["hypothesis", "atheris"], default="hypothesis")
    seconds = float(os.environ.get("FUZZ_SECONDS") or 60)
    parser.add_argument("--seconds", type=float, default=seconds, help="for each target")
    options = parser.parse_args()
    if options.engine == "atheris":
        if len(options.targets) != 1:
            parser.error("atheris runs one target at a time")
        by_atheris(options.targets[0], options.seconds)
        return 0
    targets = importlib.import_module("targets").TARGETS
    unknown = set(options.targets) - set(targets)
    if unknown:
        parser.error(f"no target is called {', '.join(sorted(unknown))}")
    chosen = options.targets or list(targets)
    held = [by_hypothesis(name, targets[name], options.seconds) for name in chosen]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
