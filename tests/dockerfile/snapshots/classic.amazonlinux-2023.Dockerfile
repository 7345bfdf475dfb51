# Made by Lading: changes belong in the Image that this was made from, and are lost here.
FROM public.ecr.aws/amazonlinux/amazonlinux:2023@sha256:1111111111111111111111111111111111111111111111111111111111111111 AS base
SHELL ["/bin/sh", "-c"]
# hadolint ignore=DL3002
USER 0

# Python 3.13, where the base has none
# hadolint ignore=DL3041
RUN { ! command -v python3.13 >/dev/null || exit 0; } && \
    { [ ! -s /run/ca-bundle.pem ] || set -- --setopt=sslcacert=/run/ca-bundle.pem; } && \
    dnf "$@" install -y --nodocs --setopt=install_weak_deps=False -- python3.13 && \
    dnf clean all && \
    rm -rf /var/cache/dnf /var/cache/yum /var/log/dnf*.log /var/log/hawkey.log /var/log/yum.log /var/cache/ldconfig/aux-cache

# who the container runs as: 4711:0
RUN { [ -z "$(tail -c 1 /etc/passwd)" ] || echo >>/etc/passwd; } && \
    { grep -qs -e '^server:' -e '^[^:]*:[^:]*:4711:' /etc/passwd || printf '%s\n' server:x:4711:0::/home/server:/bin/sh >>/etc/passwd; } && \
    mkdir -p -- /home/server /srv/app /data && \
    chown 4711:0 -- /home/server /srv/app /data && \
    chmod g=u -- /home/server /srv/app /data
WORKDIR /srv/app

# service.py:5 system packages curl, libgomp
# hadolint ignore=DL3041
RUN { [ ! -s /run/ca-bundle.pem ] || set -- --setopt=sslcacert=/run/ca-bundle.pem; } && \
    dnf "$@" install -y --nodocs --setopt=install_weak_deps=False -- curl libgomp && \
    dnf clean all && \
    rm -rf /var/cache/dnf /var/cache/yum /var/log/dnf*.log /var/log/hawkey.log /var/log/yum.log /var/cache/ldconfig/aux-cache

# only this leaves: /opt/venv
FROM base AS installed
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

FROM base AS image

# service.py:6 Python packages
COPY --from=installed /opt/venv/ /opt/venv/
ENV PATH="/opt/venv/bin:${PATH}"

# service.py:7 env
ENV LOG_FORMAT='say "$HOME" and '\\""
ENV PATH="/opt/tools/bin:${PATH}"

# service.py:8 run
RUN python -c 'import fastapi' # it is there

# only this leaves: /opt/venv
FROM image AS installed-2
COPY uv /run/uv
COPY requirements-2.txt /run/requirements.txt
RUN export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_NO_CACHE=1 && \
    export PYC_INVALIDATION_MODE=UNCHECKED_HASH && \
    /run/uv pip install --python /opt/venv --compile-bytecode --no-deps --only-binary :all: --require-hashes -r /run/requirements.txt && \
    rm -f /opt/venv/.lock

FROM image

# service.py:9 Python packages
COPY --from=installed-2 /opt/venv/ /opt/venv/

# service.py:10 run_script
COPY scripts/7da285cf8bf193d7.sh /run/7da285cf8bf193d7.sh
RUN /run/7da285cf8bf193d7.sh --all 'it'"'"'s' && rm -rf /run/7da285cf8bf193d7.sh

# service.py:11 run
RUN ["/bin/sh", "-c", "for name in a b; do\n    echo \"$name\"\ndone"]

# service.py:12 files
COPY files/4.1/ /srv/models/

# service.py:13 files
COPY files/4.2/ /srv/app/

# service.py:14 env
ENV PYTHONUNBUFFERED=1

ENV HOME=/home/server \
    USER=server
LABEL org.opencontainers.image.base.digest=sha256:2222222222222222222222222222222222222222222222222222222222222222 \
    org.opencontainers.image.base.name=public.ecr.aws/amazonlinux/amazonlinux:2023 \
    org.opencontainers.image.source=https://git.example.test/team/service
EXPOSE 8000/tcp 9000/udp
VOLUME ["/data"]
STOPSIGNAL SIGINT
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["python"]
USER 4711:0
ENTRYPOINT ["uvicorn"]
CMD ["server:app", "--port", "8000"]
