# shellcheck shell=bash
# Installs what is missing, where it may. Sourced by ./test.

# Prints the first package manager there is.
package_manager() {
    local manager
    for manager in apt-get dnf apk pacman brew; do
        if command -v "$manager" >/dev/null; then
            printf '%s\n' "$manager"
            return 0
        fi
    done
    return 1
}

# Prints the packages that bring a part (postgres, psql, pgbouncer, mysql, galera, mysql-client, sqlite3, libclang, python, npm).
packages_of() { # MANAGER PART
    case $1:$2 in
    apt-get:postgres) echo postgresql ;;
    apt-get:psql) echo postgresql-client ;;
    apt-get:mysql) echo mariadb-server ;;
    apt-get:galera) echo galera-4 rsync iproute2 ;;
    dnf:galera) echo mariadb-server-galera rsync iproute ;;
    *:galera) ;; # there is none
    apt-get:mysql-client | apk:mysql-client) echo mariadb-client ;;
    apt-get:sqlite3) echo sqlite3 ;;
    apt-get:libclang) echo libclang-dev ;;
    *:pgbouncer) echo pgbouncer ;;
    apt-get:python) echo python3-venv ;;
    brew:python | pacman:python) echo python ;;
    *:python) echo python3 ;;
    dnf:npm) echo nodejs-npm ;;
    brew:npm) echo node ;;
    *:npm) echo npm ;;
    dnf:libclang) echo clang-devel ;;
    apk:libclang) echo clang-dev ;;
    brew:libclang) echo llvm ;;
    *:libclang) echo clang ;;
    dnf:postgres) echo postgresql-server ;;
    dnf:mysql) echo mariadb-server ;;
    apk:postgres) echo postgresql ;;
    apk:psql) echo postgresql-client ;;
    pacman:psql) echo postgresql-libs ;;
    pacman:mysql-client) echo mariadb-clients ;;
    *:postgres | *:psql) echo postgresql ;;
    *:mysql | *:mysql-client) echo mariadb ;;
    *:sqlite3) echo sqlite ;;
    esac
}

# Prints how to install the packages by hand.
install_hint() { # MANAGER PACKAGES...
    case $1 in
    apk) echo "apk add ${*:2}" ;;
    pacman) echo "pacman -S ${*:2}" ;;
    *) echo "$1 install ${*:2}" ;;
    esac
}

# Sets AS_ROOT to the prefix that gives root's rights; fails where we have none without a password.
set_as_root() {
    if [ "$(id -u)" = 0 ]; then
        AS_ROOT=(env)
    elif command -v sudo >/dev/null && sudo -n true </dev/null 2>/dev/null; then
        AS_ROOT=(sudo -n)
    else
        return 1
    fi
}

# Debian starts a system-wide server when its package is installed; we want only the programs. A policy-rc.d is the
# documented way to say so; it is there during the installation only. Failing to update is no reason to
# stop: the lists may be good. Another ./test may be installing too: wait for its lock.
apt_install() { # PACKAGES...
    # shellcheck disable=SC2016 # for the inner shell
    "${AS_ROOT[@]}" sh -c '
        policy=/usr/sbin/policy-rc.d
        if [ ! -e "$policy" ]; then
            trap "rm -f $policy" EXIT
            trap "exit 1" HUP INT TERM
            printf "#!/bin/sh\nexit 101\n" >"$policy"
            chmod +x "$policy"
        fi
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq
        apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
    ' apt_install "$@"
}

may_install() { # MANAGER
    # Homebrew needs no rights, and refuses to run as root.
    if [ "$1" = brew ]; then [ "$(id -u)" != 0 ]; else set_as_root; fi
}

install_packages() { # MANAGER PACKAGES...
    case $1 in
    brew) brew install "${@:2}" ;;
    apt-get) apt_install "${@:2}" ;;
    dnf) "${AS_ROOT[@]}" dnf install -y -q "${@:2}" ;;
    apk) "${AS_ROOT[@]}" apk add --quiet --update-cache "${@:2}" ;;
    pacman) "${AS_ROOT[@]}" pacman -Sy --noconfirm --needed "${@:2}" ;;
    esac
}

# libclang is loaded while a test dependency is built, from where its packages put it.
find_libclang() {
    [ -n "${LIBCLANG_PATH:-}" ] && return 0
    local file
    # Not libclang-cpp, which is another library and comes with PostgreSQL.
    for file in /usr/lib{/llvm-*/lib,,64,/*}/libclang{,-[0-9]*}.so* /opt/homebrew/opt/llvm/lib/libclang.dylib /usr/local/opt/llvm/lib/libclang.dylib \
        /Library/Developer/CommandLineTools/usr/lib/libclang.dylib; do
        [ -e "$file" ] && return 0
    done
    return 1
}

# Sets AMBIX_TEST_GALERA, which says whether a test may start nodes of a cluster, and what the library is called.
find_galera() {
    local place
    export AMBIX_TEST_GALERA=unavailable
    # Another server than the system's MariaDB.
    [ -z "${AMBIX_TEST_MYSQL_URL:-}${AMBIX_TEST_MYSQL_BIN:-}" ] || return 0
    for place in /usr/lib/galera /usr/lib/galera-4 /usr/lib64/galera-4 /usr/lib64/galera /usr/lib/*/galera; do
        [ -r "$place/libgalera_smm.so" ] || continue
        export AMBIX_TEST_GALERA=$place/libgalera_smm.so
        command -v rsync >/dev/null
        return
    done
    [ -z "$(packages_of "$(package_manager)" galera)" ]
}

# Prints the parts that are needed and not there.
missing_parts() {
    [ -n "${AMBIX_TEST_POSTGRES_URL:-}" ] || find_postgres || echo postgres
    command -v psql >/dev/null || echo psql
    command -v pgbouncer >/dev/null || [ -x /usr/sbin/pgbouncer ] || echo pgbouncer # for others than root not on PATH
    [ -n "${AMBIX_TEST_MYSQL_URL:-}" ] || find_mysql || echo mysql
    find_mysql_client || echo mysql-client
    find_galera || echo galera
    command -v sqlite3 >/dev/null || echo sqlite3
    find_libclang || echo libclang
    python3 -c 'import ensurepip, venv' 2>/dev/null || echo python
    command -v npm >/dev/null || echo npm
}

explain_missing() { # MANAGER PARTS...
    local manager=$1 part packages=''
    for part in "${@:2}"; do
        case $part in
        postgres) say "PostgreSQL is missing (or set AMBIX_TEST_POSTGRES_URL to a server's URL, or AMBIX_TEST_POSTGRES_BIN to a bin folder)" ;;
        mysql) say "MariaDB is missing (or set AMBIX_TEST_MYSQL_URL to a server's URL, or AMBIX_TEST_MYSQL_BIN to a bin folder)" ;;
        galera) say "Galera (or rsync) is missing: a test starts two nodes of a MariaDB cluster" ;;
        psql) say "psql, PostgreSQL's client, is missing: the tests run scripts with it" ;;
        pgbouncer) say "pgbouncer is missing: the tests put it before PostgreSQL, where it must be seen" ;;
        mysql-client) say "mariadb (or mysql), MariaDB's client, is missing: the tests run scripts with it" ;;
        sqlite3) say "sqlite3, SQLite's shell, is missing: the tests run scripts with it" ;;
        libclang) say "libclang is missing (or set LIBCLANG_PATH): PostgreSQL's parser is built with it, to compare our splitter" ;;
        python) say "python3 with venv is missing: Alembic is installed with it, to take over a history that it has written" ;;
        npm) say "npm is missing: dbmate is installed with it, to take over a history that it has written" ;;
        esac
        packages+=" $(packages_of "${manager:-other}" "$part")"
    done
    if [ -n "$manager" ]; then
        # shellcheck disable=SC2086 # a list of names
        say "to install what is missing, run as root: $(install_hint "$manager" $packages)"
    else
        say "no package manager that I know is here: install$packages yourself"
    fi
}

# Finds the servers and clients, and installs those that are missing. No database is ever left out.
ensure_programs() {
    local manager parts packages part
    use_clients_beside_servers
    parts=$(missing_parts) || exit 1
    [ -n "$parts" ] || return 0
    manager=$(package_manager) || manager=
    packages=$(for part in $parts; do packages_of "${manager:-other}" "$part"; done | sort -u)
    if [ -n "$manager" ] && may_install "$manager"; then
        say "installing with $manager:" $packages
        # shellcheck disable=SC2086 # a list of names
        install_packages "$manager" $packages </dev/null >/dev/null || true # what counts is what is there afterwards
        hash -r
        use_clients_beside_servers
        parts=$(missing_parts) || exit 1
    fi
    [ -z "$parts" ] && return 0
    # shellcheck disable=SC2086 # a list of names
    explain_missing "$manager" $parts
    exit 1
}

# A client may lie only beside its server (an unpacked archive, Homebrew): PATH's own come first all the same.
use_clients_beside_servers() {
    find_postgres && PATH=$PATH:$PG_BIN
    find_mysql && PATH=$PATH:$(dirname "$MYSQLD")
    export PATH
}
