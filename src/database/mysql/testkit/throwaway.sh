# A throw-away MariaDB or MySQL. See src/database/testkit/throwaway.sh, which follows.

REASON="there is no MariaDB or MySQL here: install it (Debian: apt-get install mariadb-server), say where its programs are \
(AMBIX_TESTKIT_MYSQL_BIN), or set DATABASE_URL"

# shellcheck disable=SC2317 # called by what follows
program() { # NAME...
    for name; do
        # Packages have the server in sbin and the rest in bin, archives have a part in scripts.
        { if [ -n "$BIN" ]; then
            printf '%s\n' "$BIN" "$BIN/../bin" "$BIN/../scripts"
        else
            printf '%s\n' "$PATH" | tr : '\n'
            printf '%s\n' /usr/sbin /usr/bin /usr/libexec /usr/local/sbin /usr/local/mysql/bin \
                /opt/homebrew/opt/mariadb/bin /opt/homebrew/opt/mysql/bin
        fi; } | while read -r dir; do
            if [ -x "$dir/$name" ]; then
                (cd "$dir" && printf '%s/%s\n' "$(pwd)" "$name")
                break
            fi
        done | grep . && return
    done
    return 1
}

find() {
    BIN=
    if [ -n "${AMBIX_TESTKIT_MYSQL_BIN:-}" ]; then
        # Absolute: the server runs in another folder.
        BIN=$(cd "$AMBIX_TESTKIT_MYSQL_BIN" 2>/dev/null && pwd) || {
            REASON="there is no folder AMBIX_TESTKIT_MYSQL_BIN ($AMBIX_TESTKIT_MYSQL_BIN): say where the programs of MariaDB or \
MySQL are, install it and unset the variable, or set DATABASE_URL"
            return 1
        }
    fi
    MYSQLD=$(program mariadbd mysqld)
}

# An unpacked archive has to be told where it lies; packages know.
base() { [ -z "$BIN" ] || (cd "$BIN/.." && printf -- '--basedir=%s\n' "$(pwd)"); }

owner() { if id mysql >/dev/null 2>&1; then echo mysql; else echo nobody; fi; }

make_data() {
    case $("$MYSQLD" --no-defaults --version) in
    *MariaDB*)
        install=$(program mariadb-install-db mysql_install_db) || {
            echo "there is no mariadb-install-db beside $MYSQLD"
            return 1
        }
        as_owner "$install" --no-defaults ${BIN:+"$(base)"} --datadir="$DATA" --tmpdir="$DATA" \
            --auth-root-authentication-method=normal --skip-test-db --skip-name-resolve
        ;;
    *) as_owner "$MYSQLD" --no-defaults ${BIN:+"$(base)"} --initialize-insecure --datadir="$DATA" ;;
    esac
}

# No port: none can be taken, and nobody else can connect. Nothing has to reach the disk. No statistics in tables, which are one
# more thing to write for every table that is made.
serve() {
    become "$MYSQLD" --no-defaults ${BIN:+"$(base)"} --datadir="$DATA" --tmpdir="$DATA" --skip-networking --socket="$DATA/mysql.sock" \
        --pid-file="$DATA/mysql.pid" --loose-mysqlx=OFF --character-set-server=utf8mb4 --max-connections=200 \
        --skip-log-bin --innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0 --innodb-fast-shutdown=2 \
        --innodb-stats-persistent=OFF
}

answers() { [ -S "$DATA/mysql.sock" ] && [ -s "$DATA/mysql.pid" ]; }

