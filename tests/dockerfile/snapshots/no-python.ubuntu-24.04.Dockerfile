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
RUN --mount=type=bind,source=apt/1.versions,target=/run/apt.versions \
    --mount=type=bind,source=apt/1.sha256,target=/run/apt.sha256 \
    --mount=type=cache,id=lading-apt-ubuntu-24.04-amd64,target=/var/cache/apt,sharing=locked \
    --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    : 'inputs 3dd66dccd302edd0' && \
    export DEBIAN_FRONTEND=noninteractive && \
    set -- -o APT::Update::Error-Mode=any -o Acquire::Languages=none -o Dir::Cache::archives=/var/cache/apt/lading -o Dir::State::Lists=/var/cache/apt/lists -o APT::Keep-Downloaded-Packages=true && \
    { [ ! -s /run/ca-bundle.pem ] || set -- "$@" -o Acquire::https::CAInfo=/run/ca-bundle.pem -o APT::Sandbox::User=root; } && \
    mkdir -p /var/cache/apt/lading/partial /var/cache/apt/lists/partial && \
    apt-get "$@" update && \
    xargs -a /run/apt.versions apt-get "$@" install --yes --no-install-recommends --no-remove --allow-downgrades --download-only -- && \
    env -C /var/cache/apt/lading sha256sum --check --strict --quiet /run/apt.sha256 && \
    xargs -a /run/apt.versions apt-get "$@" install --yes --no-install-recommends --no-remove --allow-downgrades --no-download -- && \
    rm -rf /var/lib/apt/lists/* /var/log/apt/* /var/log/dpkg.log /var/log/alternatives.log /var/cache/debconf/*-old /var/lib/dpkg/*-old /var/cache/ldconfig/aux-cache

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
