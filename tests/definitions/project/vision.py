"""What is in a picture."""

import lading
from lading import Image

yolo_image = (
    Image(python_version="3.11", distro="debian:bookworm")
    .system_packages("libgl1", "libglib2.0-0")
    .python_packages("ultralytics==8.3.151", "opencv-python==4.11.0.86")
)


@lading.service(
    image=yolo_image,
    command=["python", "-m", "detect"],
    port=3000,
    health="/healthz",
    include=["prompts.json"],
)
class Yolo:
    """Boxes around things."""


yolo_on_cpu = (
    Image(accelerator="cpu", python_version="3.11")
    .system_packages("auto")
    .python_packages("ultralytics==8.3.151")
)

# What `cv2` needs of the system, which nobody has named.
yolo_of_onnx = Image(base_image="scratch", distro="debian:bookworm").python_packages(
    "opencv-python==4.11.0.86", "onnxruntime==1.22.0", "numpy==2.2.6"
)

clip = Image(base_image="scratch", distro="debian:bookworm").python_packages(
    "open-clip-torch==2.32.0", "pillow==11.2.1"
)

easyocr = (
    Image(python_version="3.12")
    .system_packages(debian=["libgl1", "libglib2.0-0"])
    .python_packages("easyocr==1.7.2")
)

paddleocr = (
    Image(python_version="3.11")
    .system_packages("libgomp1", "libgl1", "libglib2.0-0")
    .python_packages("paddlepaddle==2.6.2", "paddleocr==2.10.0")
)

tesseract = (
    Image(base_image="scratch", distro="debian:trixie")
    .system_packages("tesseract-ocr", "poppler-utils")
    .python_packages("pytesseract==0.3.13", "pdf2image==1.17.0")
)
