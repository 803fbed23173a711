# SPDX-License-Identifier: BSD-2-Clause
# For the scenarios of ./demo, sourced by them as root inside their namespaces: a folder
# to work in that is kept when something fails, steps with their time, and waiting
# for a line of a log.  Sets: work (the folder), log (a folder in it), began.
# The scenario sets done_ok=yes at its end, or ends in stay().
work=$(mktemp -d /tmp/perisphere-demo.XXXXXX)
chmod 755 "$work" # device services run under uids of their own
log=$work/log
mkdir "$log"
began=$(date +%s.%N)
step_began=$began
step_name="set-up"
hint=$log
done_ok=

finish() {
    if [ -n "$done_ok" ]; then
        rm -rf "$work"
    else
        echo
        echo "demo: FAILED in step: $step_name"
        if [ -f "$hint" ]; then
            echo "demo: look at $hint (everything is kept in $work)"
        else
            echo "demo: look at the message above, then at $hint (everything is kept in $work)"
        fi
        [ -f "$hint" ] && tail -n 12 "$hint" | sed 's/^/    | /'
    fi
}
trap finish EXIT

seconds() { awk -v a="$1" -v b="$(date +%s.%N)" 'BEGIN { printf "%.1f", b - a }'; }
step() { step_name=$1 hint=$log step_began=$(date +%s.%N); printf '\n%s\n' "$1"; }
said() { printf '   %s\n' "$1"; }
passed() { printf '   ok, %s s\n' "$(seconds "$step_began")"; }
failed() { echo "   $1" >&2; exit 1; }

# wait_for SECONDS FILE PATTERN [COUNT]: PATTERN stands in FILE at least COUNT times
wait_for() {
    hint=$2
    local end=$((SECONDS + $1)) found
    while :; do
        found=$(grep -acE -- "$3" "$2" 2>/dev/null) || :
        [ "${found:-0}" -ge "${4:-1}" ] && { hint=$log; return 0; }
        [ "$SECONDS" -lt "$end" ] || failed "waited $1 s for \"$3\" in $2"
        sleep 0.05
    done
}
# stay LOG POWER [NAME=VALUE...]: instead of an end, where the scenario is to be kept (tools/demo_kept): says how to look
# at what is up, and waits to be stopped.  LOG: the device's console; POWER: commands that switch it off and on;
# NAME=VALUE: besides, for a shell inside.  More to try comes on standard input, a command a line.
stay() {
    local log_file=$1 power=$2 line
    shift 2
    echo "$work" >"$PERI_DEMO_STATE/work"
    printf '%s\n' "PATH=$bin:$PATH" "HOME=$work" "PERI_PROFILE=$PERI_PROFILE" "$@" >"$PERI_DEMO_STATE/environment"
    printf '\ntotal %s s\n\n%s\n\n' "$(seconds "$began")" \
        "Service, device and broker stay up, in namespaces of their own (no port of this machine is taken). From this folder:"
    for line in 'peri catalog list --output table' 'peri device list --output table'; do printf '   ./demo --shell %s\n' "$line"; done
    while read -r line; do printf '   ./demo --shell %s\n' "$line"; done
    printf '   %s\n' "./demo --shell mosquitto_sub -h 127.0.0.1 -p 1884 -t '#' -v     # what the broker gets" \
        "./demo --shell                        # a shell there: peri is in PATH, PERI_PROFILE is the operator's" \
        "tail -F $log_file    # the device's console" \
        "./demo --stop                         # ends it all and removes $work"
    printf '\nThe device off and on again, in that shell:\n   %s\n\ndemo: ok\n' "$power"
    done_ok=yes
    trap 'exit 0' TERM
    : >"$PERI_DEMO_STATE/kept"
    exec >/dev/null 2>&1
    while :; do # the first process of its namespace: others' orphans end with it
        wait || :
        sleep 1
    done
}
count() { grep -acE -- "$2" "$1" 2>/dev/null || :; }
lines() { wc -l <"$1"; }
short() { printf '%s..%s' "${1:0:12}" "${1: -6}"; }
