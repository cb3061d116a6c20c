# shellcheck shell=bash
# A throw-away MariaDB or MySQL. Sourced by ./test.

# Prints the first of the named programs that is in the server's bin folder, in PATH or in a usual place.
find_mysql_program() { # NAME...
    local name dir bin=${AMBIX_TEST_MYSQL_BIN:-}
    for dir in ${bin:+"$bin" "$bin/../bin" "$bin/../scripts"}; do
        for name; do
            if [ -x "$dir/$name" ]; then
                (cd "$dir" && printf '%s/%s\n' "$(pwd)" "$name")
                return 0
            fi
        done
    done
    [ -z "$bin" ] || return 1 # not another version's program
    for name; do
        command -v "$name" && return 0
    done
    for dir in /usr/sbin /usr/bin /usr/libexec /usr/local/sbin /usr/local/bin /usr/local/mysql/bin \
        /opt/homebrew/opt/mariadb/bin /opt/homebrew/opt/mysql/bin; do
        for name; do
            if [ -x "$dir/$name" ]; then
                printf '%s/%s\n' "$dir" "$name"
                return 0
            fi
        done
    done
    return 1
}

# Sets MYSQLD.
find_mysql() {
    if MYSQLD=$(find_mysql_program mariadbd mysqld); then return 0; fi
    [ -z "${AMBIX_TEST_MYSQL_BIN:-}" ] || die "AMBIX_TEST_MYSQL_BIN: no executable mariadbd or mysqld in $AMBIX_TEST_MYSQL_BIN"
    return 1
}

find_mysql_client() { MYSQL_CLIENT=$(command -v mariadb || command -v mysql); }

# Checks before anything is started; sets MYSQL_USER, MYSQL_NAME, MYSQL_VERSION and MYSQL_BASE.
check_mysql() {
    local version
    MYSQL_USER=$(server_user mysql)
    set_as "$MYSQL_USER"
    version=$("${AS[@]}" "$MYSQLD" --no-defaults --version) || die "mysql: user $MYSQL_USER can't run $MYSQLD"
    MYSQL_NAME=mysql
    case $version in *MariaDB*) MYSQL_NAME=mariadb ;; esac
    MYSQL_VERSION=$(sed -E 's/.* Ver ([0-9.]+).*/\1/' <<<"$version")
    # An unpacked archive has to be told where it lies; packages know.
    MYSQL_BASE=()
    if [ -n "${AMBIX_TEST_MYSQL_BIN:-}" ]; then MYSQL_BASE=("--basedir=$(cd "$AMBIX_TEST_MYSQL_BIN/.." && pwd)"); fi
}

# Makes the data folder, with a `root` that needs no password. Runs in the background.
launch_mysql_setup() {
    local install
    make_data_dir mysql "$MYSQL_USER"
    if [ "$MYSQL_NAME" = mysql ]; then
        launch mysql "$MYSQL_USER" "$MYSQLD" --no-defaults ${MYSQL_BASE[@]+"${MYSQL_BASE[@]}"} \
            --initialize-insecure --datadir="$RUN_DIR/mysql" --secure-file-priv=NULL
    else
        install=$(find_mysql_program mariadb-install-db mysql_install_db) ||
            die "mariadb: $MYSQLD has no mariadb-install-db beside it"
        # --skip-name-resolve: the machine's own name need not be known to any name server.
        launch mysql "$MYSQL_USER" "$install" --no-defaults ${MYSQL_BASE[@]+"${MYSQL_BASE[@]}"} \
            --datadir="$RUN_DIR/mysql" --tmpdir="$RUN_DIR/mysql" \
            --auth-root-authentication-method=normal --skip-test-db --skip-name-resolve
    fi
    MYSQL_SETUP=$LAUNCHED
}

# Nothing survives the run, so nothing has to reach the disk. The socket's name is relative to the data folder
# because a path may be at most 107 bytes long. `loose`: only MySQL has the X protocol, with a fixed port. The plugin
# is what shows MariaDB's locks on tables; MySQL shows them by itself. No statistics in tables: once they have been gathered in
# the background for an index, MariaDB fails to rename another one to the name it had ("duplicate key in innodb_index_stats").
launch_mysql() { # PORT
    local extra=(--secure-file-priv=NULL) # a package's default is a folder that only its own installation makes
    if [ "$MYSQL_NAME" != mysql ]; then extra=(--plugin-load-add=metadata_lock_info); fi
    launch mysql "$MYSQL_USER" "$MYSQLD" --no-defaults ${MYSQL_BASE[@]+"${MYSQL_BASE[@]}"} \
        --datadir="$RUN_DIR/mysql" --tmpdir="$RUN_DIR/mysql" \
        --bind-address=127.0.0.1 --port="$1" --socket=mysql.sock --pid-file=mysql.pid --loose-mysqlx=OFF \
        --character-set-server=utf8mb4 --max-connections=400 "${extra[@]}" \
        --skip-log-bin --innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0 --innodb-fast-shutdown=2 \
        --innodb-stats-persistent=OFF
}

mysql_ask() { # PORT SQL
    "$MYSQL_CLIENT" --no-defaults --protocol=tcp --host=127.0.0.1 --port="$1" --user=root --connect-timeout=10 \
        --batch --skip-column-names --execute="$2"
}

# The data folder tells our server from one that was faster to take the port.
mysql_ready() { # NAME PORT
    local dir
    dir=$(mysql_ask "$2" "SELECT @@datadir" 2>"$RUN_DIR/mysql-client.log") && [ "${dir%/}" = "$RUN_DIR/mysql" ]
}

start_mysql() {
    wait "$MYSQL_SETUP" || die_with_log "$MYSQL_NAME: making its data folder failed" "$RUN_DIR/mysql.log"
    start_on_free_port mysql mysql_ready launch_mysql
    MYSQL_PORT=$PORT
    say "$MYSQL_NAME $MYSQL_VERSION: started on port $MYSQL_PORT ($MYSQLD)"
}

forget_mysql_settings() { unset MYSQL_PWD MYSQL_HOST MYSQL_TCP_PORT MYSQL_UNIX_PORT MYSQL_HOME; }
