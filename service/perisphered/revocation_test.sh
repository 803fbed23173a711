#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A whole service: an operator's certificate, a device and a catalog's CA are revoked, and the
# lists say so to whoever asks, without a certificate (docs/spec/certificates.md, "Revocation").
set -euo pipefail
. "$(dirname "$0")/whole_service.sh"
run() { # and every operator's profile knows where it is
    start "$data"
    for profile in "$top"/grace*; do
        [ ! -d "$profile" ] || PERI_PROFILE=$profile "$bin/peri" config set endpoint="https://localhost:$port" >/dev/null
    done
}
peri() { PERI_PROFILE=$data/operator "$bin/peri" "$@"; }
as() { PERI_PROFILE=$1 "$bin/peri" "${@:2}"; }
has() { openssl crl -inform der -in "$top/$1.crl" -noout -text | tr -d ' :' | grep -qi "$2"; }
number() { openssl crl -inform der -in "$top/$1.crl" -noout -crlnumber; }

"$bin/perisphered" --init --data "$data" >/dev/null
"$bin/perisphered" --data "$data" --operator grace --out "$top/grace" >/dev/null
"$bin/perisphered" --data "$data" --operator grace --out "$top/grace2" >/dev/null
run
peri catalog create -n contoso >/dev/null
peri role assignment create --assignee grace --role Contributor --scope / >/dev/null
as "$top/grace" catalog show -c contoso >/dev/null || fail "grace is not admitted"

# -- operators --------------------------------------------------------------------
serial=$(openssl x509 -in "$top/grace/cert.pem" -noout -serial | cut -d= -f2)
list operator
grep -q '^HTTP/1.[01] 200' "$top/head" || fail "no list: $(cat "$top/head")"
grep -qi '^content-type: application/pkix-crl' "$top/head" || fail "type: $(cat "$top/head")"
openssl crl -inform der -in "$top/operator.crl" -CAfile "$data/issuer/operator.pem" -noout 2>&1 | grep -q 'verify OK' ||
    fail "the operator CA did not sign its list"
! has operator "$serial" || fail "listed before it was revoked"
before=$(number operator)
list operator
[ "$(number operator)" = "$before" ] || fail "a list that is fresh was made anew"
peri operator revoke --certificate "$top/grace/cert.pem" --reason keyCompromise >"$top/said"
grep -q '"operatorName": "grace"' "$top/said" || fail "$(cat "$top/said")"
if as "$top/grace" catalog show -c contoso >"$top/said" 2>&1; then fail "a revoked operator was admitted"; fi
grep -q revoked "$top/said" || fail "$(cat "$top/said")"
if as "$top/grace" catalog create -n other >"$top/said" 2>&1; then fail "a revoked operator changed something"; fi
as "$top/grace2" catalog show -c contoso >/dev/null || fail "another certificate of the name was touched"
peri operator revoke --serial "$serial" >/dev/null # again: nothing new
[ "$(peri operator list-revoked --query 'length(@)')" = 1 ] || fail "$(peri operator list-revoked)"
list operator
has operator "$serial" || fail "not on the list"
has operator KeyCompromise || fail "no reason on the list"
[ "$(number operator)" != "$before" ] || fail "the number did not rise"
openssl crl -inform der -in "$top/operator.crl" -out "$top/operator-crl.pem"
openssl verify -crl_check -CAfile "$data/root.pem" -untrusted "$data/issuer/operator.pem" \
    -CRLfile "$top/operator-crl.pem" "$top/grace/cert.pem" >"$top/said" 2>&1 || :
grep -q 'certificate revoked' "$top/said" || fail "openssl verify: $(cat "$top/said")"

# -- devices ------------------------------------------------------------------------
device=$(printf 'ab%.0s' $(seq 64))
peri factory register --device "$device" >/dev/null
peri device claim -c contoso --device "$device" >/dev/null
peri device revoke -c contoso --device "$device" --reason keyCompromise >"$top/revoked.json" || fail "device revoke"
peri device list-revoked -c contoso >"$top/said"
grep -q "\"deviceId\": \"$device\"" "$top/said" && grep -q '"reason": "keyCompromise"' "$top/said" && grep -q '"revokedBy": "' "$top/said" ||
    fail "not among the revoked devices: $(cat "$top/said")"
jq -e '.revocation | .reason == "keyCompromise" and (.revokedUtc | startswith("20")) and .revokedBy != null' "$top/revoked.json" >/dev/null ||
    fail "device revoke answers without the revocation: $(cat "$top/revoked.json")"
as "$top/grace2" device show -c contoso --device "$device" >"$top/said"
grep -q '"revocation": {' "$top/said" && grep -q '"revokedUtc": "20' "$top/said" || fail "$(cat "$top/said")"
[ "$(peri device show -c contoso --device "$device" --query revocation.reason -o tsv)" = keyCompromise ] || fail "device show: why"
[ "$(peri device list-revoked -c contoso --filter "reason eq 'superseded'" --query 'length(@)')" = 0 ] || fail "the filter"
peri device reinstate -c contoso --device "$device" | jq -e 'has("revocation") | not' >/dev/null || fail "device reinstate"
[ "$(peri device list-revoked -c contoso --query 'length(@)')" = 0 ] || fail "reinstated, and in the list"
if peri device show -c contoso --device "$device" | grep -q revocation; then fail "reinstated, and shown as revoked"; fi
peri audit list >"$top/said"
grep -q 'devices/revoke/action' "$top/said" && grep -q 'devices/reinstate/action' "$top/said" ||
    fail "revoking and reinstating are not told apart: $(cat "$top/said")"
if as "$top/grace2" device revoke -c contoso --device "$device" --reason because >"$top/said" 2>&1; then
    fail "a reason that is none was taken"
fi

# -- a catalog's CA -----------------------------------------------------------------
first=$(peri ca-certificate list -c contoso --query '[0].name' -o tsv)
peri ca-certificate download -c contoso -of "$top/anchor.cer" >/dev/null
peri ca-certificate download-crl -c contoso -of "$top/active.crl" >/dev/null
openssl x509 -inform der -in "$top/anchor.cer" -out "$top/anchor.pem"
openssl crl -inform der -in "$top/active.crl" -CAfile "$top/anchor.pem" -noout 2>&1 | grep -q 'verify OK' ||
    fail "the catalog's CA did not sign its list"
peri ca-certificate renew -c contoso >/dev/null
[ "$(peri ca-certificate list -c contoso --query '[].properties.status' -o tsv | sort | tr '\n' ' ')" = "Active Inactive " ] ||
    fail "$(peri ca-certificate list -c contoso)"
if peri ca-certificate renew -c contoso >"$top/said" 2>&1; then fail "a second next CA"; fi
peri ca-certificate revoke -c contoso -n "$first" --reason cACompromise >"$top/said"
grep -q '"status": "Revoked"' "$top/said" || fail "$(cat "$top/said")"
[ "$(peri ca-certificate list -c contoso --query "[?properties.status=='Active'] | [0].name" -o tsv)" != "$first" ] ||
    fail "the revoked CA still signs"
list "$first"
has "$first" "$first" || fail "the CA's own list has not its anchor"
list root
[ "$(openssl crl -inform der -in "$top/root.crl" -noout -text | grep -c 'Serial Number')" = 1 ] || fail "the root's list"
if peri ca-certificate activate -c contoso -n "$first" >/dev/null 2>&1; then fail "a revoked CA was activated"; fi

# A catalog that goes takes its CA's trust along.
peri catalog create -n gone >/dev/null
gone=$(peri ca-certificate list -c gone --query '[0].name' -o tsv)
peri catalog delete -c gone --yes >/dev/null
list root
[ "$(openssl crl -inform der -in "$top/root.crl" -noout -text | grep -c 'Serial Number')" = 2 ] || fail "deleted catalog"
list "$gone"
has "$gone" "$gone" || fail "the list of a deleted catalog's CA"

# -- what there is not; and a restart ------------------------------------------------
for name in nothing 00ff server ../root; do
    list "$name" 2>/dev/null || :
    grep -q '^HTTP/1.[01] 40[04]' "$top/head" || fail "$name: $(cat "$top/head")"
done
stop
run
if as "$top/grace" catalog show -c contoso >/dev/null 2>&1; then fail "forgotten over a restart"; fi
list operator
has operator "$serial" || fail "the list was forgotten"
"$bin/peri" audit verify --help >/dev/null
peri audit list --query "[?contains(action, 'revoke') || contains(action, 'revoked')] | length(@)" | grep -qv '^0$' ||
    fail "nothing in the audit log"
stop
echo "revocation_test: all held"
