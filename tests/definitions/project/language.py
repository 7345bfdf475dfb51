"""Texts: to understand, to find and to embed."""

import lading
from lading import Image, secret

spacy = Image(
    base_image="scratch", distro="debian:bookworm", python_version="3.11"
).python_packages("spacy==3.8.7", "./models/en_core_web_sm-3.8.0-py3-none-any.whl")

sentence_transformers = (
    Image(python_version="3.11")
    .python_packages("sentence-transformers==4.1.0")
    .env(SENTENCE_TRANSFORMERS_HOME="/models")
)


@lading.service(
    image=sentence_transformers,
    command=["python", "-m", "embed"],
    port=3000,
    health="/readyz",
    include=["prompts.json"],
)
class Embeddings:
    """Vectors of sentences."""


rag_langchain = (
    Image(base_image="scratch", distro="debian:bookworm", python_version="3.11")
    .python_packages("langchain==0.3.25", "langchain-community==0.3.25", "chromadb==1.0.12")
    .python_packages("pypdf==5.6.0", "rank-bm25==0.2.2")
)

rag_llama_index = Image(python_version="3.12").python_packages(
    "llama-index==0.12.41", "llama-index-vector-stores-faiss==0.4.0", "faiss-cpu==1.11.0"
)

# Of an index behind a password, which nobody has here.
private = (
    Image(python_version="3.12")
    .index(
        "https://pypi.corp.example/simple",
        name="corp",
        packages=["corp-embeddings"],
        secret=secret("CORP_TOKEN", variable="CORP_TOKEN"),
    )
    .python_packages("corp-embeddings==1.4.0", "sentence-transformers==4.1.0")
)
