# Made by Lading: changes belong in the Image that this was made from, and are lost here.
FROM docker.io/library/python:3.13-slim-bookworm@sha256:1111111111111111111111111111111111111111111111111111111111111111 AS base
SHELL ["/bin/sh", "-c"]
# hadolint ignore=DL3002
USER 0

# only the wheels leave: shared, theirs
FROM base AS wheels
# hadolint ignore=DL3008
RUN --mount=type=bind,source=debs,target=/media \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    : 'inputs 8ce07f13efd0a1f8' && \
    export DEBIAN_FRONTEND=noninteractive && \
    printf '%s\n' 'deb [trusted=yes] file:/media ./' >/run/lading-apt.list && \
    set -- -o APT::Update::Error-Mode=any -o Acquire::Languages=none -o Dir::Etc::sourcelist=/run/lading-apt.list -o Dir::Etc::sourceparts=/dev/null -o APT::Sandbox::User=root && \
    apt-get "$@" update && \
    apt-get "$@" install --yes --no-install-recommends --no-remove -- build-essential ca-certificates libgomp1 && \
    rm -rf /var/cache/apt/archives/*.deb /var/cache/apt/*.bin /var/lib/apt/lists/* /var/log/apt/* /var/log/dpkg.log /var/log/alternatives.log /var/cache/debconf/*-old /var/lib/dpkg/*-old /var/cache/ldconfig/aux-cache /run/lading-apt.list
RUN --mount=type=bind,source=uv,target=/run/uv \
    --mount=type=bind,source=ca-bundle.sh,target=/run/ca-bundle.sh \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    --mount=type=bind,source=sources/shared,target=/src/shared/source \
    : 'inputs e01fbd52a896cb8f' && \
    . /run/ca-bundle.sh && \
    export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_NO_CACHE=1 UV_OFFLINE=1 && \
    cp -R /src/shared/source /src/shared/work && \
    SETUPTOOLS_SCM_PRETEND_VERSION_FOR_SHARED=0.3 /run/uv build --wheel --out-dir /wheels --python 3.13 --require-hashes --no-index /src/shared/work
RUN --mount=type=bind,source=uv,target=/run/uv \
    --mount=type=bind,source=ca-bundle.sh,target=/run/ca-bundle.sh \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    --mount=type=bind,source=sources/theirs,target=/src/theirs/source \
    --mount=type=bind,source=build-requirements/theirs,target=/src/theirs/requirements \
    --mount=type=bind,source=build-wheels/theirs,target=/src/theirs/wheels \
    : 'inputs 3625c758f8b8e8b2' && \
    . /run/ca-bundle.sh && \
    export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_NO_CACHE=1 UV_OFFLINE=1 && \
    cp -R /src/theirs/source /src/theirs/work && \
    SETUPTOOLS_SCM_PRETEND_VERSION_FOR_THEIRS=2.0 /run/uv build --wheel --out-dir /wheels --python 3.13 --build-constraints /src/theirs/requirements/files.txt --no-index --find-links /src/theirs/wheels --require-hashes /src/theirs/work/python
RUN : 'inputs 4832d5ad04e4b6fc'

FROM base AS image

# who the container runs as: 10001:0
RUN { [ -z "$(tail -c 1 /etc/passwd)" ] || echo >>/etc/passwd; } && \
    { grep -qs -e '^lading:' -e '^[^:]*:[^:]*:10001:' /etc/passwd || printf '%s\n' lading:x:10001:0::/home/lading:/bin/sh >>/etc/passwd; } && \
    mkdir -p -- /home/lading /app && \
    chown 10001:0 -- /home/lading /app && \
    chmod g=u -- /home/lading /app
WORKDIR /app

# service.py:6 system packages libgomp1
# hadolint ignore=DL3008
RUN --mount=type=bind,source=debs,target=/media \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    : 'inputs 8ce07f13efd0a1f8' && \
    export DEBIAN_FRONTEND=noninteractive && \
    printf '%s\n' 'deb [trusted=yes] file:/media ./' >/run/lading-apt.list && \
    set -- -o APT::Update::Error-Mode=any -o Acquire::Languages=none -o Dir::Etc::sourcelist=/run/lading-apt.list -o Dir::Etc::sourceparts=/dev/null -o APT::Sandbox::User=root && \
    apt-get "$@" update && \
    apt-get "$@" install --yes --no-install-recommends --no-remove -- libgomp1 && \
    rm -rf /var/cache/apt/archives/*.deb /var/cache/apt/*.bin /var/lib/apt/lists/* /var/log/apt/* /var/log/dpkg.log /var/log/alternatives.log /var/cache/debconf/*-old /var/lib/dpkg/*-old /var/cache/ldconfig/aux-cache /run/lading-apt.list

# service.py:7 Python packages
RUN --mount=type=bind,source=uv,target=/run/uv \
    --mount=type=bind,source=requirements.files.txt,target=/run/requirements.files.txt \
    --mount=type=bind,source=wheels/1,target=/media \
    --mount=type=bind,from=wheels,source=/wheels,target=/srv \
    --mount=type=cache,id=lading-uv-amd64,target=/mnt,sharing=locked \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    : 'inputs a09a0c7cc59f2df5' && \
    { [ ! -s /run/ca-bundle.pem ] || export SSL_CERT_FILE=/run/ca-bundle.pem; } && \
    export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_CACHE_DIR=/mnt UV_OFFLINE=1 && \
    /run/uv venv --python 3.13 /opt/venv && \
    grep -E '^(home|include-system-site-packages) = ' /opt/venv/pyvenv.cfg >/opt/venv/kept && \
    mv /opt/venv/kept /opt/venv/pyvenv.cfg && \
    rm -f /opt/venv/.gitignore /opt/venv/CACHEDIR.TAG /opt/venv/bin/*activate* /opt/venv/bin/pydoc.bat /opt/venv/lib/python3.13/site-packages/_virtualenv.* && \
    export PYC_INVALIDATION_MODE=UNCHECKED_HASH && \
    /run/uv pip install --python /opt/venv --compile-bytecode --no-deps --only-binary :all: --require-hashes --no-index --find-links /media -r /run/requirements.files.txt && \
    /run/uv pip install --python /opt/venv --compile-bytecode --no-cache --no-deps --no-index --find-links /srv shared==0.3 theirs==2.0 && \
    rm -f /opt/venv/.lock
ENV PATH="/opt/venv/bin:${PATH}"

# service.py:9 run
RUN --mount=type=bind,source=ca-bundle.sh,target=/run/ca-bundle.sh \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    . /run/ca-bundle.sh; python -c 'import six'

# service.py:10 Python packages
RUN --mount=type=bind,source=uv,target=/run/uv \
    --mount=type=bind,source=requirements-2.files.txt,target=/run/requirements.files.txt \
    --mount=type=bind,source=wheels/2,target=/media \
    --mount=type=cache,id=lading-uv-amd64,target=/mnt,sharing=locked \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    : 'inputs 1159c8d23edb09ef' && \
    { [ ! -s /run/ca-bundle.pem ] || export SSL_CERT_FILE=/run/ca-bundle.pem; } && \
    export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_CACHE_DIR=/mnt UV_OFFLINE=1 && \
    export PYC_INVALIDATION_MODE=UNCHECKED_HASH && \
    /run/uv pip install --python /opt/venv --compile-bytecode --no-deps --only-binary :all: --require-hashes --no-index --find-links /media -r /run/requirements.files.txt && \
    rm -f /opt/venv/.lock

# only the wheels leave: fast
FROM image AS wheels-2
# hadolint ignore=DL3008
RUN --mount=type=bind,source=debs,target=/media \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    : 'inputs 8ce07f13efd0a1f8' && \
    export DEBIAN_FRONTEND=noninteractive && \
    printf '%s\n' 'deb [trusted=yes] file:/media ./' >/run/lading-apt.list && \
    set -- -o APT::Update::Error-Mode=any -o Acquire::Languages=none -o Dir::Etc::sourcelist=/run/lading-apt.list -o Dir::Etc::sourceparts=/dev/null -o APT::Sandbox::User=root && \
    apt-get "$@" update && \
    apt-get "$@" install --yes --no-install-recommends --no-remove -- build-essential ca-certificates && \
    rm -rf /var/cache/apt/archives/*.deb /var/cache/apt/*.bin /var/lib/apt/lists/* /var/log/apt/* /var/log/dpkg.log /var/log/alternatives.log /var/cache/debconf/*-old /var/lib/dpkg/*-old /var/cache/ldconfig/aux-cache /run/lading-apt.list
RUN --mount=type=bind,source=uv,target=/run/uv \
    --mount=type=bind,source=ca-bundle.sh,target=/run/ca-bundle.sh \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    --mount=type=bind,source=sources/fast,target=/src/fast/source \
    --mount=type=bind,source=build-requirements/fast,target=/src/fast/requirements \
    --mount=type=bind,source=build-wheels/fast,target=/src/fast/wheels \
    : 'inputs 735f7a9bb3462ed7' && \
    . /run/ca-bundle.sh && \
    export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_NO_CACHE=1 UV_OFFLINE=1 && \
    /run/uv pip install --python /opt/venv --no-deps --only-binary :all: --require-hashes --no-index --find-links /src/fast/wheels -r /src/fast/requirements/files.txt && \
    /run/uv build --wheel --out-dir /wheels --python /opt/venv --no-build-isolation --no-index /src/fast/source/fast-1.0.tar.gz
RUN : 'inputs 869ebed7cb0c6298'

FROM image

# fast: compiled for what is there
RUN --mount=type=bind,source=uv,target=/run/uv \
    --mount=type=bind,from=wheels-2,source=/wheels,target=/srv \
    --mount=type=cache,id=lading-uv-amd64,target=/mnt,sharing=locked \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    : 'inputs 1159c8d23edb09ef' && \
    { [ ! -s /run/ca-bundle.pem ] || export SSL_CERT_FILE=/run/ca-bundle.pem; } && \
    export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_CACHE_DIR=/mnt UV_OFFLINE=1 && \
    export PYC_INVALIDATION_MODE=UNCHECKED_HASH && \
    /run/uv pip install --python /opt/venv --compile-bytecode --no-cache --no-deps --no-index --find-links /srv fast==1.0 && \
    rm -f /opt/venv/.lock

ENV HOME=/home/lading \
    USER=lading
LABEL org.opencontainers.image.base.digest=sha256:2222222222222222222222222222222222222222222222222222222222222222 \
    org.opencontainers.image.base.name=docker.io/library/python:3.13-slim-bookworm
USER 10001:0
