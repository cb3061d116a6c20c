# A throw-away PostgreSQL. See src/database/testkit/throwaway.sh, which follows.

REASON="there is no PostgreSQL here: install it (Debian: apt-get install postgresql), say where its programs are \
(AMBIX_TESTKIT_POSTGRES_BIN), or set DATABASE_URL"

# shellcheck disable=SC2317 # called by what follows
find() {
    if [ -n "${AMBIX_TESTKIT_POSTGRES_BIN:-}" ]; then
        # Absolute: the server runs in another folder.
        BIN=$(cd "$AMBIX_TESTKIT_POSTGRES_BIN" 2>/dev/null && pwd) || REASON="there is no folder AMBIX_TESTKIT_POSTGRES_BIN \
($AMBIX_TESTKIT_POSTGRES_BIN): say where PostgreSQL's programs are, install it and unset the variable, or set DATABASE_URL"
        [ -x "$BIN/postgres" ] && [ -x "$BIN/initdb" ]
        return
    fi
    BIN=$(
        {
            pg_config --bindir 2>/dev/null
            # The newest first. Debian, RHEL, Alpine, Homebrew:
            printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/libexec/postgresql* \
                /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin | sort -rV
            dirname "$(command -v postgres)" 2>/dev/null
        } | while read -r dir; do
            if [ -x "$dir/postgres" ] && [ -x "$dir/initdb" ]; then
                printf '%s\n' "$dir"
                break
            fi
        done
    )
    [ -n "$BIN" ]
}

owner() { if id postgres >/dev/null 2>&1; then echo postgres; else echo nobody; fi; }

make_data() {
    as_owner "$BIN/initdb" --pgdata="$DATA" --username=postgres --auth=trust --encoding=UTF8 --no-locale --no-sync
}

# No port: none can be taken, and nobody else can connect. Nothing has to reach the disk.
serve() {
    # The port is a part of the socket's name, and PGPORT would change it.
    become "$BIN/postgres" -D "$DATA" -p 5432 -c listen_addresses= -c unix_socket_directories="$DATA" \
        -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=200
}

# Line 8 of the file is the server's own word on its state.
answers() { sed -n 8p "$DATA/postmaster.pid" | grep -q '^ready'; }

