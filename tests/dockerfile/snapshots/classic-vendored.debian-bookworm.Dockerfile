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

# service.py:5 system packages libgomp1
COPY debs /lading-debs
# hadolint ignore=DL3008
RUN export DEBIAN_FRONTEND=noninteractive && \
    printf '%s\n' 'deb [trusted=yes] file:/lading-debs ./' >/run/lading-apt.list && \
    set -- -o APT::Update::Error-Mode=any -o Acquire::Languages=none -o Dir::Etc::sourcelist=/run/lading-apt.list -o Dir::Etc::sourceparts=/dev/null -o APT::Sandbox::User=root && \
    apt-get "$@" update && \
    apt-get "$@" install --yes --no-install-recommends --no-remove -- libgomp1 && \
    rm -rf /var/cache/apt/archives/*.deb /var/cache/apt/*.bin /var/lib/apt/lists/* /var/log/apt/* /var/log/dpkg.log /var/log/alternatives.log /var/cache/debconf/*-old /var/lib/dpkg/*-old /var/cache/ldconfig/aux-cache /run/lading-apt.list && \
    rm -rf /lading-debs

# only this leaves: /opt/venv
FROM base AS installed
COPY uv /run/uv
COPY requirements.files.txt /run/requirements.files.txt
COPY wheels/1 /media
RUN export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_NO_CACHE=1 UV_OFFLINE=1 && \
    /run/uv venv --python 3.13 /opt/venv && \
    grep -E '^(home|include-system-site-packages) = ' /opt/venv/pyvenv.cfg >/opt/venv/kept && \
    mv /opt/venv/kept /opt/venv/pyvenv.cfg && \
    rm -f /opt/venv/.gitignore /opt/venv/CACHEDIR.TAG /opt/venv/bin/*activate* /opt/venv/bin/pydoc.bat /opt/venv/lib/python3.13/site-packages/_virtualenv.* && \
    export PYC_INVALIDATION_MODE=UNCHECKED_HASH && \
    /run/uv pip install --python /opt/venv --compile-bytecode --no-deps --only-binary :all: --require-hashes --no-index --find-links /media -r /run/requirements.files.txt && \
    rm -f /opt/venv/.lock

FROM base AS image

# service.py:6 Python packages
COPY --from=installed /opt/venv/ /opt/venv/
ENV PATH="/opt/venv/bin:${PATH}"

# only the wheels leave: fast
FROM image AS wheels
COPY debs /lading-debs
# hadolint ignore=DL3008
RUN export DEBIAN_FRONTEND=noninteractive && \
    printf '%s\n' 'deb [trusted=yes] file:/lading-debs ./' >/run/lading-apt.list && \
    set -- -o APT::Update::Error-Mode=any -o Acquire::Languages=none -o Dir::Etc::sourcelist=/run/lading-apt.list -o Dir::Etc::sourceparts=/dev/null -o APT::Sandbox::User=root && \
    apt-get "$@" update && \
    apt-get "$@" install --yes --no-install-recommends --no-remove -- build-essential ca-certificates && \
    rm -rf /var/cache/apt/archives/*.deb /var/cache/apt/*.bin /var/lib/apt/lists/* /var/log/apt/* /var/log/dpkg.log /var/log/alternatives.log /var/cache/debconf/*-old /var/lib/dpkg/*-old /var/cache/ldconfig/aux-cache /run/lading-apt.list
COPY uv /run/uv
COPY sources/fast /src/fast/source
COPY build-requirements/fast /src/fast/requirements
COPY build-wheels/fast /src/fast/wheels
RUN export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_NO_CACHE=1 UV_OFFLINE=1 && \
    /run/uv pip install --python /opt/venv --no-deps --only-binary :all: --require-hashes --no-index --find-links /src/fast/wheels -r /src/fast/requirements/files.txt && \
    /run/uv build --wheel --out-dir /wheels --python /opt/venv --no-build-isolation --no-index /src/fast/source/fast-1.0.tar.gz

# only this leaves: /opt/venv
FROM image AS installed-2
COPY uv /run/uv
COPY --from=wheels /wheels /srv
RUN export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_NO_CACHE=1 UV_OFFLINE=1 && \
    export PYC_INVALIDATION_MODE=UNCHECKED_HASH && \
    /run/uv pip install --python /opt/venv --compile-bytecode --no-cache --no-deps --no-index --find-links /srv fast==1.0 && \
    rm -f /opt/venv/.lock

FROM image

# fast: compiled for what is there
COPY --from=installed-2 /opt/venv/ /opt/venv/

ENV HOME=/home/lading \
    USER=lading
LABEL org.opencontainers.image.base.digest=sha256:2222222222222222222222222222222222222222222222222222222222222222 \
    org.opencontainers.image.base.name=docker.io/library/python:3.13-slim-bookworm
USER 10001:0
