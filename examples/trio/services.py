"""Three services of one project, and their images: each begins with what they share.

What is served is named in words, so that nothing of it is imported here, and it imports no Lading.
"""

import lading

base = lading.Image(base_image="scratch", distro="debian:trixie", python_version="3.13").env(
    PYTHONUNBUFFERED="1"
)
on_cpu = base.python_packages("numpy>=2")

classifier = lading.service(
    image=on_cpu.python_packages("fastapi>=0.115", "uvicorn>=0.30"),
    health="/healthz",
    include=["classifier.py", "topics.py", "topics.json"],
    name="classifier",
)("classifier:app")

worker = lading.service(
    image=on_cpu.volume("/jobs"),
    include=["worker.py", "topics.py", "topics.json"],
    env={"JOBS": "/jobs"},
    name="worker",
)("worker:main")

writer = lading.service(
    image=base.python_packages("torch==2.9.1", "transformers==4.57.3", "accelerate==1.12.0")
    .python_packages("fastapi>=0.115", "uvicorn>=0.30")
    .volume("/models"),
    health="/healthz",
    include=["writer.py"],
    env={"HF_HOME": "/models", "NVIDIA_VISIBLE_DEVICES": "all"},
    name="writer",
)("writer:app")
