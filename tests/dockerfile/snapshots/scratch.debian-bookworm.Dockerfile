# Made by Lading: changes belong in the Image that this was made from, and are lost here.
FROM scratch AS base
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# a base of debian:bookworm's packages, unpacked and configured
# service.py:5 system packages libgomp1
ADD base/packages-839f56c2fd06dd83.tar.gz /

# who the container runs as: 10001:0
ADD base/folders-9774e248c9f943c5.tar.gz /
WORKDIR /app

# only this leaves: /opt/venv
FROM base AS installed
ADD base/tools-022665d2f009b4ae.tar.gz /
RUN --mount=type=bind,source=uv,target=/run/uv \
    --mount=type=bind,source=requirements.txt,target=/run/requirements.txt \
    --mount=type=bind,source=requirements.files.txt,target=/run/requirements.files.txt \
    --mount=type=bind,source=wheels/1,target=/media \
    --mount=type=cache,id=lading-uv-amd64,target=/mnt,sharing=locked \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    : 'inputs e2f59315731e6eb2' && \
    { [ ! -s /run/ca-bundle.pem ] || export SSL_CERT_FILE=/run/ca-bundle.pem; } && \
    export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_CACHE_DIR=/mnt && \
    /run/uv venv --python 3.11 /opt/venv && \
    grep -E '^(home|include-system-site-packages) = ' /opt/venv/pyvenv.cfg >/opt/venv/kept && \
    mv /opt/venv/kept /opt/venv/pyvenv.cfg && \
    rm -f /opt/venv/.gitignore /opt/venv/CACHEDIR.TAG /opt/venv/bin/*activate* /opt/venv/bin/pydoc.bat /opt/venv/lib/python3.11/site-packages/_virtualenv.* && \
    export PYC_INVALIDATION_MODE=UNCHECKED_HASH && \
    /run/uv pip install --python /opt/venv --compile-bytecode --no-deps --only-binary :all: --require-hashes -r /run/requirements.txt && \
    /run/uv pip install --python /opt/venv --compile-bytecode --no-deps --only-binary :all: --require-hashes --no-index --find-links /media -r /run/requirements.files.txt && \
    rm -f /opt/venv/.lock

FROM base

# service.py:6 Python packages
COPY --from=installed /opt/venv/ /opt/venv/
ENV PATH="/opt/venv/bin:${PATH}"

# service.py:7 files
COPY files/1.1/ /app/

# service.py:8 env
ENV PATH="/opt/tools/bin:${PATH}"

ENV HOME=/home/lading \
    USER=lading
VOLUME ["/data"]
USER 10001:0
CMD ["python", "server.py"]
