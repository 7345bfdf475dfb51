# Made by Lading: changes belong in the Image that this was made from, and are lost here.
FROM docker.io/library/python:3.13-slim-bookworm@sha256:1111111111111111111111111111111111111111111111111111111111111111 AS base
SHELL ["/bin/sh", "-c"]
# hadolint ignore=DL3002
USER 0

# who the container runs as: 10001:0
RUN { [ -z "$(tail -c 1 /etc/passwd)" ] || echo >>/etc/passwd; } && \
    { grep -qs -e '^lading:' -e '^[^:]*:[^:]*:10001:' /etc/passwd || printf '%s\n' lading:x:10001:0::/home/lading:/bin/sh >>/etc/passwd; } && \
    mkdir -p -- /home/lading /app && \
    chown 10001:0 -- /home/lading /app && \
    chmod g=u -- /home/lading /app
WORKDIR /app

# only this leaves: /opt/venv
FROM base AS installed
COPY uv /run/uv
COPY requirements.txt /run/requirements.txt
COPY wheels/1 /media
RUN export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_NO_CACHE=1 && \
    /run/uv venv --python 3.13 /opt/venv && \
    grep -E '^(home|include-system-site-packages) = ' /opt/venv/pyvenv.cfg >/opt/venv/kept && \
    mv /opt/venv/kept /opt/venv/pyvenv.cfg && \
    rm -f /opt/venv/.gitignore /opt/venv/CACHEDIR.TAG /opt/venv/bin/*activate* /opt/venv/bin/pydoc.bat /opt/venv/lib/python3.13/site-packages/_virtualenv.* && \
    export PYC_INVALIDATION_MODE=UNCHECKED_HASH && \
    /run/uv pip install --python /opt/venv --compile-bytecode --only-binary :all: --find-links /media --refresh-package ours -r /run/requirements.txt && \
    rm -f /opt/venv/.lock

FROM base AS image

# service.py:5 Python packages
COPY --from=installed /opt/venv/ /opt/venv/
ENV PATH="/opt/venv/bin:${PATH}"

# service.py:6 run
RUN python -c 'import fastapi'

# only this leaves: /opt/venv
FROM image AS installed-2
COPY uv /run/uv
COPY requirements-2.txt /run/requirements.txt
RUN export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_NO_CACHE=1 && \
    export PYC_INVALIDATION_MODE=UNCHECKED_HASH && \
    /run/uv pip install --python /opt/venv --compile-bytecode --only-binary :all: -r /run/requirements.txt && \
    rm -f /opt/venv/.lock

FROM image

# service.py:7 Python packages
RUN rm -rf /opt/venv
COPY --from=installed-2 /opt/venv/ /opt/venv/

ENV HOME=/home/lading \
    USER=lading
LABEL org.opencontainers.image.base.digest=sha256:2222222222222222222222222222222222222222222222222222222222222222 \
    org.opencontainers.image.base.name=docker.io/library/python:3.13-slim-bookworm
USER 10001:0
