#!/bin/sh
# Brings a fresh Debian machine to the point where `make run` (argument: run) or `make test` (argument: test) works.
# Repeats in well under a second once everything is there.
set -eu
cd "$(dirname "$0")/.."

apt_install() {
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "error: this machine lacks $*; install it first:  sudo apt-get install -y $*" >&2
        exit 1
    fi
    [ -n "${apt_updated:-}" ] || apt-get update -qq
    apt_updated=1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

python=
for candidate in python3 python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null &&
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "error: Python 3.11 or newer is needed; on Debian 12:  sudo apt-get install -y python3 python3-venv" >&2
    exit 1
fi

# The stamp names what was installed, so that a changed lock or setup.cfg installs again.
stamp=.venv/.installed-$(cat deploy/locks/dev.txt setup.cfg | sha256sum | cut -c1-16)
if [ ! -e "$stamp" ]; then
    echo "Installing Python packages into .venv (once)…"
    "$python" -c 'import ensurepip' 2>/dev/null || apt_install python3-venv
    # One that was interrupted half way lacks pip.
    .venv/bin/python -m pip --version >/dev/null 2>&1 || "$python" -m venv --clear .venv
    .venv/bin/python -m pip install -q uv==0.13.9 2>/dev/null || .venv/bin/python -m pip install uv==0.13.9
    # As pip does: a network that inspects TLS, as many departments' do, has its authority in the system's store.
    export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-1}"
    .venv/bin/uv pip install -q --compile-bytecode --python .venv/bin/python --require-hashes -r deploy/locks/dev.txt
    .venv/bin/uv pip install -q --python .venv/bin/python --no-deps -e .
    rm -f .venv/.installed-*
    touch "$stamp"
fi

if [ "${1:-run}" = test ]; then
    [ -n "$(ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null)" ] || command -v initdb >/dev/null || apt_install postgresql
    command -v chromium >/dev/null || apt_install chromium
    command -v dbus-daemon >/dev/null || apt_install dbus-daemon
    command -v node >/dev/null || apt_install nodejs
    command -v npm >/dev/null || apt_install npm
    # Virtual machines for the tests of the radio.
    PATH=$PATH:/usr/sbin:/sbin
    command -v qemu-system-x86_64 >/dev/null && command -v mmdebstrap >/dev/null && command -v cpio >/dev/null &&
        command -v depmod >/dev/null || apt_install qemu-system-x86 mmdebstrap cpio kmod
    # MicroPython for the test of the firmware; LINE's own SDK, which is not open source, for the one of the page.
    for package in tests/micropython tests/liff_sdk; do
        if ! cmp -s $package/package-lock.json $package/node_modules/.installed; then
            (cd $package && npm ci --silent --no-audit --no-fund --ignore-scripts)
            cp $package/package-lock.json $package/node_modules/.installed
        fi
    done
    fc-list :lang=zh-tw family 2>/dev/null | grep -q . || apt_install fonts-noto-cjk fontconfig
fi
