#!/usr/bin/env bash
# Starts, and stops, what the engine tests need: a Docker daemon and an image registry on loopback,
# and base images made from Debian's packages, since no public registry can be asked.
#
#   ci/engines.sh start    starts what is not running; the last line of output is the env file's path
#   ci/engines.sh stop     ends what `start` started, by its process ids
#
# Everything is kept under $LADING_CI_DIR (default for `start`: a new temporary directory), so it
# neither sees nor changes the machine's own Docker, Podman or Buildah. Base images' tarballs are kept
# in $LADING_CI_CACHE (default: inside $LADING_CI_DIR) and made again only where they are missing.
# Needs root on Debian or Ubuntu, with docker.io, docker-registry and mmdebstrap installed.
set -euo pipefail

readonly SUITE=bookworm
readonly NEWER_SUITE=trixie
readonly DAEMON_SECONDS=60
readonly BOOTSTRAP_SECONDS=400

say() {
  printf 'engines: %s\n' "$*" >&2
}

die() {
  say "error: $*"
  exit 1
}

# Says whether the process in a pid file still runs as the program that wrote the file: a pid may
# have been given to another process since.
alive() { # PIDFILE PROGRAM
  local pid
  [[ -s $1 ]] || return 1
  pid=$(<"$1")
  [[ -r /proc/$pid/cmdline ]] || return 1
  [[ $(tr '\0' '\n' <"/proc/$pid/cmdline" | head -n 1) == "$2" ]]
}

# Tries a command every half second until it succeeds, at most so many seconds.
await() { # SECONDS COMMAND...
  local tries=$(($1 * 2))
  shift
  for ((; tries > 0; tries--)); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.5
  done
  return 1
}

listens() { # PORT
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

free_port() {
  local port
  for port in {5000..5019}; do
    if ! listens "$port"; then
      echo "$port"
      return
    fi
  done
  die 'no free port for the registry among 5000 to 5019'
}

# ---------------------------------------------------------------------------------------- daemons

docker_client() {
  DOCKER_BUILDKIT=1 DOCKER_HOST="unix://$dir/docker.sock" /usr/bin/docker "$@"
}

# The bridge must not promise more than the host's way out carries: some networks drop the
# "fragmentation needed" answers, and large downloads then hang.
default_mtu() {
  local interface
  interface=$(awk '$2 == "00000000" { print $1; exit }' /proc/net/route)
  cat "/sys/class/net/$interface/mtu" 2>/dev/null || echo 1500
}

# All of a daemon is under its name: its socket, storage, log and process.
launch_dockerd() { # PROGRAM NAME OPTION...
  local program=$1 name=$2
  shift 2
  rm -f "$dir/${name}d.pid"
  PATH="/usr/sbin:/usr/bin:/sbin:/bin" setsid "$program" \
    --host "unix://$dir/$name.sock" \
    --data-root "$dir/$name" \
    --exec-root "$dir/$name-exec" \
    --pidfile "$dir/${name}d.pid" \
    --config-file "$dir/daemon.json" \
    --storage-driver overlay2 \
    --mtu "$(default_mtu)" \
    "$@" </dev/null >"$dir/${name}d.log" 2>&1 &
}

spawn_dockerd() { # OPTION...
  launch_dockerd /usr/sbin/dockerd docker "$@"
  await "$DAEMON_SECONDS" docker_client version
}

another_dockerd() {
  local name
  for name in /proc/[0-9]*/comm; do
    if [[ $(cat "$name" 2>/dev/null) == dockerd ]]; then return 0; fi
  done
  return 1
}

# Beside another daemon ours needs a bridge of its own: on a shared one both would hand out the same
# addresses, and a daemon that is started without a bridge removes docker0 for all.
add_bridge() { # FILE NETWORK
  local name="lading$2-$(($$ % 10000))"
  ip link add name "$name" type bridge
  echo "$name" >"$dir/$1"
  ip address add "10.$2.$(($$ % 250)).1/24" dev "$name"
  ip link set "$name" up
}

remove_bridge() { # FILE
  [[ -s $dir/$1 ]] || return 0
  ip link delete "$(<"$dir/$1")" || say 'a bridge is left'
  rm -f "$dir/$1"
}

start_dockerd() {
  if alive "$dir/dockerd.pid" /usr/sbin/dockerd; then return; fi
  say 'starting dockerd'
  echo '{}' >"$dir/daemon.json"
  if another_dockerd; then
    say 'another Docker daemon is running: this one gets a bridge of its own'
    remove_bridge bridge
    add_bridge bridge 213
    spawn_dockerd --bridge "$(<"$dir/bridge")" && return
  else
    spawn_dockerd && return
    # Where nobody may set up a bridge or a packet filter, builds can still use the host's network.
    say 'dockerd did not start; trying without a bridge network'
    stop_one "$dir/dockerd.pid" /usr/sbin/dockerd
    spawn_dockerd --bridge none --iptables=false && return
  fi
  tail -n 20 "$dir/dockerd.log" >&2
  die 'dockerd did not start'
}

registry_answers() {
  listens "$port" && alive "$dir/registry.pid" /usr/bin/docker-registry
}

start_registry() {
  if alive "$dir/registry.pid" /usr/bin/docker-registry; then
    port=$(<"$dir/registry.port")
    return
  fi
  port=$(free_port)
  say "starting the registry at 127.0.0.1:$port"
  cat >"$dir/registry.yml" <<END
version: 0.1
log: {level: warn}
storage:
  filesystem: {rootdirectory: $dir/registry}
  delete: {enabled: true}
http: {addr: "127.0.0.1:$port"}
END
  setsid /usr/bin/docker-registry serve "$dir/registry.yml" \
    </dev/null >"$dir/registry.log" 2>&1 &
  echo "$!" >"$dir/registry.pid"
  echo "$port" >"$dir/registry.port"
  await "$DAEMON_SECONDS" registry_answers || {
    tail -n 20 "$dir/registry.log" >&2
    die 'the registry did not start'
  }
}

stop_one() { # PIDFILE PROGRAM
  if alive "$1" "$2"; then
    say "stopping ${2##*/}, process $(<"$1")"
    kill "$(<"$1")" || true
    await 20 gone "$1" "$2" || kill -KILL "$(<"$1")" || true
  fi
  rm -f "$1"
}

gone() {
  ! alive "$@"
}

# Docker and Podman leave their storage mounted onto itself, and the folder can't be removed then.
unmount_all() {
  local -a mounts
  mapfile -t mounts < <(awk -v dir="$dir/" 'index($5, dir) == 1 { print $5 }' /proc/self/mountinfo |
    sort --reverse)
  ((${#mounts[@]} == 0)) || umount --lazy "${mounts[@]}" || say 'some mounts are left'
}

# ------------------------------------------------------------------------------------ base images

# The machine's own apt knows which mirror can be reached. Without an entry for the suite (another
# distribution's machine), mmdebstrap's default serves.
apt_sources() {
  # shellcheck disable=SC2016  # apt expands these itself
  apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    grep -E " $SUITE(-[a-z]+)? main\$" | sort -u || true
}

# Makes a root file system as the "slim" images have it: minimal, no manuals, no package lists, and
# settings by which dpkg doesn't wait for the disk and apt fetches no translations.
bootstrap() { # TARBALL OPTION...
  local tarball=$1 sources
  shift
  if [[ -s $tarball ]]; then return; fi
  sources=$(apt_sources)
  # "-" reads the sources from standard input; without it mmdebstrap takes its own default mirror.
  timeout "$BOOTSTRAP_SECONDS" mmdebstrap --quiet --variant=minbase \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt=force-unsafe-io --aptopt='Acquire::Languages "none"' \
    "$@" "$SUITE" "$tarball.part.tar" ${sources:+-} <<<"$sources"
  mv "$tarball.part.tar" "$tarball"
}

# Python is also under the names and at the place where the official images have it.
bootstrap_python() {
  # shellcheck disable=SC2016  # "$1" is the hook's own: the new root
  bootstrap "$cache/python-3.11-$SUITE.tar" --include=python3,ca-certificates \
    --customize-hook='for name in python python3 python3.11; do
      ln -s /usr/bin/python3.11 "$1/usr/local/bin/$name"
    done'
}

bootstrap_bare() {
  bootstrap "$cache/bare-$SUITE.tar"
}

publish() { # TARBALL REFERENCE CHANGE...
  local tarball=$1 reference=$2 change
  local -a changes=()
  shift 2
  if docker_client image inspect "$reference" >/dev/null 2>&1; then return; fi
  for change in 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' "$@"; do
    changes+=(--change "$change")
  done
  docker_client import "${changes[@]}" "$tarball" "$reference" >/dev/null
  docker_client push --quiet "$reference" >/dev/null
}

make_bases() {
  local python_job bare_job
  say "making the base images (cache: $cache)"
  bootstrap_python &
  python_job=$!
  bootstrap_bare &
  bare_job=$!
  wait "$python_job" || die 'the base image with Python could not be made'
  wait "$bare_job" || die 'the base image without Python could not be made'
  local python="$cache/python-3.11-$SUITE.tar"
  publish "$python" "$base" 'ENV LANG=C.UTF-8' 'CMD ["python3"]'
  publish "$python" "$base_user" 'ENV LANG=C.UTF-8' 'CMD ["python3"]' 'USER 1001'
  publish "$cache/bare-$SUITE.tar" "$base_bare" 'CMD ["bash"]'
}

# -------------------------------------------------------------------------------- the environment

# A container on the bridge that can't reach Debian's mirror can't reach a package index either.
build_network() {
  if docker_client run --rm "$base" timeout 60 apt-get -qq -o APT::Update::Error-Mode=any \
    -o Acquire::Retries=0 update >/dev/null 2>&1; then
    echo default
  else
    echo host
  fi
}

# The limit that this process has, or a lower one: nobody here may raise a limit.
limit() { # ULIMIT-LETTER AT-MOST
  local hard
  hard=$(ulimit "-H$1")
  if [[ $hard == unlimited ]] || ((hard > $2)); then hard=$2; fi
  echo "$hard:$hard"
}

# Debian 12 has no buildx, and its Docker is of a time before BuildKit knew named contexts. The next
# release's programs run here as well; apt fetches and checks them in folders of its own, so that the
# machine's packages stay those of its release.
fetch_newer() {
  local apt="$dir/apt" mirror
  local -a options=(
    -o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$apt/lists" -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root
  )
  if [[ -x $dir/newer-bin/dockerd ]]; then return; fi
  say 'fetching buildx and a newer Docker'
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
  mirror=$(apt_sources | awk -v suite="$SUITE" '$3 == suite { print $2; exit }')
  [[ -n $mirror ]] || die 'apt names no Debian mirror to fetch buildx from'
  echo "deb $mirror $NEWER_SUITE main" >"$apt/sources.list"
  apt-get -qq "${options[@]}" update >&2
  (cd "$apt" && apt-get -qq "${options[@]}" download docker-buildx docker.io) >&2
  take_program docker-buildx ./usr/libexec/docker/cli-plugins/docker-buildx "$dir/docker-config/cli-plugins"
  take_program docker.io ./usr/sbin/dockerd "$dir/newer-bin"
}

take_program() { # PACKAGE PATH FOLDER
  mkdir -p "$3"
  dpkg-deb --fsys-tarfile "$dir/apt/$1"_*.deb | tar -xO "$2" >"$3/${2##*/}"
  chmod +x "$3/${2##*/}"
}

# It needs no network but loopback, for the registry: it leaves the packet filter alone.
start_newer() {
  if alive "$dir/newerd.pid" "$dir/newer-bin/dockerd"; then return; fi
  say 'starting the newer dockerd'
  remove_bridge newer-bridge
  add_bridge newer-bridge 214
  launch_dockerd "$dir/newer-bin/dockerd" newer --bridge "$(<"$dir/newer-bridge")" \
    --iptables=false --ip6tables=false
  await "$DAEMON_SECONDS" env "DOCKER_HOST=unix://$dir/newer.sock" /usr/bin/docker version && return
  tail -n 20 "$dir/newerd.log" >&2
  die 'the newer dockerd did not start'
}

# Podman, Buildah and Skopeo keep their storage here too, and may speak HTTP to our registry only.
write_containers_config() {
  cat >"$dir/storage.conf" <<END
[storage]
driver = "overlay"
graphroot = "$dir/containers"
runroot = "$dir/containers-run"
END
  cat >"$dir/registries.conf" <<END
unqualified-search-registries = []
[[registry]]
location = "127.0.0.1:$port"
insecure = true
END
  # Podman asks for more open files and processes than a confined root may have, and then fails.
  # runc, since crun refuses machines that have both versions of cgroups mounted.
  cat >"$dir/containers.conf" <<END
[containers]
default_ulimits = ["nofile=$(limit n 16384)", "nproc=$(limit u 16384)"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
END
}

# The distribution's own client knows BuildKit; another one that is first on PATH may lack buildx.
write_bin() {
  mkdir -p "$dir/bin"
  ln -sf /usr/bin/docker "$dir/bin/docker"
}

write_env() {
  write_bin
  write_containers_config
  cat >"$dir/engines.env.part" <<END
export PATH='$dir/bin':"\$PATH"
export DOCKER_HOST='unix://$dir/docker.sock'
export LADING_TEST_NEWER_DOCKER='unix://$dir/newer.sock'
export LADING_TEST_BUILDX_CONFIG='$dir/docker-config'
export DOCKER_BUILDKIT=1
export BUILDAH_ISOLATION=chroot
export CONTAINERS_STORAGE_CONF='$dir/storage.conf'
export CONTAINERS_REGISTRIES_CONF='$dir/registries.conf'
export CONTAINERS_CONF='$dir/containers.conf'
export LADING_TEST_REGISTRY='127.0.0.1:$port'
export LADING_TEST_BASE='$base'
export LADING_TEST_BASE_USER='$base_user'
export LADING_TEST_BASE_BARE='$base_bare'
export LADING_TEST_NETWORK='$(build_network)'
END
  mv "$dir/engines.env.part" "$dir/engines.env"
}

# --------------------------------------------------------------------------------------- commands

start() {
  local program
  [[ $(id -u) == 0 ]] || die 'root is needed to start a Docker daemon'
  for program in /usr/sbin/dockerd /usr/bin/docker /usr/bin/docker-registry /usr/bin/mmdebstrap; do
    [[ -x $program ]] || die "$program is missing: apt-get install docker.io docker-registry mmdebstrap"
  done
  dir=${LADING_CI_DIR:-$(mktemp -d)}
  cache=${LADING_CI_CACHE:-$dir/cache}
  mkdir -p "$dir" "$cache"
  dir=$(cd "$dir" && pwd -P)
  cache=$(cd "$cache" && pwd -P)
  start_dockerd
  start_registry
  base="127.0.0.1:$port/python:3.11-slim-$SUITE"
  base_user="127.0.0.1:$port/python:3.11-slim-$SUITE-user"
  base_bare="127.0.0.1:$port/debian:$SUITE"
  make_bases
  fetch_newer
  start_newer
  write_env
  say 'ready'
  echo "$dir/engines.env"
}

stop() {
  dir=$(cd "${LADING_CI_DIR:?names the directory that start was given}" && pwd -P)
  stop_one "$dir/registry.pid" /usr/bin/docker-registry
  stop_one "$dir/newerd.pid" "$dir/newer-bin/dockerd"
  stop_one "$dir/dockerd.pid" /usr/sbin/dockerd
  remove_bridge newer-bridge
  remove_bridge bridge
  unmount_all
}

case ${1-} in
  start) start ;;
  stop) stop ;;
  *) die 'usage: ci/engines.sh start|stop' ;;
esac
