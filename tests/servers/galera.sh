#!/usr/bin/env bash
# Two nodes of a Galera cluster, for one test: started here, and ended with the standard input.
#
#   galera.sh LIBRARY FOLDER PORT1 PORT2 GROUP1 GROUP2 TRANSFER
#
# LIBRARY is Galera's; FOLDER is there and can be reached by everybody; behind each GROUP port the next one has to be free as well. Prints `ready` once both
# nodes answer, or what is wrong. The user `root` needs no password.
set -euo pipefail

provider=$1 folder=$2 first=$3 second=$4 group1=$5 group2=$6 transfer=$7
PATH=$PATH:/usr/sbin

# The server refuses to run as root. setpriv becomes the server, which runuser would only wait for: killed, it would leave it running.
as_user=() user=()
if [ "$(id -u)" = 0 ]; then
    as_user=(setpriv --reuid=mysql --regid=mysql --init-groups --)
    user=(--user=mysql)
fi

for node in 1 2; do
    mkdir -m 700 "$folder/node$node"
    [ "$(id -u)" != 0 ] || chown mysql "$folder/node$node"
done
"${as_user[@]}" mariadb-install-db --no-defaults "${user[@]}" --datadir="$folder/node1" --tmpdir="$folder/node1" \
    --auth-root-authentication-method=normal --skip-test-db --skip-name-resolve >"$folder/install.log" 2>&1 || {
    tail -n 5 "$folder/install.log"
    exit 1
}

pids=()
end() {
    kill -KILL "${pids[@]}" 2>/dev/null || true
    wait 2>/dev/null || true
}
trap end EXIT

start() { # NODE PORT GROUP ADDRESS ARGS...
    local node=$1 port=$2 group=$3 address=$4
    shift 4
    "${as_user[@]}" mariadbd --no-defaults --datadir="$folder/node$node" --tmpdir="$folder/node$node" --bind-address=127.0.0.1 \
        --port="$port" --socket=my.sock --pid-file=my.pid --skip-name-resolve --skip-log-bin --binlog-format=ROW \
        --character-set-server=utf8mb4 --innodb-autoinc-lock-mode=2 --innodb-flush-log-at-trx-commit=0 --innodb-buffer-pool-size=32M \
        --innodb-log-file-size=8M --wsrep-on=ON --wsrep-provider="$provider" --wsrep-cluster-name=ambix \
        --wsrep-cluster-address="$address" --wsrep-node-address="127.0.0.1:$group" --wsrep-sst-method=rsync \
        --wsrep-sst-receive-address="127.0.0.1:$transfer" \
        --wsrep-provider-options="gcache.size=8M;gmcast.listen_addr=tcp://127.0.0.1:$group;ist.recv_addr=127.0.0.1:$((group + 1))" \
        "$@" >"$folder/node$node.log" 2>&1 </dev/null &
    pids+=($!)
}

is_ready() { # PORT
    mariadb --no-defaults --protocol=tcp --host=127.0.0.1 --port="$1" --user=root --connect-timeout=5 --batch --skip-column-names \
        --execute="SHOW STATUS LIKE 'wsrep_ready'" 2>/dev/null | grep -q ON
}

await() { # NODE PORT
    local tries=600
    until is_ready "$2"; do
        if ! kill -0 "${pids[$1 - 1]}" 2>/dev/null || [ $((tries -= 1)) = 0 ]; then
            echo "node $1 did not start"
            tail -n 20 "$folder/node$1.log"
            exit 1
        fi
        sleep 0.1
    done
}

start 1 "$first" "$group1" gcomm:// --wsrep-new-cluster
await 1 "$first"
start 2 "$second" "$group2" "gcomm://127.0.0.1:$group1"
await 2 "$second"
echo ready
# Whoever started this may be killed: then the input ends as well.
cat >/dev/null
