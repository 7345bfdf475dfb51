# Made by Lading: changes belong in the Image that this was made from, and are lost here.
FROM registry.access.redhat.com/ubi9/ubi-minimal@sha256:1111111111111111111111111111111111111111111111111111111111111111
SHELL ["/bin/sh", "-c"]
USER 0

# Python 3.12, where the base has none
# hadolint ignore=DL3041
RUN --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    { ! command -v python3.12 >/dev/null || exit 0; } && \
    dnf=$(command -v microdnf || command -v dnf) && \
    { [ ! -s /run/ca-bundle.pem ] || set -- '--setopt=*.sslcacert=/run/ca-bundle.pem'; } && \
    "$dnf" "$@" install -y --nodocs --setopt=install_weak_deps=0 python3.12 && \
    "$dnf" clean all && \
    rm -rf /var/cache/dnf /var/cache/yum /var/log/dnf*.log /var/log/hawkey.log /var/log/yum.log /var/cache/ldconfig/aux-cache

# who the container runs as: 10001:0
RUN { [ -z "$(tail -c 1 /etc/passwd)" ] || echo >>/etc/passwd; } && \
    { grep -qs -e '^lading:' -e '^[^:]*:[^:]*:10001:' /etc/passwd || printf '%s\n' lading:x:10001:0::/home/lading:/bin/sh >>/etc/passwd; } && \
    mkdir -p -- /home/lading /app && \
    chown 10001:0 -- /home/lading /app && \
    chmod g=u -- /home/lading /app
WORKDIR /app

# service.py:6 Python packages
RUN --mount=type=bind,source=uv,target=/run/uv \
    --mount=type=bind,source=requirements.txt,target=/run/requirements.txt \
    --mount=type=bind,source=requirements.corp-9417cd4d.txt,target=/run/requirements.corp-9417cd4d.txt \
    --mount=type=bind,source=requirements.torch-example-test-5811faf2.txt,target=/run/requirements.torch-example-test-5811faf2.txt \
    --mount=type=cache,id=lading-uv-amd64,target=/mnt,sharing=locked \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    --mount=type=secret,id=LICENCE,required=true \
    --mount=type=secret,id=CORP_TOKEN,required=true \
    : 'inputs 6ac26aa82fc53ec2' && \
    : 'secret LICENCE version 7' && \
    { [ ! -s /run/ca-bundle.pem ] || export SSL_CERT_FILE=/run/ca-bundle.pem; } && \
    export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_INSTALLER_METADATA=1 UV_CACHE_DIR=/mnt && \
    /run/uv venv --python 3.12 /opt/venv && \
    grep -E '^(home|include-system-site-packages) = ' /opt/venv/pyvenv.cfg >/opt/venv/kept && \
    mv /opt/venv/kept /opt/venv/pyvenv.cfg && \
    rm -f /opt/venv/.gitignore /opt/venv/CACHEDIR.TAG /opt/venv/bin/*activate* /opt/venv/bin/pydoc.bat /opt/venv/lib/python3.12/site-packages/_virtualenv.* && \
    export PYC_INVALIDATION_MODE=UNCHECKED_HASH && \
    /run/uv pip install --python /opt/venv --compile-bytecode --no-deps --only-binary :all: --require-hashes -r /run/requirements.txt && \
    UV_INDEX_CORP_USERNAME=ci UV_INDEX_CORP_PASSWORD="$(cat /run/secrets/CORP_TOKEN)" /run/uv pip install --python /opt/venv --compile-bytecode --no-deps --only-binary :all: --require-hashes --default-index corp=https://packages.example.test/simple -r /run/requirements.corp-9417cd4d.txt && \
    /run/uv pip install --python /opt/venv --compile-bytecode --no-deps --only-binary :all: --require-hashes --default-index https://torch.example.test/whl/cpu -r /run/requirements.torch-example-test-5811faf2.txt && \
    rm -f /opt/venv/.lock
ENV PATH="/opt/venv/bin:${PATH}"

# service.py:7 run
# hadolint ignore=DL4006
RUN --mount=type=bind,source=ca-bundle.sh,target=/run/ca-bundle.sh \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    --mount=type=secret,id=HF,required=true \
    : 'secret HF version 2'; . /run/ca-bundle.sh; HF="$(cat /run/secrets/HF)" || exit 1; export HF; fetch | tar -x && echo "$HF"

# service.py:8 run_script
RUN --mount=type=bind,source=scripts/7da285cf8bf193d7.sh,target=/run/7da285cf8bf193d7.sh \
    --mount=type=bind,source=ca-bundle.sh,target=/run/ca-bundle.sh \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    --mount=type=secret,id=KEY,required=true \
    . /run/ca-bundle.sh; API_KEY="$(cat /run/secrets/KEY)" || exit 1; export API_KEY; /run/7da285cf8bf193d7.sh

ENV HOME=/home/lading \
    USER=lading
LABEL org.opencontainers.image.base.digest=sha256:2222222222222222222222222222222222222222222222222222222222222222 \
    org.opencontainers.image.base.name=registry.access.redhat.com/ubi9/ubi-minimal
USER 10001:0
