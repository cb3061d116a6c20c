# shellcheck shell=bash
# A throw-away PostgreSQL, and another one with a hot standby. Sourced by ./test.

readonly PG_OLDEST=13

postgres_usable() { [ -x "$1/postgres" ] && [ -x "$1/initdb" ]; }

# Prints the folders that may hold the server, best first.
postgres_places() {
    pg_config --bindir 2>/dev/null || true
    # Newest version first. Debian, RHEL (PGDG), Alpine, Homebrew:
    printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/libexec/postgresql*/ \
        /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin | sort -rV 2>/dev/null
    ! command -v postgres >/dev/null || dirname "$(command -v postgres)"
}

# Sets PG_BIN.
find_postgres() {
    local dir
    if [ -n "${AMBIX_TEST_POSTGRES_BIN:-}" ]; then
        PG_BIN=$AMBIX_TEST_POSTGRES_BIN
        postgres_usable "$PG_BIN" || die "AMBIX_TEST_POSTGRES_BIN: no executable postgres and initdb in $PG_BIN"
        PG_BIN=$(cd "$PG_BIN" && pwd) # absolute: the server runs in another folder
        return 0
    fi
    while read -r dir; do
        if postgres_usable "$dir"; then
            PG_BIN=$dir
            return 0
        fi
    done <<<"$(postgres_places)"
    return 1
}

# Makes the data folders of the servers. Runs in the background.
# The standby begins as a copy of the primary that never ran, which is what pg_basebackup would make, but
# takes no time and needs no pg_basebackup (slim distributions have none).
launch_postgres_setup() {
    make_data_dir postgres "$PG_USER"
    make_data_dir primary "$PG_USER"
    make_data_dir standby "$PG_USER"
    # shellcheck disable=SC2016 # for the inner shell
    launch postgres "$PG_USER" sh -c '
        set -e
        "$1/initdb" --pgdata="$2" --username=postgres --auth=trust --encoding=UTF8 --no-locale --no-sync
        cp -Rp "$2/." "$3"
        cp -Rp "$2/." "$4"
        touch "$4/standby.signal"
    ' setup "$PG_BIN" "$RUN_DIR/postgres" "$RUN_DIR/primary" "$RUN_DIR/standby"
    PG_SETUP=$LAUNCHED
}

# Nothing survives the run, so nothing has to reach the disk, and no database lives long enough for a vacuum. No Unix socket: its path may be at most 107 bytes
# long, and TMPDIR may be longer.
launch_postgres() { # NAME ARGS... PORT
    local name=$1 port=${*: -1}
    set -- "${@:2:$#-2}"
    # Huge pages for the heap spare page faults, and the tests start thousands of backends: they take a twelfth less time.
    GLIBC_TUNABLES=glibc.malloc.hugetlb=1 launch "$name" "$PG_USER" "$PG_BIN/postgres" -D "$RUN_DIR/$name" -p "$port" \
        -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
        -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c autovacuum=off \
        -c max_connections=400 "$@"
}

# Line 8 of the pid file is the server's own word on its state; asking over TCP could reach another server.
postgres_ready() { # NAME PORT
    [[ $(sed -n 8p "$RUN_DIR/$1/postmaster.pid" 2>/dev/null) == ready* ]]
}

postgres_ask() { # PORT SQL [DATABASE]
    psql -X -A -t -q -v ON_ERROR_STOP=1 "postgres://postgres@127.0.0.1:$1/${3:-postgres}?connect_timeout=10" -c "$2"
}

standby_streams() { # PRIMARY_PORT
    [ "$(postgres_ask "$1" "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'")" = 1 ]
}

# It has no standby, so it can write less to its log.
start_postgres() {
    wait "$PG_SETUP" || die_with_log "postgres: initdb failed" "$RUN_DIR/postgres.log"
    start_on_free_port postgres postgres_ready launch_postgres postgres -c wal_level=minimal -c max_wal_senders=0
    PG_PORT=$PORT
    # The first connection to a database writes a cache file, which copies of that database have from the start: this halves the time of the
    # first connection to each of the tests' databases.
    postgres_ask "$PG_PORT" "SELECT" template1 >/dev/null ||
        die_with_log "postgres: runs on port $PG_PORT, but psql can't use it" "$RUN_DIR/postgres.log"
    say "postgres $PG_VERSION: started on port $PG_PORT ($PG_BIN)"
}

# The primary is a server of its own, since a standby repeats all that is done on its primary: for the whole suite, that took a twentieth of
# the time, and two tests need it.
start_postgres_standby() {
    start_on_free_port primary postgres_ready launch_postgres primary
    PRIMARY_PORT=$PORT
    # The slot keeps what the standby has not read yet, however much a test writes.
    postgres_ask "$PRIMARY_PORT" "SELECT pg_create_physical_replication_slot('ambix_standby')" >/dev/null ||
        die_with_log "postgres primary: runs on port $PRIMARY_PORT, but has no slot" "$RUN_DIR/primary.log"
    start_on_free_port standby postgres_ready launch_postgres standby \
        -c "primary_conninfo=host=127.0.0.1 port=$PRIMARY_PORT user=postgres" \
        -c primary_slot_name=ambix_standby -c wal_retrieve_retry_interval=200ms
    STANDBY_PORT=$PORT
    wait_until_ready "$LAUNCHED" standby_streams "$PRIMARY_PORT" ||
        die_with_log "postgres standby: does not follow the primary" "$RUN_DIR/standby.log"
    say "postgres $PG_VERSION: primary on port $PRIMARY_PORT, its hot standby on port $STANDBY_PORT"
}

# Checks before anything is started; sets PG_USER and PG_VERSION.
check_postgres() {
    PG_USER=$(server_user postgres)
    set_as "$PG_USER"
    PG_VERSION=$("${AS[@]}" "$PG_BIN/postgres" --version | awk '{ print $3 }') ||
        die "postgres: user $PG_USER can't run $PG_BIN/postgres"
    [ "${PG_VERSION%%[!0-9]*}" -ge $PG_OLDEST ] ||
        die "postgres $PG_VERSION in $PG_BIN: too old, set AMBIX_TEST_POSTGRES_BIN to the bin folder of version $PG_OLDEST or newer"
}

forget_postgres_settings() {
    # With a server of our own, the user's settings for others must not leak into clients and tests.
    unset PGHOST PGHOSTADDR PGPORT PGUSER PGPASSWORD PGPASSFILE PGDATABASE PGSERVICE PGSERVICEFILE PGOPTIONS PGSSLMODE \
        PGSSLCERT PGSSLKEY PGSSLROOTCERT PGDATA PGAPPNAME PGCLIENTENCODING PGTZ PGDATESTYLE PGREQUIRESSL PGCHANNELBINDING \
        PGTARGETSESSIONATTRS
}
