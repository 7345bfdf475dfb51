#!/bin/sh
# The main job, shown on examples/served: lock, freeze, look at the Dockerfile, build. It takes a
# package index and Debian's archive: no registry, no root, and no container engine. Where there is
# one, it starts the image and asks it; then it builds examples/iris, which runs a command.
#
# `make demo` runs this. By hand, from anywhere: PATH="$PWD/.venv/bin:$PATH" sh examples/demo.sh
#
#   LADING_DEMO_ENGINE  the container engine, in place of the first that can serve
#
# It works on a copy in a temporary folder, and leaves nothing behind: no container, no image.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/lading-demo.XXXXXX")
served="lading-demo:served-$$"
iris="lading-demo:iris-$$"
engine=
container=

clean() {
    code=$?
    trap - EXIT HUP INT TERM
    if [ -n "$container" ]; then "$engine" rm --force "$container" >/dev/null 2>&1 || :; fi
    if [ -n "$engine" ]; then "$engine" rmi --force "$served" "$iris" >/dev/null 2>&1 || :; fi
    rm -rf "$work"
    exit "$code"
}
trap clean EXIT
trap 'exit 130' HUP INT TERM

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n== %s\n' "$*"; }
indented() { sed 's/^/    /'; }

# What lading says is shown, and its exit code kept, which a pipe would lose.
shown() {
    if "$@" >"$work/said" 2>&1; then code=0; else code=$?; fi
    indented <"$work/said"
    return "$code"
}

command -v lading >/dev/null 2>&1 || {
    echo "demo: lading is not on PATH; 'make demo' puts it there" >&2
    exit 1
}

copied() { # EXAMPLE FILE...
    example=$1
    shift
    mkdir "$work/$example"
    for file in "$@"; do cp "$here/$example/$file" "$work/$example/"; done
    cd "$work/$example"
}

cat >"$work/ask.py" <<'PYTHON'
import json
import sys
import time
import urllib.request

url, flowers = sys.argv[1], [[5.1, 3.5, 1.4, 0.2], [6.3, 3.3, 6.0, 2.5]]
# The container is here, whatever proxy leads out.
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
for attempt in range(150):
    try:
        direct.open(url + "/healthz", timeout=5).close()
        break
    except OSError:
        time.sleep(0.2)
else:
    sys.exit(f"no answer from {url} in 30 s")
asked = urllib.request.Request(
    url + "/predict",
    json.dumps(flowers).encode(),
    {"Content-Type": "application/json"},
)
with direct.open(asked, timeout=120) as answer:
    print(f"POST /predict {json.dumps(flowers)}")
    print(answer.read().decode())
PYTHON

asked() { # TAG
    container=$("$engine" run --detach --publish 127.0.0.1::8000 "$1")
    address=$("$engine" port "$container" 8000/tcp | head -n 1)
    shown python3 "$work/ask.py" "http://$address" || {
        "$engine" logs "$container" 2>&1 | tail -n 30 | indented
        exit 1
    }
    began=$(date +%s)
    "$engine" stop --time 10 "$container" >/dev/null
    echo "    stopped by SIGTERM in $(($(date +%s) - began)) s"
    "$engine" rm --force "$container" >/dev/null
    container=
}

copied served pyproject.toml requirements.txt service.py weights.json

say "The image, as it is written in service.py"
sed -n '/Image(base_image/,/^    )/p' service.py

say "lading lock: every version, hash and digest, of Python's packages and of Debian's"
shown lading lock
wc -l <lading.lock | awk '{ print "    lading.lock has " $1 " lines; these are its first:" }'
sed -n '1,12p' lading.lock | cut -c1-96 | indented

say "lading freeze: a complete build context, with nothing left to choose"
shown lading freeze
(cd .lading/* && find . -type f | LC_ALL=C sort | indented)

say "lading dockerfile: what an engine would be given"
lading dockerfile --quiet | indented

say "lading build: the image itself, with no engine, no registry and no root"
began=$(date +%s)
shown lading build --output image.tar
echo "    that took $(($(date +%s) - began)) s, and nothing but Python; what is in it:"
lading inspect image.tar >"$work/inspected"
indented <"$work/inspected"

set --
if [ -n "${LADING_DEMO_ENGINE:-}" ]; then
    set -- --engine "$LADING_DEMO_ENGINE"
elif ! lading doctor >"$work/doctor" 2>&1; then
    say "It is not started: no container engine can serve here. lading doctor:"
    indented <"$work/doctor"
    exit 0
fi

copied iris pyproject.toml requirements.txt service.py train.py
say "lading build, with an engine: iris trains its model (the first time, this takes a while)"
began=$(date +%s)
if ! lading build --json --tag "$iris" "$@" >"$work/built" 2>"$work/said"; then
    tail -n 30 "$work/said" | indented
    exit 1
fi
built_by=$(sed -n 's/.*"engine": *"\([^"]*\)".*/\1/p' "$work/built")
echo "    $built_by built it in $(($(date +%s) - began)) s"

# What runs it: buildx and buildctl hand their images to docker, buildah shares podman's.
case $built_by in
docker | buildx | buildctl) engine=docker ;;
podman | buildah) engine=podman ;;
nerdctl) engine=nerdctl ;;
esac
if ! command -v "${engine:-nothing}" >/dev/null 2>&1; then
    echo "    $built_by does not run images: start it where one can."
    engine=
    exit 0
fi

say "The container answers"
asked "$iris"

cd "$work/served"
say "And so does the one that was made without an engine, of the archive that it loads"
lading build --quiet --tag "$served" --output docker-archive:docker.tar
"$engine" load --input docker.tar >"$work/said" 2>&1 || {
    indented <"$work/said"
    exit 1
}
asked "$served"
say "Done: nothing is left of it but the engine's cache."
