# SPDX-License-Identifier: BSD-2-Clause
# What a test of a whole service begins with: a folder that goes when it ends, and the service in it.  Sourced:
#   . "$(dirname "$0")/whole_service.sh"
# $top: the folder; $data: for the service's data; $bin: the programs (PERI_BIN).
test_name=$(basename "$0" .sh)
bin=${PERI_BIN:-}
top=$(mktemp -d "/tmp/peri-$test_name-XXXXXX")
chmod 711 "$top" # the processes' own users, and PostgreSQL's, pass through
data=$top/data
service= others= database= # processes that do not outlive the test
cleanup() {
    for pid in $service $others; do kill "$pid" 2>/dev/null || :; done
    [ -z "$database" ] || kill -INT "$database" 2>/dev/null || :
    wait 2>/dev/null || :
    rm -rf "$top"
}
trap cleanup EXIT
fail() {
    echo "$test_name: $*" >&2
    [ ! -f "$top/log" ] || tail -n 20 "$top/log" >&2
    exit 1
}
ready() { # PID OUTPUT: it says so on its standard output, which is the file
    for _ in $(seq 600); do
        ! grep -q 'ready on' "$2" || return 0
        kill -0 "$1" 2>/dev/null || fail "the service ended"
        sleep 0.1
    done
    fail "the service is not ready"
}
# peri finds the service as its operator from then on; $port: where it listens.
start() { # DATA
    : >"$top/out" # here: the shell's own truncates later, and what the last one said would count
    "$bin/perisphered" --data "$1" --listen 127.0.0.1:0 >"$top/out" 2>>"$top/log" &
    service=$!
    ready "$service" "$top/out"
    port=$(cat "$1/run/port")
    export PERI_PROFILE=$1/operator
    "$bin/peri" config set endpoint="https://localhost:$port" >/dev/null
}
stop() {
    kill "$service"
    wait "$service" || fail "the service ended with $?"
    service=
}
# The code block NUMBER of that section of docs/operate.md, with the data folder of this test, run in $top/FOLDER, as who runs the
# test; what is for the service of systemd is left out; $top/said: what it says.
doc_step() { # SECTION FOLDER NUMBER
    local commands
    commands=$(awk -v section="## $1" -v want="$3" '/^## /{in_it=($0==section)} in_it && /^```/{open=!open; if(open)n++; next} in_it && open && n==want' \
        docs/operate.md | sed "s|/var/lib/perisphere|$data|g; s/^sudo //; /^systemctl /d")
    [ -n "$commands" ] || fail "block $3 of \"$1\" is gone"
    (cd "$top/$2" && eval "$commands") >"$top/said" 2>&1 || fail "$commands: $(cat "$top/said")"
}
# The list NAME.crl by who has no certificate, as $top/NAME.crl; its status line in $top/head.
list() {
    printf 'GET /crl/%s.crl HTTP/1.0\r\nHost: localhost\r\n\r\n' "$1" |
        timeout 20 openssl s_client -quiet -ign_eof -CAfile "$data/root.pem" -connect "localhost:$port" 2>/dev/null >"$top/answer" || :
    LC_ALL=C sed '/^\r$/q' "$top/answer" >"$top/head"
    LC_ALL=C sed '1,/^\r$/d' "$top/answer" >"$top/$1.crl"
}
list_pem() { list "$1" && openssl crl -inform der -in "$top/$1.crl" -out "$top/list.pem" 2>/dev/null; } # the same as $top/list.pem
list_by() { openssl crl -in "$top/list.pem" -CAfile "$1" -noout -verify 2>&1 | grep -q 'verify OK'; } # CA
# Of a CA's certificate: what the address of its list has behind the name.
list_key() { openssl x509 -in "$1" -noout -ext subjectKeyIdentifier | sed -n '2s/[ :]//gp' | tr A-F a-f | cut -c 1-32; }
refused() { # WORDS COMMAND...: it fails, and says them
    local words=$1
    shift
    if "$@" >"$top/said" 2>&1; then fail "not refused: $*"; fi
    grep -q -- "$words" "$top/said" || fail "$* said: $(cat "$top/said")"
}
# SoftHSM's token "works" in $top/tokens, empty; its user PIN is in $top/pin.
softhsm_new() {
    mkdir "$top/tokens"
    printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n' "$top" >"$top/softhsm2.conf"
    chmod 644 "$top/softhsm2.conf"
    export SOFTHSM2_CONF=$top/softhsm2.conf
    softhsm2-util --init-token --free --label works --pin pin-of-the-test --so-pin 0815 >/dev/null
    (umask 077 && echo pin-of-the-test >"$top/pin")
}
. "$(dirname "$0")/../../tests/postgresql.sh"
