# Made by Lading: changes belong in the Image that this was made from, and are lost here.
FROM scratch AS base
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# a base of debian:trixie's packages, unpacked and configured
# service.py:7 system packages git
ADD base/packages-abf1fe5496dbd7d1.tar.gz /

# only the wheels leave: psycopg2
FROM base AS wheels
ADD base/tools-8afb3ec1bcf2bae7.tar.gz /
RUN --mount=type=bind,source=uv,target=/run/uv \
    --mount=type=bind,source=ca-bundle.sh,target=/run/ca-bundle.sh \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    --mount=type=bind,source=sources/psycopg2,target=/src/psycopg2/source \
    --mount=type=bind,source=build-requirements/psycopg2,target=/src/psycopg2/requirements \
    : 'inputs 78ce340ed592c108' && \
    . /run/ca-bundle.sh && \
    export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_NO_CACHE=1 && \
    /run/uv build --wheel --out-dir /wheels --python 3.13 --build-constraints /src/psycopg2/requirements/default.txt --require-hashes /src/psycopg2/source/psycopg2-2.9.9.tar.gz
RUN : 'inputs 94396bbbb2177b81'

FROM base

# who the container runs as: 10001:0
ADD base/folders-141a9b47eb244f67.tar.gz /
WORKDIR /app

# service.py:5 Python packages
RUN --mount=type=bind,source=uv,target=/run/uv \
    --mount=type=bind,source=requirements.txt,target=/run/requirements.txt \
    --mount=type=cache,id=lading-uv-amd64,target=/mnt,sharing=locked \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    : 'inputs 75fd9ca8fcefddd3' && \
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

# service.py:6 run
RUN --mount=type=bind,source=ca-bundle.sh,target=/run/ca-bundle.sh \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    . /run/ca-bundle.sh; python -c 'import fastapi'

# service.py:8 run_script
RUN --mount=type=bind,source=scripts/7da285cf8bf193d7.sh,target=/run/7da285cf8bf193d7.sh \
    --mount=type=bind,source=ca-bundle.sh,target=/run/ca-bundle.sh \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    . /run/ca-bundle.sh; /run/7da285cf8bf193d7.sh

# service.py:9 Python packages
RUN --mount=type=bind,source=uv,target=/run/uv \
    --mount=type=bind,from=wheels,source=/wheels,target=/srv \
    --mount=type=cache,id=lading-uv-amd64,target=/mnt,sharing=locked \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    : 'inputs 8c07967bf926dcc4' && \
    { [ ! -s /run/ca-bundle.pem ] || export SSL_CERT_FILE=/run/ca-bundle.pem; } && \
    export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_CACHE_DIR=/mnt && \
    export PYC_INVALIDATION_MODE=UNCHECKED_HASH && \
    /run/uv pip install --python /opt/venv --compile-bytecode --no-cache --no-deps --no-index --find-links /srv psycopg2==2.9.9 && \
    rm -f /opt/venv/.lock

ENV HOME=/home/lading \
    USER=lading
USER 10001:0
CMD ["python", "-m", "server"]
