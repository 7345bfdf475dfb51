# Made by Lading: changes belong in the Image that this was made from, and are lost here.
FROM public.ecr.aws/amazonlinux/amazonlinux:2@sha256:1111111111111111111111111111111111111111111111111111111111111111
SHELL ["/bin/sh", "-c"]
USER 0

# Python 3.8, where the base has none
# hadolint ignore=DL3033
RUN --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    { ! command -v python3.8 >/dev/null || exit 0; } && \
    amazon-linux-extras enable python3.8 && \
    { [ ! -s /run/ca-bundle.pem ] || set -- --setopt=sslcacert=/run/ca-bundle.pem; } && \
    yum "$@" install -y --setopt=tsflags=nodocs python38 && \
    yum clean all && \
    rm -rf /var/cache/dnf /var/cache/yum /var/log/dnf*.log /var/log/hawkey.log /var/log/yum.log /var/cache/ldconfig/aux-cache

# who the container runs as: 4711:0
RUN { [ -z "$(tail -c 1 /etc/passwd)" ] || echo >>/etc/passwd; } && \
    { grep -qs -e '^server:' -e '^[^:]*:[^:]*:4711:' /etc/passwd || printf '%s\n' server:x:4711:0::/home/server:/bin/sh >>/etc/passwd; } && \
    mkdir -p -- /home/server /srv/app /data && \
    chown 4711:0 -- /home/server /srv/app /data && \
    chmod g=u -- /home/server /srv/app /data
WORKDIR /srv/app

# service.py:5 system packages curl, libgomp
# hadolint ignore=DL3033
RUN --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    { [ ! -s /run/ca-bundle.pem ] || set -- --setopt=sslcacert=/run/ca-bundle.pem; } && \
    yum "$@" install -y --setopt=tsflags=nodocs curl libgomp && \
    yum clean all && \
    rm -rf /var/cache/dnf /var/cache/yum /var/log/dnf*.log /var/log/hawkey.log /var/log/yum.log /var/cache/ldconfig/aux-cache

# service.py:6 Python packages
RUN --mount=type=bind,source=uv,target=/run/uv \
    --mount=type=bind,source=requirements.txt,target=/run/requirements.txt \
    --mount=type=bind,source=requirements.files.txt,target=/run/requirements.files.txt \
    --mount=type=bind,source=wheels/1,target=/media \
    --mount=type=cache,id=lading-uv-amd64,target=/mnt,sharing=locked \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    : 'inputs e2f59315731e6eb2' && \
    { [ ! -s /run/ca-bundle.pem ] || export SSL_CERT_FILE=/run/ca-bundle.pem; } && \
    export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_CACHE_DIR=/mnt && \
    /run/uv venv --python 3.8 /opt/venv && \
    grep -E '^(home|include-system-site-packages) = ' /opt/venv/pyvenv.cfg >/opt/venv/kept && \
    mv /opt/venv/kept /opt/venv/pyvenv.cfg && \
    rm -f /opt/venv/.gitignore /opt/venv/CACHEDIR.TAG /opt/venv/bin/*activate* /opt/venv/bin/pydoc.bat /opt/venv/lib/python3.8/site-packages/_virtualenv.* && \
    export PYC_INVALIDATION_MODE=UNCHECKED_HASH && \
    /run/uv pip install --python /opt/venv --compile-bytecode --no-deps --only-binary :all: --require-hashes -r /run/requirements.txt && \
    /run/uv pip install --python /opt/venv --compile-bytecode --no-deps --only-binary :all: --require-hashes --no-index --find-links /media -r /run/requirements.files.txt && \
    rm -f /opt/venv/.lock
ENV PATH="/opt/venv/bin:${PATH}"

# service.py:7 env
ENV LOG_FORMAT='say "$HOME" and '\\""
ENV PATH="/opt/tools/bin:${PATH}"

# service.py:8 run
RUN --mount=type=bind,source=ca-bundle.sh,target=/run/ca-bundle.sh \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    . /run/ca-bundle.sh; python -c 'import fastapi' # it is there

# service.py:9 Python packages
RUN --mount=type=bind,source=uv,target=/run/uv \
    --mount=type=bind,source=requirements-2.txt,target=/run/requirements.txt \
    --mount=type=cache,id=lading-uv-amd64,target=/mnt,sharing=locked \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    : 'inputs 132396c4d0ef13a3' && \
    { [ ! -s /run/ca-bundle.pem ] || export SSL_CERT_FILE=/run/ca-bundle.pem; } && \
    export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_CACHE_DIR=/mnt && \
    export PYC_INVALIDATION_MODE=UNCHECKED_HASH && \
    /run/uv pip install --python /opt/venv --compile-bytecode --no-deps --only-binary :all: --require-hashes -r /run/requirements.txt && \
    rm -f /opt/venv/.lock

# service.py:10 run_script
RUN --mount=type=bind,source=scripts/7da285cf8bf193d7.sh,target=/run/7da285cf8bf193d7.sh \
    --mount=type=bind,source=ca-bundle.sh,target=/run/ca-bundle.sh \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    --mount=type=secret,id=token,required=true \
    . /run/ca-bundle.sh; /run/7da285cf8bf193d7.sh --all 'it'"'"'s'

# service.py:11 run
RUN --mount=type=bind,source=ca-bundle.sh,target=/run/ca-bundle.sh \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    ["/bin/sh", "-c", ". /run/ca-bundle.sh; for name in a b; do\n    echo \"$name\"\ndone"]

# service.py:12 files
COPY files/4.1/ /srv/models/

# service.py:13 files
COPY files/4.2/ /srv/app/

# service.py:14 env
ENV PYTHONUNBUFFERED=1

ENV HOME=/home/server \
    USER=server
LABEL org.opencontainers.image.base.digest=sha256:2222222222222222222222222222222222222222222222222222222222222222 \
    org.opencontainers.image.base.name=public.ecr.aws/amazonlinux/amazonlinux:2 \
    org.opencontainers.image.source=https://git.example.test/team/service
EXPOSE 8000/tcp 9000/udp
VOLUME ["/data"]
STOPSIGNAL SIGINT
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["python"]
USER 4711:0
ENTRYPOINT ["uvicorn"]
CMD ["server:app", "--port", "8000"]
