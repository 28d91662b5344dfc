#!/bin/sh
# Everything that can be said about the code without running it. All checks run; what failed is listed at the end.
set -u
python=.venv/bin/python
failed=""

check() {
    name=$1
    shift
    echo "== $name"
    "$@" || failed="$failed $name"
}

check ruff-check $python -m ruff check .
check ruff-format $python -m ruff format --check .
check mypy $python -m mypy
check lint-imports .venv/bin/lint-imports
check djlint $python -m djlint --lint --quiet templates
check packages $python tools/check_packages.py
check translations $python tools/translations.py check

if [ -n "$failed" ]; then
    echo "FAILED:$failed" >&2
    exit 1
fi
echo "All checks passed."
