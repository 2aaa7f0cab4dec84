#!/bin/sh
# Makes .venv at the root of the project with what the benchmarks need. Does nothing if it is there
# and up to date.
set -eu
cd "$(dirname "$0")/.."
stamp=.venv/benches-requirements.txt
if [ -x .venv/bin/python ] && cmp -s benches/requirements.txt "$stamp"; then
    exit 0
fi
[ -x .venv/bin/python ] || python3 -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check -r benches/requirements.txt
cp benches/requirements.txt "$stamp"
