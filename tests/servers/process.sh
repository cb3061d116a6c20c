# shellcheck shell=bash
# Processes, ports and the run's own folder. Sourced by ./test.
#
# Every run keeps its servers in one folder, RUN_DIR:
#   owner            who owns the folder: pid, start time, pid namespace
#   NAME/            data folder of the server NAME
#   NAME.pid         pid (and process group) of what runs there
#   NAME.log         what it printed
#   tmp/             TMPDIR of what runs with the servers, see use_quick_tmpdir
# A run that was killed with SIGKILL leaves that folder behind, and the next run finds in it what to stop.

readonly START_TIMEOUT=60 # seconds until a server must answer
readonly PORT_TRIES=8     # how often a server is started anew because its port was taken

say() { printf 'test: %s\n' "$*" >&2 || true; } # `|| true`: nobody may be reading any more

die() {
    say "$*"
    exit 1
}

die_with_log() { # MESSAGE LOG
    say "$1; the end of its log:"
    tail -n 40 "$2" | sed 's/^/    /' >&2 || true
    exit 1
}

# --- Who runs the servers

# Prints the user that runs a server: the servers refuse to run as root, or are unsafe so.
server_user() { # USER THAT THE PACKAGE MADE
    if [ "$(id -u)" != 0 ]; then
        id -un
    elif id "$1" >/dev/null 2>&1; then
        printf '%s\n' "$1"
    else
        printf 'nobody\n' # binaries from somewhere else, without the package's user
    fi
}

# Sets AS to the prefix that runs a command as USER. runuser comes first because it replaces itself
# with the command, so that the pid we know is the server's own.
set_as() { # USER
    if [ "$(id -u)" != 0 ]; then
        AS=(env)
    elif command -v runuser >/dev/null; then
        AS=(runuser -u "$1" --)
    else
        # shellcheck disable=SC2016 # $0 and $@ are for the inner shell
        AS=(su -s /bin/sh -c 'exec "$0" "$@"' -- "$1")
    fi
}

# --- The run's own folder

# Prints what tells a process from a later one of the same pid; fails when there is no such process.
process_identity() { # PID
    local stat
    kill -0 "$1" 2>/dev/null || [ -d "/proc/$1" ] || return 1
    if [ -r "/proc/$1/stat" ]; then
        stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
        # The name (field 2) may hold blanks: count from its closing bracket. Field 22 is the start time.
        # shellcheck disable=SC2086
        set -- "$1" ${stat##*) }
        [ "$2" != Z ] || return 1 # dead, only not yet collected by its parent
        printf '%s %s %s\n' "$1" "${21}" "$(readlink /proc/self/ns/pid || true)"
    else
        printf '%s %s\n' "$1" "$(ps -o lstart= -p "$1")"
    fi
}

# Where files cost no disk: the servers' own work on it is a third of the suite's time. Only where memory is plentiful: they
# write up to 2 GiB, and the compiler needs the rest.
quick_folder() {
    local room memory gib=1048576
    room=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')
    memory=$(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo 2>/dev/null)
    if [ "${room:-0}" -ge $((6 * gib)) ] && [ "${memory:-0}" -ge $((12 * gib)) ]; then
        echo /dev/shm
    else
        echo /tmp
    fi
}

# A TMPDIR of our own (mode 700) is out of the server user's reach, and mariadb-install-db (a shell script) does not
# work with a blank in a path: then /tmp it is.
make_run_dir() { # USER...
    local base user
    for base in "${TMPDIR:-$(quick_folder)}" /tmp; do
        case $base in *[[:space:]]*) continue ;; esac
        RUN_DIR=$(mktemp -d "${base%/}/ambix-test-$(id -u)-$$.XXXXXX") || continue
        RUN_DIR=$(cd "$RUN_DIR" && pwd) # absolute: TMPDIR may not be
        process_identity $$ >"$RUN_DIR/owner"
        chmod 711 "$RUN_DIR"
        for user; do
            set_as "$user"
            if ! "${AS[@]}" test -x "$RUN_DIR/."; then
                rm -rf "$RUN_DIR"
                continue 2
            fi
        done
        return 0
    done 2>/dev/null
    RUN_DIR=
    die "no folder for the servers' data that users $* can reach: set TMPDIR to one"
}

# The tests' own files go beside the servers' data if they cost no disk there: thousands of small files and databases that are written,
# synchronized and removed take a sixth of the time of the tests without a server.
use_quick_tmpdir() {
    [ -z "${TMPDIR:-}" ] || return 0
    case $RUN_DIR in
        /dev/shm/*) mkdir -m 1777 "$RUN_DIR/tmp" && export TMPDIR="$RUN_DIR/tmp" ;;
    esac
}

make_data_dir() { # NAME USER
    mkdir -m 700 "$RUN_DIR/$1"
    [ "$(id -u)" != 0 ] || chown "$2" "$RUN_DIR/$1"
}

# --- Starting and stopping

# Starts a command in the background, in a process group of its own; sets LAUNCHED to its pid.
# `set -m` makes the group, so that stopping reaches the children too and a Ctrl-C does not
# (a server has to outlive the tests that are shutting down).
launch() { # NAME USER COMMAND...
    local name=$1
    set_as "$2"
    shift 2
    set -m
    (
        cd "$RUN_DIR/$name" # the caller's folder may be closed to the server user
        ulimit -c 0         # SIGQUIT, with which we stop, would dump core
        # The process notes its own pid before it becomes the server: no moment in which we can be
        # killed leaves a server behind that no one knows.
        # shellcheck disable=SC2016 # $0, $$ and $@ are for the inner shell
        exec sh -c 'echo $$ >"$0" && exec "$@"' "$RUN_DIR/$name.pid" "${AS[@]}" "$@"
    ) </dev/null >"$RUN_DIR/$name.log" 2>&1 &
    LAUNCHED=$!
    set +m
}

is_running() { kill -0 "$1" 2>/dev/null; }

# Runs a check until it succeeds. Returns 1 when the process ended before, 2 when the time is over.
wait_until_ready() { # PID CHECK...
    local pid=$1 deadline=$((SECONDS + START_TIMEOUT))
    shift
    until "$@"; do
        is_running "$pid" || return 1
        [ "$SECONDS" -lt "$deadline" ] || return 2
        sleep 0.1
    done
}

# A dead process counts as a member of its group until its parent collects it, which for an orphan can take
# a second (or, in a container without an init, forever): look whether any member is really alive.
group_is_alive() { # PID
    kill -0 -- "-$1" 2>/dev/null || return 1
    [ -r /proc/self/stat ] || return 0
    # Behind the name, which may hold blanks: state, parent, group.
    { cat /proc/[0-9]*/stat 2>/dev/null || true; } | sed 's/.*) //' |
        awk -v group="$1" '$1 != "Z" && $3 == group { alive = 1 } END { exit !alive }'
}

# SIGQUIT is PostgreSQL's immediate shutdown (it takes its children and shared memory along)
# and an orderly one for MariaDB; nothing of the data is needed any more.
stop_groups() { # PID...
    local pid tries
    for pid; do kill -QUIT -- "-$pid" 2>/dev/null || true; done
    for pid; do
        tries=0
        while group_is_alive "$pid"; do
            if [ $((tries += 1)) -gt 100 ]; then # 10 seconds
                kill -KILL -- "-$pid" 2>/dev/null || true
                break
            fi
            sleep 0.1
        done
    done
}

# A stopped process may still be writing its last file, hence the second tries.
remove_dir() { # DIR
    local pause
    for pause in 0.1 0.3 1 3; do
        rm -rf "$1" 2>/dev/null && return 0
        sleep "$pause"
    done
    rm -rf "$1" || true
}

command_line() { # PID
    if [ -d /proc/self ]; then
        tr '\0' ' ' <"/proc/$1/cmdline"
    else
        ps -o command= -p "$1"
    fi 2>/dev/null || true
}

# Prints the pids noted in a run's folder that still are processes of that folder: by now any of
# these numbers may belong to somebody else's process.
noted_pids() { # DIR
    local file pid
    for file in "$1"/*.pid; do
        [ -f "$file" ] || continue
        pid=$(cat "$file")
        [[ $pid =~ ^[0-9]+$ ]] || continue
        case "$(command_line "$pid")" in *"$1/"*) printf '%s\n' "$pid" ;; esac
    done
}

# Cleans up after runs that got no chance to do so themselves.
stop_leftovers() {
    local dir owner
    for dir in "${TMPDIR:-/dev/shm}"/ambix-test-"$(id -u)"-* /tmp/ambix-test-"$(id -u)"-*; do
        # Only folders that are ours: anybody may make any name in /tmp.
        [ -d "$dir" ] && [ ! -L "$dir" ] && [ -O "$dir" ] && [ -s "$dir/owner" ] || continue
        dir=$(cd "$dir" && pwd)
        owner=$(cat "$dir/owner")
        [ "$(process_identity "${owner%% *}")" != "$owner" ] || continue # at work right now
        # A pid of another container that shares this folder means nothing here.
        [ "${owner##* }" = "$(process_identity $$ | sed 's/.* //')" ] || [ ! -d /proc/self/ns ] || continue
        say "cleaning up after a killed run: $dir"
        # shellcheck disable=SC2046 # a list of numbers
        stop_groups $(noted_pids "$dir")
        remove_dir "$dir"
    done
}

# --- Ports

# Prints a port of 127.0.0.1 on which nothing listens. It lies below the range from which the kernel
# picks ports for outgoing connections (the tests make thousands): one from that range could be taken
# while we start, or in the middle of a test that restarts its server.
free_port() {
    local port
    while :; do
        port=$((10240 + (RANDOM * 32768 + RANDOM) % 22000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    printf '%s\n' "$port"
}

port_was_taken() { # LOG
    grep -qiE 'address (is )?already in use|could not bind|bind on tcp/ip port|do you already have another' "$1"
}

# Starts a server on a free port and waits until it is ready; sets PORT and LAUNCHED. Between asking for a
# free port and using it another process (another ./test) can take it, hence the loop.
# COMMAND, a function, launches the server NAME on the port that is its last argument; CHECK gets the same.
start_on_free_port() { # NAME CHECK COMMAND ARGS...
    local name=$1 check=$2 tries=0 status
    shift 2
    while :; do
        PORT=$(free_port)
        "$@" "$PORT"
        status=0
        wait_until_ready "$LAUNCHED" "$check" "$name" "$PORT" || status=$?
        case $status in
        0) return 0 ;;
        1)
            if port_was_taken "$RUN_DIR/$name.log" && [ $((tries += 1)) -lt $PORT_TRIES ]; then continue; fi
            die_with_log "$name: ended while it started" "$RUN_DIR/$name.log"
            ;;
        *) die_with_log "$name: not ready after $START_TIMEOUT s" "$RUN_DIR/$name.log" ;;
        esac
    done
}
