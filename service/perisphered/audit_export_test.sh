#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Records of the audit log in a file, with a whole service (docs/spec/audit.md, "Retention"): the file proves itself,
# and with the service's log; a file that was touched does not; the issuer lets nothing go that is young.
# Ends with 0 when all held.
set -euo pipefail
. "$(dirname "$0")/whole_service.sh"
peri() { "$bin/peri" "$@"; }

"$bin/perisphered" --init --data "$data" >/dev/null
start "$data"
peri catalog create -n contoso >/dev/null
for name in one two three; do peri product create -c contoso -n $name --no-default-device-groups >/dev/null; done
peri audit verify >/dev/null # seals the head
peri product create -c contoso -n four --no-default-device-groups >/dev/null
refused 'nothing to export' peri audit export --before 2020-01-01 --output-file "$top/records"
refused 'takes 2027-01-31' peri audit export --before yesterday --output-file "$top/records"
tomorrow=$(date -u -d tomorrow +%F)
[ "$(peri audit export --before "$tomorrow" --output-file "$top/records" --query 'from' -o tsv)" = 1 ] || fail "the file begins elsewhere"
refused 'cannot make' peri audit export --before "$tomorrow" --output-file "$top/records"
last=$(tail -n 1 "$top/records" | sed 's/.*"sequence":\([0-9]*\).*/\1/')
[ "$(wc -l <"$top/records")" = $((last + 1)) ] || fail "the file has other records"
[ "$(peri audit verify --file "$top/records" --query exportedUpTo -o tsv)" = "$last" ] || fail "the file does not verify"
refused 'younger than records are kept' peri audit prune --file "$top/records" --yes
[ "$(peri audit list --query '[0].sequence' -o tsv)" = 1 ] || fail "records went"
[ "$(peri audit verify --query prunedUpTo -o tsv)" = 0 ] || fail "pruned"

sed 's/products\/two/products\/2wo/' "$top/records" >"$top/changed"
refused 'was changed' peri audit verify --file "$top/changed"
refused 'was changed' peri audit prune --file "$top/changed" --yes
sed '$d' "$top/records" >"$top/short"
refused 'was exported up to' peri audit verify --file "$top/short"
sed '3d' "$top/records" >"$top/gap"
refused 'is missing' peri audit verify --file "$top/gap"
refused 'is no export' peri audit verify --file "$data/root.pem"
# Of another service, whose root this profile does not hold.
"$bin/perisphered" --init --data "$top/other" >/dev/null
(export PERI_PROFILE=$top/other/operator; refused 'not by this service' peri audit prune --file "$top/records" --yes)
peri operator create --data "$data" --name carl --output-directory "$top/carl" >/dev/null 2>&1
peri role assignment create --assignee carl --role Contributor --scope / >/dev/null
(export PERI_PROFILE=$top/carl; peri config set endpoint="https://localhost:$port" >/dev/null; refused 'AuthorizationFailed\|not allow' peri audit prune --file "$top/records" --yes)
stop
echo "audit_export_test: $last records; all as it should be"
