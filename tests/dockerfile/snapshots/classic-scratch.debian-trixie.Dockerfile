# Made by Lading: changes belong in the Image that this was made from, and are lost here.
FROM scratch AS base
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# a base of debian:trixie's packages, unpacked and configured
# service.py:5 system packages libgomp1
ADD base/packages-4a23901effd55c9c.tar.gz /

# who the container runs as: 10001:0
ADD base/folders-9774e248c9f943c5.tar.gz /
WORKDIR /app

# only this leaves: /opt/venv
FROM base AS installed
ADD base/tools-a1e3afe7da3a6035.tar.gz /
COPY uv /run/uv
COPY requirements.txt /run/requirements.txt
COPY requirements.files.txt /run/requirements.files.txt
COPY wheels/1 /media
RUN export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_NO_CACHE=1 && \
    /run/uv venv --python 3.13 /opt/venv && \
    grep -E '^(home|include-system-site-packages) = ' /opt/venv/pyvenv.cfg >/opt/venv/kept && \
    mv /opt/venv/kept /opt/venv/pyvenv.cfg && \
    rm -f /opt/venv/.gitignore /opt/venv/CACHEDIR.TAG /opt/venv/bin/*activate* /opt/venv/bin/pydoc.bat /opt/venv/lib/python3.13/site-packages/_virtualenv.* && \
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
