# Made by Lading: changes belong in the Image that this was made from, and are lost here.
FROM scratch AS base
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# a base of debian:trixie's packages, unpacked and configured
ADD base/packages-e48bea655eedefa2.tar.gz /

# only the wheels leave: psycopg2
FROM base AS wheels
ADD base/tools-9abab5162716c8ea.tar.gz /
RUN --mount=type=bind,source=uv,target=/run/uv \
    --mount=type=bind,source=ca-bundle.sh,target=/run/ca-bundle.sh \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    --mount=type=bind,source=sources/psycopg2,target=/src/psycopg2/source \
    --mount=type=bind,source=build-requirements/psycopg2,target=/src/psycopg2/requirements \
    : 'inputs 78ce340ed592c108' && \
    . /run/ca-bundle.sh && \
    export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_NO_CACHE=1 && \
    /run/uv build --wheel --out-dir /wheels --python 3.13 --build-constraints /src/psycopg2/requirements/default.txt --require-hashes /src/psycopg2/source/psycopg2-2.9.9.tar.gz
RUN : 'inputs 219eaeb427b5295d'

FROM base AS image

# who the container runs as: 10001:0
ADD base/folders-141a9b47eb244f67.tar.gz /
WORKDIR /app

# only this leaves: /opt/venv
FROM image AS installed
ADD base/tools-9abab5162716c8ea.tar.gz /
RUN --mount=type=bind,source=uv,target=/run/uv \
    --mount=type=bind,source=requirements.txt,target=/run/requirements.txt \
    --mount=type=bind,from=wheels,source=/wheels,target=/srv \
    --mount=type=cache,id=lading-uv-amd64,target=/mnt,sharing=locked \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    : 'inputs c5f38c2c7d7d2602' && \
    { [ ! -s /run/ca-bundle.pem ] || export SSL_CERT_FILE=/run/ca-bundle.pem; } && \
    export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_CACHE_DIR=/mnt && \
    /run/uv venv --python 3.13 /opt/venv && \
    grep -E '^(home|include-system-site-packages) = ' /opt/venv/pyvenv.cfg >/opt/venv/kept && \
    mv /opt/venv/kept /opt/venv/pyvenv.cfg && \
    rm -f /opt/venv/.gitignore /opt/venv/CACHEDIR.TAG /opt/venv/bin/*activate* /opt/venv/bin/pydoc.bat /opt/venv/lib/python3.13/site-packages/_virtualenv.* && \
    export PYC_INVALIDATION_MODE=UNCHECKED_HASH && \
    /run/uv pip install --python /opt/venv --compile-bytecode --no-deps --only-binary :all: --require-hashes -r /run/requirements.txt && \
    /run/uv pip install --python /opt/venv --compile-bytecode --no-cache --no-deps --no-index --find-links /srv psycopg2==2.9.9 && \
    rm -f /opt/venv/.lock

FROM image AS image-2

# service.py:6 Python packages
COPY --from=installed /opt/venv/ /opt/venv/
ENV PATH="/opt/venv/bin:${PATH}"

# only the wheels leave: fast
FROM image-2 AS wheels-2
ADD base/tools-9abab5162716c8ea.tar.gz /
RUN --mount=type=bind,source=uv,target=/run/uv \
    --mount=type=bind,source=ca-bundle.sh,target=/run/ca-bundle.sh \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    --mount=type=bind,source=sources/fast,target=/src/fast/source \
    --mount=type=bind,source=build-requirements/fast,target=/src/fast/requirements \
    : 'inputs 735f7a9bb3462ed7' && \
    . /run/ca-bundle.sh && \
    export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_NO_CACHE=1 && \
    /run/uv pip install --python /opt/venv --no-deps --only-binary :all: --require-hashes -r /src/fast/requirements/default.txt && \
    /run/uv build --wheel --out-dir /wheels --python /opt/venv --no-build-isolation --no-index /src/fast/source/fast-1.0.tar.gz
RUN : 'inputs 219eaeb427b5295d'

# only this leaves: /opt/venv
FROM image-2 AS installed-2
ADD base/tools-9abab5162716c8ea.tar.gz /
RUN --mount=type=bind,source=uv,target=/run/uv \
    --mount=type=bind,from=wheels-2,source=/wheels,target=/srv \
    --mount=type=cache,id=lading-uv-amd64,target=/mnt,sharing=locked \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    : 'inputs c5f38c2c7d7d2602' && \
    { [ ! -s /run/ca-bundle.pem ] || export SSL_CERT_FILE=/run/ca-bundle.pem; } && \
    export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_CACHE_DIR=/mnt && \
    export PYC_INVALIDATION_MODE=UNCHECKED_HASH && \
    /run/uv pip install --python /opt/venv --compile-bytecode --no-cache --no-deps --no-index --find-links /srv fast==1.0 && \
    rm -f /opt/venv/.lock

FROM image-2

# fast: compiled for what is there
COPY --from=installed-2 /opt/venv/ /opt/venv/

ENV HOME=/home/lading \
    USER=lading
USER 10001:0
