#!/usr/bin/env bash
# How long the command line takes beside Alembic's, from the start of the process to its end, with 1,000 migrations.
#
#     ./test -- benches/alembic.sh [--check | --smoke PROGRAM] [--rounds N] [--count N]     on SQLite and PostgreSQL
#     benches/alembic.sh ...                                                        on SQLite
#
# Alembic comes from pip into a virtual environment under target/; ambix is built as it is installed. Both take turns.
# --check: exit code 1 if a command takes a tenth of Alembic's time or more.
# --smoke: everything once with few migrations, by this build of ambix; it shows that the benchmark works, and tells nothing of time.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly ROOT
readonly HERE=$ROOT/benches/alembic
DIR=${CARGO_TARGET_DIR:-$ROOT/target}/alembic
readonly DIR
# A program for another folder of builds is found there, too.
readonly BUILDS=${CARGO_TARGET_DIR:-$ROOT/target}

usage() { sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

load() { cut -d' ' -f1-3 /proc/loadavg 2>/dev/null || uptime; }

provide_alembic() {
    [ -x "$DIR/venv/bin/python" ] || python3 -m venv "$DIR/venv"
    # Says in a moment that nothing is missing where nothing is.
    "$DIR/venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$HERE/requirements.txt"
}

main() {
    local rounds=11 count=1000 check=no ambix=$BUILDS/release/ambix build=(--release --package ambix --features full --bin ambix)
    while [ $# -gt 0 ]; do
        case $1 in
        --check) check=check ;;
        --smoke)
            [ -x "${2:-}" ] || { usage >&2 && exit 2; }
            rounds=1 count=10 ambix=$(realpath "$2") build=()
            shift
            ;;
        --rounds | --count)
            [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || { usage >&2 && exit 2; }
            printf -v "${1#--}" %s "$2"
            shift
            ;;
        *) usage >&2 && exit 2 ;;
        esac
        shift
    done
    mkdir -p "$DIR"
    provide_alembic
    [ ${#build[@]} = 0 ] || (cd "$ROOT" && cargo build --quiet "${build[@]}")
    "$DIR/venv/bin/python" "$HERE/generate.py" "$DIR/run" "$count"
    "$ambix" --dir "$DIR/run/ambix" hash >/dev/null
    echo "$("$DIR/venv/bin/python" --version), alembic $("$DIR/venv/bin/python" -c 'import alembic; print(alembic.__version__)'), $("$ambix" --version)"
    echo "$count migrations, medians of $rounds rounds in turns; load before: $(load)"
    "$DIR/venv/bin/python" "$HERE/measure.py" "$DIR/run" "$ambix" "$rounds" "$check"
}

main "$@"
