#!/usr/bin/env bash
# Installs Alembic (by pip, into a virtual environment) and dbmate (by npm) below DIR, for tests/programs.rs.
#
#     tests/adopt/tools.sh DIR
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly HERE
readonly DBMATE=2.36.0
DIR=${1:?a folder}

mkdir -p "$DIR"
# Two tests may come at the same time.
exec 9>"$DIR/lock"
flock 9

[ -x "$DIR/venv/bin/python" ] || python3 -m venv "$DIR/venv"
# Says in a moment that nothing is missing where nothing is.
"$DIR/venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$HERE/requirements.txt"

if ! "$DIR/node_modules/.bin/dbmate" --version 2>/dev/null | grep -qF "$DBMATE"; then
    npm install --silent --no-audit --no-fund --no-package-lock --prefix "$DIR" "dbmate@$DBMATE"
fi
