# Made by Lading: changes belong in the Image that this was made from, and are lost here.
FROM docker.io/library/ubuntu:noble@sha256:1111111111111111111111111111111111111111111111111111111111111111 AS base
SHELL ["/bin/sh", "-c"]
# hadolint ignore=DL3002
USER 0

# Python 3.12, where the base has none
RUN --mount=type=bind,source=apt/interpreter.versions,target=/run/apt.versions \
    --mount=type=bind,source=apt/interpreter.sha256,target=/run/apt.sha256 \
    --mount=type=cache,id=lading-apt-ubuntu-24.04-amd64,target=/var/cache/apt,sharing=locked \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    : 'inputs fbf847533b8afda0' && \
    export DEBIAN_FRONTEND=noninteractive && \
    set -- -o APT::Update::Error-Mode=any -o Acquire::Languages=none -o Dir::Cache::archives=/var/cache/apt/lading -o Dir::State::Lists=/var/cache/apt/lists -o APT::Keep-Downloaded-Packages=true && \
    { [ ! -s /run/ca-bundle.pem ] || set -- "$@" -o Acquire::https::CAInfo=/run/ca-bundle.pem -o APT::Sandbox::User=root; } && \
    mkdir -p /var/cache/apt/lading/partial /var/cache/apt/lists/partial && \
    apt-get "$@" update && \
    xargs -a /run/apt.versions apt-get "$@" install --yes --no-install-recommends --no-remove --allow-downgrades --download-only -- && \
    env -C /var/cache/apt/lading sha256sum --check --strict --quiet /run/apt.sha256 && \
    xargs -a /run/apt.versions apt-get "$@" install --yes --no-install-recommends --no-remove --allow-downgrades --no-download -- && \
    rm -rf /var/lib/apt/lists/* /var/log/apt/* /var/log/dpkg.log /var/log/alternatives.log /var/cache/debconf/*-old /var/lib/dpkg/*-old /var/cache/ldconfig/aux-cache

# only the wheels leave: theirs
FROM base AS wheels
# hadolint ignore=DL3008
RUN --mount=type=cache,id=lading-apt-ubuntu-24.04-amd64,target=/var/cache/apt,sharing=locked \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    export DEBIAN_FRONTEND=noninteractive && \
    set -- -o APT::Update::Error-Mode=any -o Acquire::Languages=none -o Dir::Cache::archives=/var/cache/apt/lading -o Dir::State::Lists=/var/cache/apt/lists -o APT::Keep-Downloaded-Packages=true && \
    { [ ! -s /run/ca-bundle.pem ] || set -- "$@" -o Acquire::https::CAInfo=/run/ca-bundle.pem -o APT::Sandbox::User=root; } && \
    mkdir -p /var/cache/apt/lading/partial /var/cache/apt/lists/partial && \
    apt-get "$@" update && \
    apt-get "$@" install --yes --no-install-recommends -- build-essential ca-certificates git python3.12-dev && \
    rm -rf /var/lib/apt/lists/* /var/log/apt/* /var/log/dpkg.log /var/log/alternatives.log /var/cache/debconf/*-old /var/lib/dpkg/*-old /var/cache/ldconfig/aux-cache
RUN --mount=type=bind,source=ca-bundle.sh,target=/run/ca-bundle.sh \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    . /run/ca-bundle.sh && \
    git clone --quiet -- https://git.example.test/team/theirs /src/theirs/work && \
    { git -C /src/theirs/work checkout --quiet --detach origin/main || git -C /src/theirs/work checkout --quiet --detach main; } && \
    git -C /src/theirs/work submodule update --init --recursive --quiet
RUN --mount=type=bind,source=uv,target=/run/uv \
    --mount=type=bind,source=ca-bundle.sh,target=/run/ca-bundle.sh \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    : 'inputs e903bd5f9930d61a' && \
    . /run/ca-bundle.sh && \
    export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_NO_CACHE=1 && \
    /run/uv build --wheel --out-dir /wheels --python 3.12 --index team=https://packages.example.test/simple /src/theirs/work && \
    for wheel in /wheels/*.whl; do wheel=${wheel##*/}; echo "${wheel%%-*} @ file:///srv/$wheel"; done >/wheels/constraints.txt
RUN : 'inputs 50d81b8ce40a994c'

FROM base

# who the container runs as: 10001:0
RUN { [ -z "$(tail -c 1 /etc/passwd)" ] || echo >>/etc/passwd; } && \
    { grep -qs -e '^lading:' -e '^[^:]*:[^:]*:10001:' /etc/passwd || printf '%s\n' lading:x:10001:0::/home/lading:/bin/sh >>/etc/passwd; } && \
    mkdir -p -- /home/lading /app && \
    chown 10001:0 -- /home/lading /app && \
    chmod g=u -- /home/lading /app
WORKDIR /app

# service.py:6, service.py:7 Python packages
RUN --mount=type=bind,source=uv,target=/run/uv \
    --mount=type=bind,source=requirements.txt,target=/run/requirements.txt \
    --mount=type=bind,source=wheels/1,target=/media \
    --mount=type=bind,from=wheels,source=/wheels,target=/srv \
    --mount=type=cache,id=lading-uv-unlocked-amd64,target=/mnt,sharing=locked \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    : 'inputs 424f05d649d00bd5' && \
    { [ ! -s /run/ca-bundle.pem ] || export SSL_CERT_FILE=/run/ca-bundle.pem; } && \
    export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_CACHE_DIR=/mnt && \
    /run/uv venv --python 3.12 /opt/venv && \
    grep -E '^(home|include-system-site-packages) = ' /opt/venv/pyvenv.cfg >/opt/venv/kept && \
    mv /opt/venv/kept /opt/venv/pyvenv.cfg && \
    rm -f /opt/venv/.gitignore /opt/venv/CACHEDIR.TAG /opt/venv/bin/*activate* /opt/venv/bin/pydoc.bat /opt/venv/lib/python3.12/site-packages/_virtualenv.* && \
    /run/uv pip install --python /opt/venv --only-binary :all: --index team=https://packages.example.test/simple --find-links /media --constraints /srv/constraints.txt --refresh-package ours --refresh-package theirs -r /run/requirements.txt && \
    rm -f /opt/venv/.lock
ENV PATH="/opt/venv/bin:${PATH}"

ENV HOME=/home/lading \
    USER=lading
LABEL org.opencontainers.image.base.digest=sha256:2222222222222222222222222222222222222222222222222222222222222222 \
    org.opencontainers.image.base.name=docker.io/library/ubuntu:noble
USER 10001:0
