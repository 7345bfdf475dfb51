# Made by Lading: changes belong in the Image that this was made from, and are lost here.
FROM docker.io/library/ubuntu:noble@sha256:1111111111111111111111111111111111111111111111111111111111111111
SHELL ["/bin/sh", "-c"]
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

# who the container runs as: 10001:0
RUN { [ -z "$(tail -c 1 /etc/passwd)" ] || echo >>/etc/passwd; } && \
    { grep -qs -e '^lading:' -e '^[^:]*:[^:]*:10001:' /etc/passwd || printf '%s\n' lading:x:10001:0::/home/lading:/bin/sh >>/etc/passwd; } && \
    mkdir -p -- /home/lading /app && \
    chown 10001:0 -- /home/lading /app && \
    chmod g=u -- /home/lading /app
WORKDIR /app

# service.py:3 Python packages
RUN --mount=type=bind,source=uv,target=/run/uv \
    --mount=type=bind,source=requirements.txt,target=/run/requirements.txt \
    --mount=type=cache,id=lading-uv-amd64,target=/mnt,sharing=locked \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    : 'inputs b973c8a96bbac4b5' && \
    { [ ! -s /run/ca-bundle.pem ] || export SSL_CERT_FILE=/run/ca-bundle.pem; } && \
    export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_CACHE_DIR=/mnt && \
    /run/uv venv --python 3.12 /opt/venv && \
    grep -E '^(home|include-system-site-packages) = ' /opt/venv/pyvenv.cfg >/opt/venv/kept && \
    mv /opt/venv/kept /opt/venv/pyvenv.cfg && \
    rm -f /opt/venv/.gitignore /opt/venv/CACHEDIR.TAG /opt/venv/bin/*activate* /opt/venv/bin/pydoc.bat /opt/venv/lib/python3.12/site-packages/_virtualenv.* && \
    export PYC_INVALIDATION_MODE=UNCHECKED_HASH && \
    /run/uv pip install --python /opt/venv --compile-bytecode --no-deps --only-binary :all: --require-hashes -r /run/requirements.txt && \
    rm -f /opt/venv/.lock
ENV PATH="/opt/venv/bin:${PATH}"

ENV HOME=/home/lading \
    USER=lading
LABEL org.opencontainers.image.base.digest=sha256:2222222222222222222222222222222222222222222222222222222222222222 \
    org.opencontainers.image.base.name=docker.io/library/ubuntu:noble
USER 10001:0
