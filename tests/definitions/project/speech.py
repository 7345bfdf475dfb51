"""Speech to text, and back."""

import lading
from lading import Image

faster_whisper = (
    Image(base_image="scratch", distro="debian:trixie", python_version="3.13")
    .python_packages("faster-whisper==1.1.1", "fastapi==0.115.12", "uvicorn==0.34.3")
    .python_packages("python-multipart==0.0.20")
    .expose(8000)
    .cmd("uvicorn", "listen:app", "--host", "0.0.0.0")
)

whisper = (
    Image(python_version="3.11", distro="debian:bookworm")
    .system_packages("ffmpeg")
    .python_packages("openai-whisper==20250625", no_binary=["openai-whisper"])
)

whisperx = lading.service(
    image=Image(python_version="3.12")
    .system_packages("ffmpeg", "libsndfile1")
    .python_packages("whisperx==3.4.2")
    .label({"org.opencontainers.image.title": "whisperx"}),
    command=["python", "-m", "transcribe"],
    include=["prompts.json"],
)("launcher:main")

text_to_speech = (
    Image(python_version="3.11")
    .system_packages("espeak-ng", "libsndfile1")
    .requirements_file("requirements/speech.txt")
)
