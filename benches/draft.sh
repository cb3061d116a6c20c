#!/usr/bin/env bash
# How long it takes to compare a database with what it should be, beside Alembic's autogenerate, on the same PostgreSQL database.
#
#     ./test -- benches/draft.sh [--check | --smoke PROGRAM] [--tables N] [--rounds N]
#
# Alembic comes from pip into a virtual environment under target/. Both work in their own process, and take turns.
# --check: exit code 1 if reading and comparing takes 2 s or more, or more than a tenth of Alembic's time; or more than 3 s with a view
# and a function for every five tables.
# --smoke: everything once with few tables, by this build of the bench; it shows that the benchmark works, and tells nothing of time.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly ROOT
DIR=${CARGO_TARGET_DIR:-$ROOT/target}/alembic
readonly DIR

usage() { sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

main() {
    local rounds=5 tables=1000 check=no program=${CARGO_TARGET_DIR:-$ROOT/target}/release/draft
    local build=(--release --package ambix-benches --bin draft)
    while [ $# -gt 0 ]; do
        case $1 in
        --check) check=check ;;
        --smoke)
            [ -x "${2:-}" ] || { usage >&2 && exit 2; }
            rounds=1 tables=10 program=$(realpath "$2") build=()
            shift
            ;;
        --rounds | --tables)
            [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || { usage >&2 && exit 2; }
            printf -v "${1#--}" %s "$2"
            shift
            ;;
        *) usage >&2 && exit 2 ;;
        esac
        shift
    done
    [ -n "${AMBIX_TEST_POSTGRES_URL:-}" ] || { usage >&2 && exit 2; }
    mkdir -p "$DIR"
    [ -x "$DIR/venv/bin/python" ] || python3 -m venv "$DIR/venv"
    "$DIR/venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$ROOT/benches/alembic/requirements.txt"
    [ ${#build[@]} = 0 ] || (cd "$ROOT" && cargo build --quiet "${build[@]}")
    "$DIR/venv/bin/python" "$ROOT/benches/draft/measure.py" "$program" "$tables" "$rounds" "$check"
}

main "$@"
