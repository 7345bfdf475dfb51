# Made by Lading: changes belong in the Image that this was made from, and are lost here.
FROM registry.example.test:5000/team/base:7@sha256:1111111111111111111111111111111111111111111111111111111111111111
SHELL ["/bin/sh", "-c"]
USER 0

# who the container runs as: 10001:0
RUN { [ -z "$(tail -c 1 /etc/passwd)" ] || echo >>/etc/passwd; } && \
    { grep -qs -e '^lading:' -e '^[^:]*:[^:]*:10001:' /etc/passwd || printf '%s\n' lading:x:10001:0::/home/lading:/bin/sh >>/etc/passwd; } && \
    mkdir -p -- /home/lading /app && \
    chown 10001:0 -- /home/lading /app && \
    chmod g=u -- /home/lading /app
WORKDIR /app

# service.py:5 system packages curl
# hadolint ignore=DL3018
RUN --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    { [ ! -s /run/ca-bundle.pem ] || export SSL_CERT_FILE=/run/ca-bundle.pem; } && \
    apk add --no-cache -- curl && \
    rm -f /var/log/apk.log

# service.py:6 run
RUN --mount=type=bind,source=ca-bundle.sh,target=/run/ca-bundle.sh \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    . /run/ca-bundle.sh; curl --version

ENV HOME=/home/lading \
    USER=lading
LABEL org.opencontainers.image.base.digest=sha256:2222222222222222222222222222222222222222222222222222222222222222 \
    org.opencontainers.image.base.name=registry.example.test:5000/team/base:7
USER 10001:0
CMD ["curl"]
