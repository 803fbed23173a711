#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# New certificates for the CAs ahead of their end: old and new ones are good side by side.
set -euo pipefail
. "$(dirname "$0")/whole_service.sh"
peri() { "$bin/peri" "$@"; }
key_of() { openssl x509 -in "$1" -noout -pubkey; }
by() { openssl verify -partial_chain -trusted "$1" "$2" >/dev/null 2>&1; } # CA LEAF

peri service init --data "$data" --organisation Contoso >/dev/null
start "$data"
peri catalog create -n contoso >/dev/null
peri ca-certificate download-chain -c contoso -of "$top/chain" >/dev/null
openssl pkcs7 -inform DER -in "$top/chain" -print_certs -out "$top/chain.pem"
stop
cp -a "$data" "$top/before"
old=$top/before

refused 'no CA "catalog"' peri service renew-ca --data "$data" --ca catalog
refused 'root is not off line' peri service renew-ca --data "$data" --certificate "$data/issuer/os.pem"
# A broken issuer has root sign with no key of another place: it has its folder, and links there lead nowhere.
if [ "$(id -u)" = 0 ]; then
    [ "$(stat -c %u "$data/issuer")" != 0 ] || fail "the issuer's folder is root's"
    for file in os.key os.pem root.key; do
        mv "$data/issuer/$file" "$top/elsewhere" && ln -s "$top/elsewhere" "$data/issuer/$file"
        refused 'cannot read' peri service renew-ca --data "$data" --ca os
        mv -T "$top/elsewhere" "$data/issuer/$file"
    done
fi
diff -r "$old/issuer" "$data/issuer" >/dev/null || fail "a refused call changed something"
# A folder that is none is said so, not a file that happens to be read first.
for verb in renew-ca renew-certificate 'rotate-update-key --keystore-version 2' rotate-capability-key 'move-keys --pkcs11-token pkcs11:token=none' \
    rotate-wrap-key rotate-key "backup --output-directory $top/none"; do
    # shellcheck disable=SC2086 # words
    refused 'no data folder of a service' peri service $verb --data "$top/nowhere"
done
refused 'no data folder of a service' peri root request --data "$top/nowhere" --output-directory "$top/none"
refused 'no data folder of a service' peri operator create --data "$top/nowhere" --name eve --output-directory "$top/none"
[ ! -e "$top/none" ] && [ ! -e "$top/nowhere" ] || fail "a refused call made a folder"

peri service renew-ca --data "$data" >/dev/null
peri operator create --data "$data" --name grace --output-directory "$top/grace" >"$top/grace.json" 2>"$top/grace.said"
grep -q '"name": "grace"' "$top/grace.json" && grep -q '"expiryUtc": "20' "$top/grace.json"
grep -q "a new name has no role yet: peri role assignment create --assignee 'grace'" "$top/grace.said"
for ca in operator os update-only server; do
    ! cmp -s "$old/issuer/$ca.pem" "$data/issuer/$ca.pem" || fail "$ca.pem is the old one"
    [ "$(key_of "$old/issuer/$ca.pem")" = "$(key_of "$data/issuer/$ca.pem")" ] || fail "$ca has another key"
    openssl verify -x509_strict -CAfile "$data/root.pem" "$data/issuer/$ca.pem" >/dev/null || fail "$ca.pem is not by the root"
    [ "$ca" = server ] || cmp -s "$data/issuer/$ca.pem" "$data/front/anchors/$ca.pem" || fail "front has another $ca.pem"
done
cmp -s "$old/root.pem" "$data/root.pem" || fail "the root was renewed unasked"
# Side by side: old leaf under the new CA, new leaf under the old one.
by "$data/issuer/operator.pem" "$old/operator/cert.pem" || fail "the new CA does not know what the old one signed"
by "$old/issuer/operator.pem" "$top/grace/cert.pem" || fail "the old CA does not know what the new one signed"
by "$data/issuer/server.pem" "$data/front/cert.pem" || fail "the server's certificate"

peri service renew-ca --data "$data" --ca root >"$top/said"
grep -q 'root.pem.* goes to every device and operator' "$top/said" || fail "the new root: $(cat "$top/said")"
! cmp -s "$old/root.pem" "$data/root.pem" || fail "the root is the old one"
for file in issuer/root.pem front/anchors/root.pem; do cmp -s "$data/root.pem" "$data/$file" || fail "$file is another"; done
for root in "$old/root.pem" "$data/root.pem"; do
    for leaf in "$old/issuer/os.pem" "$data/issuer/os.pem" "$top/chain.pem"; do
        openssl verify -CAfile "$root" "$leaf" >/dev/null || fail "$leaf does not verify by $root"
    done
done
peri service renew-certificate --data "$data" >/dev/null
start "$data"
peri catalog list >/dev/null || fail "the operator of before is not known any more"
PERI_PROFILE=$top/grace peri config set endpoint="https://localhost:$(cat "$data/run/port")" >/dev/null
PERI_PROFILE=$top/grace peri catalog list >/dev/null || fail "the operator of after is not known"
peri ca-certificate list -c contoso >/dev/null || fail "the catalog's CA of before is not opened"
peri catalog create -n fabrikam >/dev/null || fail "no new catalog"
peri audit verify >/dev/null || fail "the audit log does not verify"
peri ca-certificate download-crl -c contoso -of "$top/list" >/dev/null || fail "no list"
openssl s_client -connect "localhost:$(cat "$data/run/port")" -CAfile "$old/root.pem" -verify_return_error -brief </dev/null >"$top/said" 2>&1 || :
grep -q 'Verification: OK' "$top/said" || fail "who has the old root does not know the server: $(cat "$top/said")"
stop
echo "renew_ca_test: all as it should be"
