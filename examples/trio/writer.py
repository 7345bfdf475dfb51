"""Writes answers with a language model on a GPU, whose weights are in a volume."""

from __future__ import annotations

import os

from fastapi import FastAPI
from transformers import pipeline

MODEL = os.environ.get("MODEL", "Qwen/Qwen2.5-0.5B-Instruct")

app = FastAPI(title="writer")
writing = pipeline("text-generation", model=MODEL, device_map="auto")


@app.get("/healthz")
def healthz() -> dict[str, str]:
    """Whether it is well: it answers once the model is loaded."""
    return {"status": "ok"}


@app.post("/write")
def write(prompt: str, tokens: int = 64) -> dict[str, str]:
    """What follows a prompt."""
    return {"text": writing(prompt, max_new_tokens=tokens)[0]["generated_text"]}
