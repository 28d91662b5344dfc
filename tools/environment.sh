#!/bin/sh
# Usage: tools/environment.sh LOCK   (requirements.txt, or requirements-dev.txt which holds the former too)
# Makes .venv and installs exactly what LOCK says. A copy of LOCK kept inside .venv tells that this is done already.
set -eu
lock=$1
installed=.venv/.installed

works() { .venv/bin/python -c 'import pip' >/dev/null 2>&1; }
has() { cmp -s "$1" "$installed/$1"; }

if works && has "$lock"; then
    exit 0
fi
if ! works; then
    python=$(sh tools/find_python.sh)
    echo "Making .venv with $python ($("$python" -V 2>&1))"
    "$python" -m venv --clear .venv
fi

rm -rf "$installed"
echo "Installing $(grep -c '^[a-z0-9].*==' "$lock") packages from $lock (the first time takes a minute or two)"
if ! .venv/bin/python -m pip install --quiet --no-input --disable-pip-version-check --require-hashes -r "$lock"; then
    echo "The packages in $lock could not be installed; the message above says why. Is there a network?" >&2
    exit 1
fi
mkdir -p "$installed"
cp "$lock" "$installed/"
if [ "$lock" = requirements-dev.txt ]; then
    cp requirements.txt "$installed/"
fi
