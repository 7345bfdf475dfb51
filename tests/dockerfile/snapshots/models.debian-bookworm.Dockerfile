# Made by Lading: changes belong in the Image that this was made from, and are lost here.
FROM docker.io/library/python:3.13-slim-bookworm@sha256:1111111111111111111111111111111111111111111111111111111111111111
SHELL ["/bin/sh", "-c"]
USER 0

# who the container runs as: 10001:0
RUN { [ -z "$(tail -c 1 /etc/passwd)" ] || echo >>/etc/passwd; } && \
    { grep -qs -e '^lading:' -e '^[^:]*:[^:]*:10001:' /etc/passwd || printf '%s\n' lading:x:10001:0::/home/lading:/bin/sh >>/etc/passwd; } && \
    mkdir -p -- /home/lading /app && \
    chown 10001:0 -- /home/lading /app && \
    chmod g=u -- /home/lading /app
WORKDIR /app

# service.py:5 system packages libgomp1
RUN --mount=type=bind,source=apt/1.versions,target=/run/apt.versions \
    --mount=type=bind,source=apt/1.sha256,target=/run/apt.sha256 \
    --mount=type=cache,id=lading-apt-debian-bookworm-amd64,target=/var/cache/apt,sharing=locked \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    : 'inputs 3388758d4a152e9f' && \
    export DEBIAN_FRONTEND=noninteractive && \
    set -- -o APT::Update::Error-Mode=any -o Acquire::Languages=none -o Dir::Cache::archives=/var/cache/apt/lading -o Dir::State::Lists=/var/cache/apt/lists -o APT::Keep-Downloaded-Packages=true && \
    { [ ! -s /run/ca-bundle.pem ] || set -- "$@" -o Acquire::https::CAInfo=/run/ca-bundle.pem -o APT::Sandbox::User=root; } && \
    mkdir -p /var/cache/apt/lading/partial /var/cache/apt/lists/partial && \
    apt-get "$@" update && \
    xargs -a /run/apt.versions apt-get "$@" install --yes --no-install-recommends --no-remove --allow-downgrades --download-only -- && \
    env -C /var/cache/apt/lading sha256sum --check --strict --quiet /run/apt.sha256 && \
    xargs -a /run/apt.versions apt-get "$@" install --yes --no-install-recommends --no-remove --allow-downgrades --no-download -- && \
    rm -rf /var/lib/apt/lists/* /var/log/apt/* /var/log/dpkg.log /var/log/alternatives.log /var/cache/debconf/*-old /var/lib/dpkg/*-old /var/cache/ldconfig/aux-cache

# service.py:7 model model/weights.bin
COPY models/1.1.together/ /models/

# service.py:6 Python packages
RUN --mount=type=bind,source=uv,target=/run/uv \
    --mount=type=bind,source=requirements.txt,target=/run/requirements.txt \
    --mount=type=cache,id=lading-uv-amd64,target=/mnt,sharing=locked \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    : 'inputs 132396c4d0ef13a3' && \
    { [ ! -s /run/ca-bundle.pem ] || export SSL_CERT_FILE=/run/ca-bundle.pem; } && \
    export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_CACHE_DIR=/mnt && \
    /run/uv venv --python 3.13 /opt/venv && \
    grep -E '^(home|include-system-site-packages) = ' /opt/venv/pyvenv.cfg >/opt/venv/kept && \
    mv /opt/venv/kept /opt/venv/pyvenv.cfg && \
    rm -f /opt/venv/.gitignore /opt/venv/CACHEDIR.TAG /opt/venv/bin/*activate* /opt/venv/bin/pydoc.bat /opt/venv/lib/python3.13/site-packages/_virtualenv.* && \
    export PYC_INVALIDATION_MODE=UNCHECKED_HASH && \
    /run/uv pip install --python /opt/venv --compile-bytecode --no-deps --only-binary :all: --require-hashes -r /run/requirements.txt && \
    rm -f /opt/venv/.lock
ENV PATH="/opt/venv/bin:${PATH}"

# service.py:8 files
COPY files/1.1/ /app/

ENV HOME=/home/lading \
    USER=lading
LABEL org.opencontainers.image.base.digest=sha256:2222222222222222222222222222222222222222222222222222222222222222 \
    org.opencontainers.image.base.name=docker.io/library/python:3.13-slim-bookworm
USER 10001:0
CMD ["python", "server.py"]
