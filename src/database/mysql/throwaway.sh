# A throw-away MariaDB or MySQL. See src/database/copies/throwaway.sh, which follows.

REASON="there is no MariaDB or MySQL here: install it (Debian: apt-get install mariadb-server), say where its programs are \
(AMBIX_TESTKIT_MYSQL_BIN), or set DATABASE_URL"

# shellcheck disable=SC2317 # called by what follows
program() { # NAME...
    for name; do
        for dir in ${AMBIX_TESTKIT_MYSQL_BIN:-$(printf '%s' "$PATH" | tr : ' ') /usr/sbin /usr/libexec /usr/local/sbin \
            /usr/local/mysql/bin /opt/homebrew/opt/mariadb/bin /opt/homebrew/opt/mysql/bin}; do
            if [ -x "$dir/$name" ]; then
                printf '%s\n' "$dir/$name"
                return 0
            fi
        done
    done
    return 1
}

find() { MYSQLD=$(program mariadbd mysqld); }

owner() { if id mysql >/dev/null 2>&1; then echo mysql; else echo nobody; fi; }

make_data() {
    case $("$MYSQLD" --no-defaults --version) in
    *MariaDB*)
        install=$(program mariadb-install-db mysql_install_db) || return 1
        as_owner "$install" --no-defaults --datadir="$DATA" --tmpdir="$DATA" \
            --auth-root-authentication-method=normal --skip-test-db --skip-name-resolve
        ;;
    *) as_owner "$MYSQLD" --no-defaults --initialize-insecure --datadir="$DATA" ;;
    esac
}

# No port: none can be taken, and nobody else can connect. Nothing has to reach the disk. No statistics in tables, which are one
# more thing to write for every table that is made.
serve() {
    as_owner "$MYSQLD" --no-defaults --datadir="$DATA" --tmpdir="$DATA" --skip-networking --socket="$DATA/mysql.sock" \
        --pid-file="$DATA/mysql.pid" --loose-mysqlx=OFF --character-set-server=utf8mb4 --max-connections=200 \
        --skip-log-bin --innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0 --innodb-fast-shutdown=2 \
        --innodb-stats-persistent=OFF
}

answers() { [ -S "$DATA/mysql.sock" ] && [ -s "$DATA/mysql.pid" ]; }

server_pid() { cat "$1/mysql.pid"; }

