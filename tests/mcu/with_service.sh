# SPDX-License-Identifier: BSD-2-Clause
# Sourced by the tests of a chip against a real service, in a network namespace of their own, with bin and
# firmware set: a folder, a service that devices reach as perisphere.test:8443 (10.0.2.2 is this machine as a
# chip sees it), its operator's profile, and what cleans all of it up.
#   run COMMAND...   it must succeed; its words are in $work/said
#   fail MESSAGE     ends the test, and shows what was said last
#   service_start, service_stop     the service runs when this was read; a restart reads its settings and keys anew
peri=$bin/peri
ip link set lo up
work=$(mktemp -d)
service='' chip=''
clean_up() {
    # shellcheck disable=SC2086 # process ids or nothing
    [ -z "$service$chip" ] || kill $service $chip 2>/dev/null || :
    rm -rf "$work"
}
trap clean_up EXIT
fail() {
    echo "$(basename "$0"): FAILED: $1" >&2
    for file in "$work/service.log" "$work/console" "$work/said"; do
        [ ! -s "$file" ] || { echo "--- $(basename "$file")" >&2; tail -n 60 "$file" >&2; }
    done
    exit 1
}
run() { "$@" >"$work/said" 2>&1 || fail "$*"; }
export PERI_QEMU="${PERI_QEMU:-$(cat "$firmware/emulator")}" PERI_MACHINE_SYNC=0 HOME="$work"

run "$peri" service init --data "$work/service" --organisation Test --dns perisphere.test
sed -i 's|"base_url": *"[^"]*"|"base_url": "https://localhost:8443"|' "$work/service/service.json" # its operator is here
export PERI_PROFILE="$work/service/operator"
run "$peri" config set endpoint=https://localhost:8443
service_start() {
    : >"$work/service.log"
    "$peri" service run --data "$work/service" >"$work/service.log" 2>&1 &
    service=$!
    tries=0
    until grep -q 'ready on' "$work/service.log"; do
        tries=$((tries + 1))
        [ "$tries" -lt 300 ] || fail 'the service does not start'
        sleep 0.1
    done
}
service_stop() {
    kill "$service"
    wait "$service" || :
    service=''
}
service_start
