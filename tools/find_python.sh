#!/bin/sh
# Prints a Python that is new enough and can make virtual environments; says what is missing when there is none.
# PYTHON=/path/to/python overrides the search.
set -eu

new_enough='import sys; sys.exit(sys.version_info < (3, 11))'
without_venv=""
for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
    command -v "$candidate" >/dev/null 2>&1 || continue
    "$candidate" -c "$new_enough" >/dev/null 2>&1 || continue
    if "$candidate" -c 'import venv, ensurepip' >/dev/null 2>&1; then
        command -v "$candidate"
        exit 0
    fi
    without_venv=$candidate
done

{
    if [ -n "$without_venv" ]; then
        echo "$without_venv cannot make virtual environments: its venv and ensurepip modules are not installed."
        echo "On Debian and Ubuntu: sudo apt-get install python3-venv"
    elif [ -n "${PYTHON:-}" ]; then
        echo "PYTHON=$PYTHON is not a working Python 3.11 or newer."
    else
        echo "Kouba needs Python 3.11 or newer, and none was found as python3, python3.11 to python3.14 or python."
        echo "On Debian 12, Ubuntu 24.04 or later: sudo apt-get install python3 python3-venv"
        echo "On macOS: brew install python"
        echo "Installed elsewhere? make PYTHON=/path/to/python3 ..."
    fi
} >&2
exit 1
