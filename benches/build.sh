#!/usr/bin/env bash
# How much longer a service builds with ambix than with sqlx alone.
#
#     benches/build.sh [ROUNDS]     clean debug builds in turns, 3 of each by default; prints the medians and their ratio
#     benches/build.sh --timings    one build with ambix, and what took long in it
#
# Both services are the same but for one dependency and one line. The crates come from cargo's cache where they are
# there. ./Cargo.lock is used, so that both build the same versions.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly ROOT
readonly GOAL=1.10
JOBS=${JOBS:-2}

DIR=$(mktemp -d "${TMPDIR:-/tmp}/ambix-build.XXXXXX")
trap 'rm -rf "$DIR"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

service() { # NAME DEPENDENCY LINE
    mkdir -p "$DIR/$1/src" "$DIR/$1/migrations"
    cp "$ROOT/Cargo.lock" "$DIR/$1/"
    echo 'CREATE TABLE users (id bigint PRIMARY KEY);' >"$DIR/$1/migrations/1_users.sql"
    cat >"$DIR/$1/Cargo.toml" <<TOML
[package]
name = "service"
version = "0.1.0"
edition = "2024"

[dependencies]
sqlx = { version = "0.9", default-features = false, features = ["postgres", "runtime-tokio"] }
tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
$2

[workspace]
TOML
    cat >"$DIR/$1/src/main.rs" <<RUST
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pool = sqlx::PgPool::connect(&std::env::var("DATABASE_URL")?).await?;
    $3
    let (one,): (i32,) = sqlx::query_as("SELECT 1").fetch_one(&pool).await?;
    println!("{one}");
    Ok(())
}
RUST
    # Takes what is not needed out of the lock file, and fetches what is missing.
    (cd "$DIR/$1" && { cargo fetch --offline || cargo fetch; } >fetch.log 2>&1) || { cat "$DIR/$1/fetch.log" >&2; exit 1; }
}

build() { # NAME ARGS...: one clean build; prints its seconds by the clock, and of processors
    local name=$1 TIMEFORMAT='%R %U %S' took
    rm -rf "${DIR:?}/$name/target"
    took=$({ time quietly "$name" "${@:2}"; } 2>&1) || { cat "$DIR/$name/build.log" >&2; exit 1; }
    awk '{ printf "%.1f %.1f\n", $1, $2 + $3 }' <<<"$took"
}
quietly() { # NAME ARGS...
    cd "$DIR/$1" && CARGO_TARGET_DIR=$DIR/$1/target cargo build --offline --quiet -j "$JOBS" "${@:2}" >build.log 2>&1
}

median() { # COLUMN
    awk -v at="$1" '{ print $at }' | sort -n | awk '{ all[NR] = $1 } END { print (all[int((NR + 1) / 2)] + all[int(NR / 2) + 1]) / 2 }'
}
crates() { (cd "$DIR/$1" && cargo tree --offline -e normal,build --prefix none --no-dedupe | sed 's/ (.*//' | sort -u | wc -l); }

main() {
    local rounds=${1:-3} round plain=() with=()
    service plain '' ''
    # The migrations are compiled in, as in a real service.
    # shellcheck disable=SC2016 # for Rust
    service ambix "ambix = { path = \"$ROOT\", features = [\"postgres\"] }" \
        'static M: ambix::Dir<'"'"'_> = ambix::include_dir!("$CARGO_MANIFEST_DIR/migrations");
    ambix::Migrator::new(&M)?.run_pending(&pool).await?;'
    if [ "$rounds" = --timings ]; then
        build ambix --timings
        # The report is a page with the numbers in a script; these are the units, the longest first.
        cargo_timings "$DIR/ambix/target/cargo-timings/cargo-timing.html"
        return
    fi
    echo "load before: $(cut -d' ' -f1-3 /proc/loadavg 2>/dev/null || uptime); -j $JOBS; crates: $(crates plain) without, $(crates ambix) with ambix"
    for ((round = 1; round <= rounds; round++)); do
        plain+=("$(build plain)")
        with+=("$(build ambix)")
        echo "round $round: ${plain[-1]} without, ${with[-1]} with ambix (seconds by the clock, and of processors)"
    done
    compare "by the clock" 1
    # On a busy machine this says more.
    compare "of processors" 2
    echo "load after: $(cut -d' ' -f1-3 /proc/loadavg 2>/dev/null || uptime)"
}

compare() { # WHAT COLUMN
    awk -v what="$1" -v plain="$(printf '%s\n' "${plain[@]}" | median "$2")" \
        -v with="$(printf '%s\n' "${with[@]}" | median "$2")" -v goal=$GOAL 'BEGIN {
        printf "%s  %s: %.1f s without, %.1f s with ambix (medians): %.2f, at most %.2f\n",
            (with / plain <= goal ? "PASS" : "FAIL"), what, plain, with, with / plain, goal
    }'
}

cargo_timings() { # FILE
    sed -n '/^const UNIT_DATA = /,/^];/p' "$1" | tr -d '\n' | sed 's/^const UNIT_DATA = //; s/;$//' |
        python3 -c '
import json, sys
units = sorted(json.load(sys.stdin), key=lambda unit: -unit["duration"])
print("sum of all units: %.1f s" % sum(unit["duration"] for unit in units))
for unit in units[:25]:
    print("%6.1f s  %s %s%s" % (unit["duration"], unit["name"], unit["version"], unit["target"]))
'
}

main "$@"
