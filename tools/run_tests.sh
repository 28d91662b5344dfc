#!/bin/sh
# Usage: tools/run_tests.sh [pytest arguments]
# Everything but the long random runs, in two parts: first all that can share the machine, in LANES processes;
# then the races, which want it for themselves.
set -u
lanes=${LANES:-2}

KOUBA_CHROMIUM=$(.venv/bin/python tools/ensure_browser.py) || exit 1
export KOUBA_CHROMIUM
browser=""
if [ -z "$KOUBA_CHROMIUM" ]; then
    browser=" and not e2e"
fi

# 5 is pytest's word for "no test was chosen", which is right for one part when the arguments name the other.
shared=0
.venv/bin/python -m pytest -n "$lanes" --dist loadfile --no-loadscope-reorder -m "not race and not soak$browser" "$@" || shared=$?
alone=0
.venv/bin/python -m pytest -m "race and not soak$browser" "$@" || alone=$?

if [ -n "$browser" ]; then
    echo "*** THE BROWSER TESTS DID NOT RUN: there is no Chromium on this machine. ***" >&2
fi
case "$shared $alone" in
"0 0" | "0 5" | "5 0") exit 0 ;;
*)
    echo "Tests failed (shared part: $shared, races: $alone)." >&2
    exit 1
    ;;
esac
