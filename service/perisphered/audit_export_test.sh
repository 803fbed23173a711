#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Records of the audit log in files, and gone from the log, with a whole service whose clock is set
# (docs/spec/audit.md, "Retention"): a file proves itself, and with the service's log; one that was touched, or an
# older one, does not; the issuer lets nothing go that is young.  Ends with 0 when all held.
set -euo pipefail
. "$(dirname "$0")/whole_service.sh"
peri() { "$bin/peri" "$@"; }
product() { peri product create -c contoso -n "$1" --no-default-device-groups >/dev/null; }
first() { peri audit list --query '[0].sequence' -o tsv; }
export_to() { peri audit export --before "$(date -u -d tomorrow +%F)" --output-file "$1" --query "$2" -o tsv; }

# The service's clock, so many days from the right one.
export PERI_TEST_CLOCK=$top/clock
clock() {
    local hex
    hex=$(printf '%016x' $(($1 * 86400)))
    # shellcheck disable=SC2059
    printf "$(echo "$hex" | sed 's/\(..\)\(..\)\(..\)\(..\)\(..\)\(..\)\(..\)\(..\)/\\x\8\\x\7\\x\6\\x\5\\x\4\\x\3\\x\2\\x\1/')" >"$PERI_TEST_CLOCK"
}
start_at() { # DAYS [doubted]: as if it had been on all the time, or was off so long that the clock may be ahead
    clock "$1"
    [ "${2:-}" = doubted ] || rm -f "$data/store/clock"
    "$bin/perisphered_set_clock" --data "$data" --listen 127.0.0.1:0 >"$top/out" 2>>"$top/log" &
    service=$!
    ready "$service" "$top/out"
    port=$(cat "$data/run/port")
    export PERI_PROFILE=$data/operator
    peri config set endpoint="https://localhost:$port" >/dev/null
}

clock -200
"$bin/perisphered_set_clock" --init --data "$data" >/dev/null
"$bin/perisphered_set_clock" --data "$data" --operator carl --out "$top/carl" >/dev/null 2>&1
sed -i 's/{/{ "audit_keep_days": 30,/;:rest;n;b rest' "$data/service.json"
start_at -200
peri catalog create -n contoso >/dev/null
for name in one two three; do product $name; done
peri audit verify >/dev/null # seals the head
product four
refused 'nothing to export' peri audit export --before 2020-01-01 --output-file "$top/records"
refused 'takes 2027-01-31' peri audit export --before yesterday --output-file "$top/records"
refused 'takes 2027-01-31' peri audit export --before 2026-02-31 --output-file "$top/records"
[ "$(export_to "$top/records" from)" = 1 ] || fail "the file begins elsewhere"
refused 'cannot make' export_to "$top/records" from
last=$(tail -n 1 "$top/records" | sed 's/.*"sequence":\([0-9]*\).*/\1/')
[ "$(wc -l <"$top/records")" = $((last + 1)) ] || fail "the file has other records"
[ "$(peri audit verify --file "$top/records" --query exportedUpTo -o tsv)" = "$last" ] || fail "the file does not verify"
refused 'younger than records are kept' peri audit prune --file "$top/records" --yes

# Touched, another's, by one who may not.
sed 's/products\/two/products\/2wo/' "$top/records" >"$top/changed"
refused 'was changed' peri audit verify --file "$top/changed"
refused 'was changed' peri audit prune --file "$top/changed" --yes
sed '$d' "$top/records" >"$top/short"
refused 'was exported up to' peri audit verify --file "$top/short"
sed '3d' "$top/records" >"$top/gap"
refused 'is missing' peri audit verify --file "$top/gap"
refused 'is no export' peri audit verify --file "$data/root.pem"
"$bin/perisphered" --init --data "$top/other" >/dev/null
(export PERI_PROFILE=$top/other/operator; refused 'not by this service' peri audit prune --file "$top/records" --yes)
peri role assignment create --assignee carl --role Contributor --scope / >/dev/null
as_carl() { (export PERI_PROFILE=$top/carl; "$@"); }
as_carl peri config set endpoint="https://localhost:$port" >/dev/null
as_carl refused 'has no role that allows' peri audit prune --file "$top/records" --yes
[ "$(first)" = 1 ] || fail "records went"
stop

start_at -169 doubted
refused 'until a day later' peri audit prune --file "$top/records" --yes # a clock that is ahead looks like this
stop
start_at -169
[ "$(peri audit prune --file "$top/records" --yes --query sequence -o tsv)" = "$last" ] || fail "pruned something else"
[ "$(first)" = $((last + 1)) ] || fail "the log begins with record $(first)"
[ "$(peri audit verify --query prunedUpTo -o tsv)" = "$last" ] || fail "what is left does not verify"
peri audit verify --file "$top/records" >/dev/null || fail "the whole does not verify"
refused 'went before' peri audit prune --file "$top/records" --yes
# An operator who never looked since: the files, once.
as_carl peri config set endpoint="https://localhost:$port" >/dev/null
head=$(sed -n 3p "$top/records" | sed 's/.*"digest":"\([0-9a-f]*\)".*/\1/')
echo "{\"sequence\": 2, \"digest\": \"$head\"}" >"$top/carl/audit-seen.json"
as_carl refused 'was seen here before' peri audit verify
as_carl peri audit verify --file "$top/records" >/dev/null || fail "carl's file"
as_carl peri audit verify >/dev/null || fail "carl has seen it by now"
stop

# And again, later: the second file goes on where the first one ended.
start_at -130
product five
[ "$(export_to "$top/later" from)" = $((last + 1)) ] || fail "the second file begins elsewhere"
refused 'younger than records are kept' peri audit prune --file "$top/later" --yes
stop
start_at -90
peri audit prune --file "$top/later" --yes >/dev/null || fail "the second file"
peri audit verify --file "$top/records" "$top/later" >/dev/null || fail "both files"
peri audit verify --file "$top/later" >/dev/null || fail "the second file alone"
refused 'is an older one' peri audit verify --file "$top/records"
refused 'begins behind record' peri audit verify --file "$top/later" "$top/records"
peri product show -c contoso -p two >/dev/null || fail "more than records went"
[ "$(peri audit list --query "[?action=='Microsoft.Authorization/auditLog/prune/action' && outcome=='Succeeded'] | length(@)" -o tsv)" = 1 ] ||
    fail "the log does not say who pruned it last"
stop
echo "audit_export_test: $last records, then more; all as it should be"
