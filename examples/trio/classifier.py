"""Answers over HTTP what tickets are about."""

from fastapi import FastAPI
from topics import topic_of

app = FastAPI(title="classifier")


@app.get("/healthz")
def healthz() -> dict[str, str]:
    """Whether it is well."""
    return {"status": "ok"}


@app.post("/classify")
def classify(tickets: list[str]) -> dict[str, list[str]]:
    """The topic of each ticket."""
    return {"topics": [topic_of(ticket) for ticket in tickets]}
