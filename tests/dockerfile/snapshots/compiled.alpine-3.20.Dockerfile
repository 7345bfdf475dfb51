# Made by Lading: changes belong in the Image that this was made from, and are lost here.
FROM docker.io/library/python:3.13-alpine3.20@sha256:1111111111111111111111111111111111111111111111111111111111111111 AS base
SHELL ["/bin/sh", "-c"]
# hadolint ignore=DL3002
USER 0

# only the wheels leave: psycopg2, below, theirs
FROM base AS wheels
# hadolint ignore=DL3018
RUN --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    { [ ! -s /run/ca-bundle.pem ] || export SSL_CERT_FILE=/run/ca-bundle.pem; } && \
    apk add --no-cache -- build-base ca-certificates git linux-headers libpq-dev openssl-dev && \
    rm -f /var/log/apk.log
ENV CFLAGS="-O2 -g"
ENV PATH="/opt/tools/bin:${PATH}"
RUN --mount=type=bind,source=uv,target=/run/uv \
    --mount=type=bind,source=ca-bundle.sh,target=/run/ca-bundle.sh \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    --mount=type=bind,source=sources/psycopg2,target=/src/psycopg2/source \
    --mount=type=bind,source=build-requirements/psycopg2,target=/src/psycopg2/requirements \
    : 'inputs 78ce340ed592c108' && \
    . /run/ca-bundle.sh && \
    export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_NO_CACHE=1 && \
    /run/uv build --wheel --out-dir /wheels --python 3.13 --build-constraints /src/psycopg2/requirements/default.txt --require-hashes /src/psycopg2/source/psycopg2-2.9.9.tar.gz
RUN --mount=type=bind,source=uv,target=/run/uv \
    --mount=type=bind,source=ca-bundle.sh,target=/run/ca-bundle.sh \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    --mount=type=bind,source=sources/below,target=/src/below/source \
    --mount=type=bind,source=build-requirements/below,target=/src/below/requirements \
    : 'inputs 06490ac3e6570525' && \
    . /run/ca-bundle.sh && \
    export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_NO_CACHE=1 && \
    mkdir -p /src/below/work && \
    tar -xf /src/below/source/below-3.0.tar.gz -C /src/below/work && \
    /run/uv build --wheel --out-dir /wheels --python 3.13 --build-constraints /src/below/requirements/default.txt --require-hashes /src/below/work/*/src/python
RUN --mount=type=bind,source=ca-bundle.sh,target=/run/ca-bundle.sh \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    . /run/ca-bundle.sh && \
    git clone --quiet -- https://git.example.test/team/theirs.git /src/theirs/work && \
    git -C /src/theirs/work checkout --quiet --detach cccccccccccccccccccccccccccccccccccccccc && \
    git -C /src/theirs/work submodule update --init --recursive --quiet
RUN --mount=type=bind,source=uv,target=/run/uv \
    --mount=type=bind,source=ca-bundle.sh,target=/run/ca-bundle.sh \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    --mount=type=bind,source=build-requirements/theirs,target=/src/theirs/requirements \
    : 'inputs 65cb17fd117daba1' && \
    . /run/ca-bundle.sh && \
    export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_NO_CACHE=1 && \
    /run/uv build --wheel --out-dir /wheels --python 3.13 --build-constraints /src/theirs/requirements/default.txt --require-hashes /src/theirs/work/python
RUN : 'inputs 9ca9959afef4345b'

FROM base

# who the container runs as: 10001:0
RUN { [ -z "$(tail -c 1 /etc/passwd)" ] || echo >>/etc/passwd; } && \
    { grep -qs -e '^lading:' -e '^[^:]*:[^:]*:10001:' /etc/passwd || printf '%s\n' lading:x:10001:0::/home/lading:/bin/sh >>/etc/passwd; } && \
    mkdir -p -- /home/lading /app && \
    chown 10001:0 -- /home/lading /app && \
    chmod g=u -- /home/lading /app
WORKDIR /app

# service.py:5 system packages libpq-dev
# hadolint ignore=DL3018
RUN --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    { [ ! -s /run/ca-bundle.pem ] || export SSL_CERT_FILE=/run/ca-bundle.pem; } && \
    apk add --no-cache -- libpq-dev && \
    rm -f /var/log/apk.log

# service.py:8, service.py:9 Python packages
RUN --mount=type=bind,source=uv,target=/run/uv \
    --mount=type=bind,source=requirements.txt,target=/run/requirements.txt \
    --mount=type=bind,from=wheels,source=/wheels,target=/srv \
    --mount=type=cache,id=lading-uv-amd64,target=/mnt,sharing=locked \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    : 'inputs 2a9004324af7c8ce' && \
    { [ ! -s /run/ca-bundle.pem ] || export SSL_CERT_FILE=/run/ca-bundle.pem; } && \
    export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_CACHE_DIR=/mnt && \
    /run/uv venv --python 3.13 /opt/venv && \
    grep -E '^(home|include-system-site-packages) = ' /opt/venv/pyvenv.cfg >/opt/venv/kept && \
    mv /opt/venv/kept /opt/venv/pyvenv.cfg && \
    rm -f /opt/venv/.gitignore /opt/venv/CACHEDIR.TAG /opt/venv/bin/*activate* /opt/venv/bin/pydoc.bat /opt/venv/lib/python3.13/site-packages/_virtualenv.* && \
    export PYC_INVALIDATION_MODE=UNCHECKED_HASH && \
    /run/uv pip install --python /opt/venv --compile-bytecode --no-deps --only-binary :all: --require-hashes -r /run/requirements.txt && \
    /run/uv pip install --python /opt/venv --compile-bytecode --no-cache --no-deps --no-index --find-links /srv psycopg2==2.9.9 below==3.0 theirs==2.0 && \
    rm -f /opt/venv/.lock
ENV PATH="/opt/venv/bin:${PATH}"

# service.py:7 env
ENV CFLAGS="-O2 -g"
ENV PATH="/opt/tools/bin:${PATH}"

ENV HOME=/home/lading \
    USER=lading
LABEL org.opencontainers.image.base.digest=sha256:2222222222222222222222222222222222222222222222222222222222222222 \
    org.opencontainers.image.base.name=docker.io/library/python:3.13-alpine3.20
USER 10001:0
CMD ["python", "-m", "theirs"]
