# Made by Lading: changes belong in the Image that this was made from, and are lost here.
FROM docker.io/library/ubuntu:jammy@sha256:1111111111111111111111111111111111111111111111111111111111111111 AS base
SHELL ["/bin/sh", "-c"]
# hadolint ignore=DL3002
USER 0

# Python 3.10, where the base has none
RUN --mount=type=bind,source=apt/interpreter.versions,target=/run/apt.versions \
    --mount=type=bind,source=apt/interpreter.sha256,target=/run/apt.sha256 \
    --mount=type=cache,id=lading-apt-ubuntu-22.04-amd64,target=/var/cache/apt,sharing=locked \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    : 'inputs c0294ecf5bad084b' && \
    export DEBIAN_FRONTEND=noninteractive && \
    set -- -o APT::Update::Error-Mode=any -o Acquire::Languages=none -o Dir::Cache::archives=/var/cache/apt/lading -o Dir::State::Lists=/var/cache/apt/lists -o APT::Keep-Downloaded-Packages=true && \
    { [ ! -s /run/ca-bundle.pem ] || set -- "$@" -o Acquire::https::CAInfo=/run/ca-bundle.pem -o APT::Sandbox::User=root; } && \
    mkdir -p /var/cache/apt/lading/partial /var/cache/apt/lists/partial && \
    apt-get "$@" update && \
    xargs -a /run/apt.versions apt-get "$@" install --yes --no-install-recommends --no-remove --allow-downgrades --download-only -- && \
    env -C /var/cache/apt/lading sha256sum --check --strict --quiet /run/apt.sha256 && \
    xargs -a /run/apt.versions apt-get "$@" install --yes --no-install-recommends --no-remove --allow-downgrades --no-download -- && \
    rm -rf /var/lib/apt/lists/* /var/log/apt/* /var/log/dpkg.log /var/log/alternatives.log /var/cache/debconf/*-old /var/lib/dpkg/*-old /var/cache/ldconfig/aux-cache

# only the wheels leave: psycopg2, below, theirs
FROM base AS wheels
# build-essential, ca-certificates, git, python3.10-dev, libpq-dev, libssl-dev
RUN --mount=type=bind,source=apt/build.versions,target=/run/apt.versions \
    --mount=type=bind,source=apt/build.sha256,target=/run/apt.sha256 \
    --mount=type=cache,id=lading-apt-ubuntu-22.04-amd64,target=/var/cache/apt,sharing=locked \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    : 'inputs db71701208ff8182' && \
    export DEBIAN_FRONTEND=noninteractive && \
    set -- -o APT::Update::Error-Mode=any -o Acquire::Languages=none -o Dir::Cache::archives=/var/cache/apt/lading -o Dir::State::Lists=/var/cache/apt/lists -o APT::Keep-Downloaded-Packages=true && \
    { [ ! -s /run/ca-bundle.pem ] || set -- "$@" -o Acquire::https::CAInfo=/run/ca-bundle.pem -o APT::Sandbox::User=root; } && \
    mkdir -p /var/cache/apt/lading/partial /var/cache/apt/lists/partial && \
    apt-get "$@" update && \
    xargs -a /run/apt.versions apt-get "$@" install --yes --no-install-recommends --no-remove --allow-downgrades --download-only -- && \
    env -C /var/cache/apt/lading sha256sum --check --strict --quiet /run/apt.sha256 && \
    xargs -a /run/apt.versions apt-get "$@" install --yes --no-install-recommends --no-remove --allow-downgrades --no-download -- && \
    rm -rf /var/lib/apt/lists/* /var/log/apt/* /var/log/dpkg.log /var/log/alternatives.log /var/cache/debconf/*-old /var/lib/dpkg/*-old /var/cache/ldconfig/aux-cache
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
    /run/uv build --wheel --out-dir /wheels --python 3.10 --build-constraints /src/psycopg2/requirements/default.txt --require-hashes /src/psycopg2/source/psycopg2-2.9.9.tar.gz
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
    /run/uv build --wheel --out-dir /wheels --python 3.10 --build-constraints /src/below/requirements/default.txt --require-hashes /src/below/work/*/src/python
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
    /run/uv build --wheel --out-dir /wheels --python 3.10 --build-constraints /src/theirs/requirements/default.txt --require-hashes /src/theirs/work/python
RUN : 'inputs 0f6258be59fc763b'

FROM base

# who the container runs as: 10001:0
RUN { [ -z "$(tail -c 1 /etc/passwd)" ] || echo >>/etc/passwd; } && \
    { grep -qs -e '^lading:' -e '^[^:]*:[^:]*:10001:' /etc/passwd || printf '%s\n' lading:x:10001:0::/home/lading:/bin/sh >>/etc/passwd; } && \
    mkdir -p -- /home/lading /app && \
    chown 10001:0 -- /home/lading /app && \
    chmod g=u -- /home/lading /app
WORKDIR /app

# service.py:5 system packages libpq-dev
RUN --mount=type=bind,source=apt/1.versions,target=/run/apt.versions \
    --mount=type=bind,source=apt/1.sha256,target=/run/apt.sha256 \
    --mount=type=cache,id=lading-apt-ubuntu-22.04-amd64,target=/var/cache/apt,sharing=locked \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    : 'inputs f6b3b54a26aca906' && \
    export DEBIAN_FRONTEND=noninteractive && \
    set -- -o APT::Update::Error-Mode=any -o Acquire::Languages=none -o Dir::Cache::archives=/var/cache/apt/lading -o Dir::State::Lists=/var/cache/apt/lists -o APT::Keep-Downloaded-Packages=true && \
    { [ ! -s /run/ca-bundle.pem ] || set -- "$@" -o Acquire::https::CAInfo=/run/ca-bundle.pem -o APT::Sandbox::User=root; } && \
    mkdir -p /var/cache/apt/lading/partial /var/cache/apt/lists/partial && \
    apt-get "$@" update && \
    xargs -a /run/apt.versions apt-get "$@" install --yes --no-install-recommends --no-remove --allow-downgrades --download-only -- && \
    env -C /var/cache/apt/lading sha256sum --check --strict --quiet /run/apt.sha256 && \
    xargs -a /run/apt.versions apt-get "$@" install --yes --no-install-recommends --no-remove --allow-downgrades --no-download -- && \
    rm -rf /var/lib/apt/lists/* /var/log/apt/* /var/log/dpkg.log /var/log/alternatives.log /var/cache/debconf/*-old /var/lib/dpkg/*-old /var/cache/ldconfig/aux-cache

# service.py:8, service.py:9 Python packages
RUN --mount=type=bind,source=uv,target=/run/uv \
    --mount=type=bind,source=requirements.txt,target=/run/requirements.txt \
    --mount=type=bind,from=wheels,source=/wheels,target=/srv \
    --mount=type=cache,id=lading-uv-amd64,target=/mnt,sharing=locked \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    : 'inputs 09ce6f7df20810d0' && \
    { [ ! -s /run/ca-bundle.pem ] || export SSL_CERT_FILE=/run/ca-bundle.pem; } && \
    export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_CACHE_DIR=/mnt && \
    /run/uv venv --python 3.10 /opt/venv && \
    grep -E '^(home|include-system-site-packages) = ' /opt/venv/pyvenv.cfg >/opt/venv/kept && \
    mv /opt/venv/kept /opt/venv/pyvenv.cfg && \
    rm -f /opt/venv/.gitignore /opt/venv/CACHEDIR.TAG /opt/venv/bin/*activate* /opt/venv/bin/pydoc.bat /opt/venv/lib/python3.10/site-packages/_virtualenv.* && \
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
    org.opencontainers.image.base.name=docker.io/library/ubuntu:jammy
USER 10001:0
CMD ["python", "-m", "theirs"]
