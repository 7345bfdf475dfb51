"""Takes jobs out of a folder, and puts what came of them beside it; it listens on no port."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from threading import Event

from topics import topic_of

SECONDS = 0.2


def main() -> None:
    """Work until SIGTERM; a job that is under way is finished."""
    stopping = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    jobs = Path(os.environ["JOBS"])
    print(f"waiting for jobs in {jobs}")
    while not stopping.wait(SECONDS):
        for job in sorted(jobs.glob("*.job")):
            work(job)
    print("stopped")


def work(job: Path) -> None:
    """Do one job: a ticket a line. Its result is there whole or not at all."""
    topics = [topic_of(ticket) for ticket in job.read_text(errors="replace").splitlines()]
    part = job.with_suffix(".part")
    part.write_text(json.dumps({"topics": topics}))
    part.rename(job.with_suffix(".done"))
    job.unlink()
    print(f"{job.name}: {len(topics)} tickets")
