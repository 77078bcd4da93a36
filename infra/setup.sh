#!/bin/sh
# Puts the pinned requirements into .venv, and Pledge itself from this folder:
#   infra/setup.sh requirements.txt
# Needs Python 3.11 or newer. On Debian, where `venv` is a package of its own, it is
# installed when we may, and asked for when we may not.
set -eu
cd "$(dirname "$0")/.."
requirements=$1

fail() {
    echo "$1" >&2
    exit 1
}

find_python() {
    for python in "${PYTHON:-python3}" python3.11 python3.12 python3.13 python3.14; do
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            return
        fi
    done
    fail "Python 3.11 or newer is needed, and not on the PATH: on Debian 12, apt-get install python3"
}

install_venv() {
    package=python3-venv
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        fail "Python's venv module is needed: on Debian, as root, apt-get install $package"
    fi
    echo "installing $package"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$package"
}

has_pip() {
    .venv/bin/python -m pip --version >/dev/null 2>&1
}

if ! has_pip && ! .venv/bin/python -m ensurepip >/dev/null 2>&1; then
    find_python
    "$python" -c 'import ensurepip, venv' 2>/dev/null || install_venv
    "$python" -m venv --clear .venv
fi
echo "installing $requirements into .venv"
pip() {
    .venv/bin/python -m pip --quiet --disable-pip-version-check install "$@"
}
pip --require-hashes -r "$requirements"
pip --no-deps --no-build-isolation -e .
