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

# service.py:4 system packages curl
COPY apt/1.versions /run/apt.versions
COPY apt/1.sha256 /run/apt.sha256
COPY apt/debian.gpg /run/apt.debian.gpg
RUN export DEBIAN_FRONTEND=noninteractive && \
    printf '%s\n' 'deb [signed-by=/run/apt.debian.gpg] https://mirror.example.test/debian bookworm main non-free' 'deb [signed-by=/run/apt.debian.gpg] https://mirror.example.test/debian bookworm-updates main non-free' 'deb [trusted=yes] https://mirror.example.test/debian-security bookworm-security main non-free' >/run/lading-apt.list && \
    set -- -o APT::Update::Error-Mode=any -o Acquire::Languages=none -o Dir::Etc::sourcelist=/run/lading-apt.list -o Dir::Etc::sourceparts=/dev/null && \
    { [ ! -s /run/ca-bundle.pem ] || set -- "$@" -o Acquire::https::CAInfo=/run/ca-bundle.pem -o APT::Sandbox::User=root; } && \
    apt-get "$@" update && \
    xargs -a /run/apt.versions apt-get "$@" install --yes --no-install-recommends --no-remove --allow-downgrades --download-only -- && \
    env -C /var/cache/apt/archives sha256sum --check --strict --quiet /run/apt.sha256 && \
    xargs -a /run/apt.versions apt-get "$@" install --yes --no-install-recommends --no-remove --allow-downgrades --no-download -- && \
    rm -rf /var/cache/apt/archives/*.deb /var/cache/apt/*.bin /var/lib/apt/lists/* /var/log/apt/* /var/log/dpkg.log /var/log/alternatives.log /var/cache/debconf/*-old /var/lib/dpkg/*-old /var/cache/ldconfig/aux-cache /run/lading-apt.list && \
    rm -rf /run/apt.versions /run/apt.sha256 /run/apt.debian.gpg

# only this leaves: /opt/venv
FROM base AS installed
COPY uv /run/uv
COPY requirements.txt /run/requirements.txt
RUN export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_NO_CACHE=1 && \
    /run/uv venv --python 3.13 /opt/venv && \
    grep -E '^(home|include-system-site-packages) = ' /opt/venv/pyvenv.cfg >/opt/venv/kept && \
    mv /opt/venv/kept /opt/venv/pyvenv.cfg && \
    rm -f /opt/venv/.gitignore /opt/venv/CACHEDIR.TAG /opt/venv/bin/*activate* /opt/venv/bin/pydoc.bat /opt/venv/lib/python3.13/site-packages/_virtualenv.* && \
    export PYC_INVALIDATION_MODE=UNCHECKED_HASH && \
    /run/uv pip install --python /opt/venv --compile-bytecode --no-deps --only-binary :all: --require-hashes -r /run/requirements.txt && \
    rm -f /opt/venv/.lock

FROM base

# service.py:4 Python packages
COPY --from=installed /opt/venv/ /opt/venv/
ENV PATH="/opt/venv/bin:${PATH}"

ENV HOME=/home/lading \
    USER=lading
LABEL org.opencontainers.image.base.digest=sha256:2222222222222222222222222222222222222222222222222222222222222222 \
    org.opencontainers.image.base.name=docker.io/library/python:3.13-slim-bookworm
USER 10001:0
