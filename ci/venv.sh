#!/bin/sh
# Makes the project's virtual environment: every dependency from the committed lock, each checked by
# its hash, then the project itself as an editable install. `make` calls this where the lock or
# pyproject.toml changed.
#
#   PYTHON=/usr/bin/python3.12 ci/venv.sh .venv
#
# Without PYTHON, the newest Python from 3.11 on that can be found is taken.
set -eu

readonly venv="${1:?usage: ci/venv.sh DIRECTORY}"

say() {
  printf 'venv: %s\n' "$*" >&2
}

die() {
  say "error: $*"
  exit 1
}

# Run, not only looked for: a name on PATH may be a version manager's shim without a Python behind it.
new_enough() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

can_make_venvs() {
  "$1" -c 'import ensurepip, venv' >/dev/null 2>&1
}

# The first candidate that can make environments; else the first that is new enough.
find_python() {
  second=
  for candidate in python3.14 python3.13 python3.12 python3.11 python3; do
    new_enough "$candidate" || continue
    if can_make_venvs "$candidate"; then
      echo "$candidate"
      return
    fi
    second=${second:-$candidate}
  done
  echo "$second"
}

# Debian and Ubuntu keep ensurepip in a package of its own.
install_ensurepip() { # PYTHON
  package=$("$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
  hint="install it: apt-get install $package"
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    die "$1 can't make virtual environments; $hint"
  fi
  say "$1 can't make virtual environments: installing $package"
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends --yes "$package" \
    >/dev/null </dev/null
  can_make_venvs "$1" || die "$1 still can't make virtual environments; $hint"
}

# An environment whose Python is gone, or that was moved here from elsewhere, is of no use.
usable() {
  "$venv/bin/python" -m pip --version >/dev/null 2>&1 && "$venv/bin/pip" --version >/dev/null 2>&1
}

make_venv() {
  python=${PYTHON:-$(find_python)}
  [ -n "$python" ] || die "no Python 3.11 or newer on PATH; name one: make PYTHON=/path/to/python3"
  new_enough "$python" || die "$python is no Python 3.11 or newer; name one: make PYTHON=..."
  can_make_venvs "$python" || install_ensurepip "$python"
  say "making $venv with $("$python" --version)"
  "$python" -m venv --clear "$venv"
}

install() {
  "$venv/bin/python" -m pip --disable-pip-version-check install --quiet "$@"
}

# What `python -m venv` brings (pip, setuptools) stays: pip is only ever asked for what is locked.
usable || make_venv
say 'installing requirements-dev.txt'
# The lock is complete. Left to look at dependencies, pip asks for a newer coverage, for its extra, than is pinned.
install --no-deps --require-hashes --requirement requirements-dev.txt
say 'installing the project'
install --no-index --no-deps --no-build-isolation --editable .
