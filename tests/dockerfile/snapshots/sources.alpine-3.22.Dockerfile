# Made by Lading: changes belong in the Image that this was made from, and are lost here.
FROM docker.io/library/python:3.13-alpine3.22@sha256:1111111111111111111111111111111111111111111111111111111111111111 AS base
SHELL ["/bin/sh", "-c"]
# hadolint ignore=DL3002
USER 0

# only the wheels leave: hidden, shared, zipped
FROM base AS wheels
# hadolint ignore=DL3018
RUN --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    { [ ! -s /run/ca-bundle.pem ] || export SSL_CERT_FILE=/run/ca-bundle.pem; } && \
    apk add --no-cache -- build-base ca-certificates git linux-headers openssh-client && \
    rm -f /var/log/apk.log
RUN --mount=type=bind,source=ca-bundle.sh,target=/run/ca-bundle.sh \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    --mount=type=secret,id=deploy_key,required=true \
    . /run/ca-bundle.sh && \
    export GIT_SSH_COMMAND='ssh -o StrictHostKeyChecking=accept-new -o IdentitiesOnly=yes -i /run/secrets/deploy_key' && \
    git clone --quiet -- ssh://git@git.example.test/h.git /src/hidden/work && \
    git -C /src/hidden/work checkout --quiet --detach dddddddddddddddddddddddddddddddddddddddd && \
    git -C /src/hidden/work submodule update --init --recursive --quiet
RUN --mount=type=bind,source=uv,target=/run/uv \
    --mount=type=bind,source=ca-bundle.sh,target=/run/ca-bundle.sh \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    --mount=type=bind,source=build-requirements/hidden,target=/src/hidden/requirements \
    --mount=type=secret,id=NETRC,required=true \
    : 'inputs b0759c3a83ae8b67' && \
    . /run/ca-bundle.sh && \
    export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_NO_CACHE=1 && \
    /run/uv venv --python 3.13 /src/hidden/environment && \
    /run/uv pip install --python /src/hidden/environment --no-deps --only-binary :all: --require-hashes -r /src/hidden/requirements/default.txt && \
    NETRC=/run/secrets/NETRC /run/uv pip install --python /src/hidden/environment --no-deps --only-binary :all: --require-hashes --default-index corp=https://packages.example.test/simple -r /src/hidden/requirements/corp-9417cd4d.txt
RUN --mount=type=bind,source=uv,target=/run/uv \
    --mount=type=bind,source=ca-bundle.sh,target=/run/ca-bundle.sh \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    : 'inputs b0759c3a83ae8b67' && \
    . /run/ca-bundle.sh && \
    export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_NO_CACHE=1 && \
    /run/uv build --wheel --out-dir /wheels --python /src/hidden/environment --no-build-isolation --no-index /src/hidden/work
RUN --mount=type=bind,source=uv,target=/run/uv \
    --mount=type=bind,source=ca-bundle.sh,target=/run/ca-bundle.sh \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    --mount=type=bind,source=build-requirements/shared,target=/src/shared/requirements \
    --mount=type=secret,id=NETRC,required=true \
    : 'inputs 628b156fd01104da' && \
    . /run/ca-bundle.sh && \
    export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_NO_CACHE=1 && \
    /run/uv venv --python 3.13 /src/shared/environment && \
    NETRC=/run/secrets/NETRC /run/uv pip install --python /src/shared/environment --no-deps --only-binary :all: --require-hashes --default-index corp=https://packages.example.test/simple -r /src/shared/requirements/corp-9417cd4d.txt
RUN --mount=type=bind,source=uv,target=/run/uv \
    --mount=type=bind,source=ca-bundle.sh,target=/run/ca-bundle.sh \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    --mount=type=bind,source=sources/shared,target=/src/shared/source \
    : 'inputs 628b156fd01104da' && \
    . /run/ca-bundle.sh && \
    export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_NO_CACHE=1 && \
    cp -R /src/shared/source /src/shared/work && \
    SETUPTOOLS_SCM_PRETEND_VERSION_FOR_SHARED=0.3 /run/uv build --wheel --out-dir /wheels --python /src/shared/environment --no-build-isolation --no-index /src/shared/work
RUN --mount=type=bind,source=uv,target=/run/uv \
    --mount=type=bind,source=ca-bundle.sh,target=/run/ca-bundle.sh \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    --mount=type=bind,source=sources/zipped,target=/src/zipped/source \
    : 'inputs 116d2738ba2e9d2a' && \
    . /run/ca-bundle.sh && \
    export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_NO_CACHE=1 && \
    mkdir -p /src/zipped/work && \
    /run/uv run --no-project --python 3.13 python -c 'import shutil, sys; shutil.unpack_archive(*sys.argv[1:])' /src/zipped/source/zipped-1.1.zip /src/zipped/work && \
    /run/uv build --wheel --out-dir /wheels --python 3.13 --require-hashes --no-index /src/zipped/work/*/lib
RUN : 'inputs c3b4eb17caed7a1d'

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
    --mount=type=bind,from=wheels,source=/wheels,target=/srv \
    --mount=type=cache,id=lading-uv-amd64,target=/mnt,sharing=locked \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    : 'inputs c20aea36f6de0e66' && \
    { [ ! -s /run/ca-bundle.pem ] || export SSL_CERT_FILE=/run/ca-bundle.pem; } && \
    export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_CACHE_DIR=/mnt && \
    /run/uv venv --python 3.13 /opt/venv && \
    grep -E '^(home|include-system-site-packages) = ' /opt/venv/pyvenv.cfg >/opt/venv/kept && \
    mv /opt/venv/kept /opt/venv/pyvenv.cfg && \
    rm -f /opt/venv/.gitignore /opt/venv/CACHEDIR.TAG /opt/venv/bin/*activate* /opt/venv/bin/pydoc.bat /opt/venv/lib/python3.13/site-packages/_virtualenv.* && \
    export PYC_INVALIDATION_MODE=UNCHECKED_HASH && \
    /run/uv pip install --python /opt/venv --compile-bytecode --no-deps --only-binary :all: --require-hashes -r /run/requirements.txt && \
    /run/uv pip install --python /opt/venv --compile-bytecode --no-cache --no-deps --no-index --find-links /srv hidden==4.1 shared==0.3 zipped==1.1 && \
    /run/uv pip check --python /opt/venv && \
    rm -f /opt/venv/.lock
ENV PATH="/opt/venv/bin:${PATH}"

ENV HOME=/home/lading \
    USER=lading
LABEL org.opencontainers.image.base.digest=sha256:2222222222222222222222222222222222222222222222222222222222222222 \
    org.opencontainers.image.base.name=docker.io/library/python:3.13-alpine3.22
USER 10001:0
