# The life of a throw-away server: what stands before this knows one kind of server, and has the functions
#   find        finds the programs, or says in REASON what is missing
#   owner       prints the user that runs the server where we are root, which servers refuse
#   make_data   fills the folder "$DATA"
#   serve       becomes the server, with its socket in "$DATA"
#   answers     whether the server takes connections
# Arguments: the server's folder, the file that points to it, and the folder of a server whose watchdog has died, or nothing.
#
# Every test process holds the FIFO "$FOLDER/users" open for writing for as long as it lives, so that its end, whatever it is,
# shows here as the end of the file.

FOLDER=$1
POINTER=$2
STALE=$3
DATA=$FOLDER/data
PID=
# Seconds; between two programs of one run nobody uses the server for a moment.
GRACE=${AMBIX_TESTKIT_GRACE:-5}
readonly START=60 # seconds

# A Ctrl-C is for the tests. We see their end.
trap '' INT HUP
trap 'stop "$FOLDER"; exit 0' TERM

fail() { # REASON
    { printf '%s\n' "$1" && tail -n 20 "$FOLDER/log" 2>/dev/null; } >"$FOLDER/failed.new"
    mv "$FOLDER/failed.new" "$FOLDER/failed"
    # The one who waits for us reads it, and removes the folder.
    stop_server "$FOLDER"
    exit 1
}

# Becomes the program where EXEC is `exec`.
EXEC=
as_owner() {
    if [ "$(id -u)" != 0 ]; then
        $EXEC "$@"
    elif command -v runuser >/dev/null; then
        $EXEC runuser -u "$(owner)" -- "$@"
    else
        # shellcheck disable=SC2016 # for the inner shell
        $EXEC su -s /bin/sh -c 'exec "$0" "$@"' "$(owner)" -- "$@"
    fi
}

# Whether a process is a server of a folder: its number may be somebody else's by now.
is_server() { # PID FOLDER
    if [ -r "/proc/$1/cmdline" ]; then
        tr '\0' ' ' <"/proc/$1/cmdline"
    else
        ps -o command= -p "$1"
    fi 2>/dev/null | grep -qF "$2/"
}

# SIGQUIT is PostgreSQL's immediate shutdown, and an orderly one of MariaDB and MySQL. Nothing of the data is needed any more.
stop_server() { # FOLDER
    pid=$(cat "$1/data/server.pid" 2>/dev/null)
    # Somebody may have removed the folder.
    [ -n "$pid" ] || [ "$1" != "$FOLDER" ] || pid=$PID
    [ -n "$pid" ] && is_server "$pid" "$1" || return 0
    kill -QUIT "$pid" 2>/dev/null
    tries=0
    while is_server "$pid" "$1"; do
        tries=$((tries + 1))
        [ $tries -lt 100 ] || kill -KILL "$pid" 2>/dev/null
        sleep 0.1
    done
}

stop() { # FOLDER
    stop_server "$1"
    # The last of its processes may still be writing a file.
    rm -rf "$1" || { sleep 1 && rm -rf "$1"; }
}

# From here on nobody finds our server any more.
take_pointer_away() { [ "$(cat "$POINTER" 2>/dev/null)" != "$FOLDER" ] || rm -f "$POINTER"; }

# Opens the FIFO of a server to read. Open for both is the one way that does not wait for somebody at the other end; it counts as
# a user until it is closed.
open_users() { # FOLDER
    exec 4<>"$1/users"
    exec 3<"$1/users"
}

# Ends with the last user.
wait_for_end_of_users() { while read -r _ <&3; do :; done; }

# Tests may still use it: we are its watchdog as well from now on.
# The path was read from a file: whatever stands there, only a folder that we have made is stopped and removed.
clean_up_stale() {
    case $STALE in
    */../* | */./*) return ;;
    */ambix-server-*) ;;
    *) return ;;
    esac
    case ${STALE##*/} in
    ambix-server-*) ;;
    *) return ;;
    esac
    [ -d "$STALE" ] && [ ! -L "$STALE" ] && [ -O "$STALE" ] || return 0
    if [ -p "$STALE/users" ]; then
        open_users "$STALE"
        exec 4>&-
        wait_for_end_of_users
    fi
    stop "$STALE"
}

# Becomes the server. It notes its own number before it does: neither database has a file with it from the first moment on, and
# who is killed in between would leave a server that nobody knows.
become() { # COMMAND...
    EXEC=exec
    # shellcheck disable=SC2016 # for the inner shell
    as_owner sh -c 'echo $$ >"$0" && exec "$@"' "$DATA/server.pid" "$@"
}

start() {
    case $GRACE in
    *[!0-9]*) fail "AMBIX_TESTKIT_GRACE is not a number of seconds: $GRACE" ;;
    esac
    find || fail "$REASON"
    mkdir -m 700 "$DATA" || fail "$DATA cannot be made"
    [ "$(id -u)" != 0 ] || chown "$(owner)" "$DATA"
    cd "$DATA" 2>/dev/null || cd /
    make_data >"$FOLDER/log" 2>&1 || fail "the data folder of the server cannot be made"
    # Without the FIFO: a server that has it would count as its own user, and as its own watchdog.
    (
        exec 3<&- 4>&-
        (serve)
        # It may have died by itself, while it has users.
        take_pointer_away
    ) >>"$FOLDER/log" 2>&1 &
    server=$!
    waited=0
    until answers >/dev/null 2>&1; do
        kill -0 "$server" 2>/dev/null || fail "the server ended while it started"
        waited=$((waited + 1))
        [ $waited -lt $((START * 10)) ] || fail "the server did not answer for $START s"
        sleep 0.1
    done
    PID=$(cat "$DATA/server.pid")
}

watch() {
    idle=0
    while [ $idle -lt $GRACE ]; do
        # A user writes a line when it comes. While there are users and no line this waits; without any it is the end of the file.
        # The sleep must not have the FIFO: where we are killed meanwhile, it would stand for us.
        if read -r _ <&3; then idle=0; else idle=$((idle + 1)) && sleep 1 3<&-; fi
    done
    take_pointer_away
    # Who has found it before is waited for.
    wait_for_end_of_users
}

clean_up_stale &
# For us alone: another reader would stand for the watchdog, another writer for a user.
mkfifo -m 600 "$FOLDER/users" || fail "$FOLDER/users cannot be made"
open_users "$FOLDER"
start
exec 4>&-
: >"$FOLDER/ready"
watch
# Who comes now finds no reader, and starts another server.
exec 3<&-
stop "$FOLDER"
