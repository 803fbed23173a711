#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Keys of the issuer from files into a token (docs/operate.md, "From files into a token"): some, all, cut off in between, and
# into a token that has another key of the name.
set -euo pipefail
. "$(dirname "$0")/whole_service.sh"
module=/usr/lib/softhsm/libsofthsm2.so
own() { [ "$(id -u)" != 0 ] || chown -R 970001:970001 "$top/tokens"; }
peri() { "$bin/peri" "$@"; }
objects() { find "$top/tokens" -name '*.object' ! -name token.object | wc -l; }
unchanged() { diff -r "$top/files" "$data/issuer" >/dev/null || fail "$1 changed the issuer's folder"; }
to='pkcs11:token=works'

softhsm_new

peri service init --data "$data" --organisation Contoso >/dev/null
peri service rotate-update-key --data "$data" --keystore-version 2 >/dev/null
refused 'above 2, that of the last rotation, and is 2' peri service rotate-update-key --data "$data" --keystore-version 2
start "$data"
peri catalog create -n contoso >/dev/null
own
settings() {
    sed -i "s|^{|{ \"pkcs11_module\": \"$module\", \"pkcs11_pin\": \"file:$top/pin\", \"pkcs11_paths\": \"$top/tokens:$top/softhsm2.conf\",|" "$data/service.json"
}
stop
cp -a "$data/issuer" "$top/files"
refused 'names no "pkcs11_module"' peri service move-keys --data "$data" --pkcs11-token "$to"
settings
start "$data"
refused 'another service is using this data folder' peri service move-keys --data "$data" --pkcs11-token "$to"
stop
cp -a "$data/issuer/." "$top/files/"
refused 'no key "wrap" can be moved' peri service move-keys --data "$data" --pkcs11-token "$to" --pkcs11-keys os,wrap
# A key that is prepared would follow from its file.
peri service rotate-capability-key --data "$data" --prepare >/dev/null
for keys in "" "--pkcs11-keys capability"; do
    refused 'capability-next.key" is a key that is to follow' peri service move-keys --data "$data" --pkcs11-token "$to" $keys
done
rm "$data/issuer/capability-next.key" "$data/capability-next-key.pub"
refused 'no such token' peri service move-keys --data "$data" --pkcs11-token 'pkcs11:token=none'
refused 'names of its keys begin with' peri service move-keys --data "$data" --pkcs11-token 'pkcs11:token=works;id=%01'
[ "$(objects)" = 0 ] || fail "a refused move left something in the token"
unchanged "a refused move"
# Another key of the name: nothing is done to the file, nor to that key.
softhsm2-util --import <(openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256) --token works --label perisphere-os --id 07 --pin pin-of-the-test >/dev/null 2>&1 ||
    fail "softhsm2-util does not take a key in"
was=$(objects)
refused 'perisphere-os' peri service move-keys --data "$data" --pkcs11-token "$to" --pkcs11-keys os
unchanged "another key of the name"
[ "$(objects)" = "$was" ] || fail "another key of the name was touched"

# Some, and what a stolen disk has of them: a name.
to='pkcs11:token=works;object=mine'
cp -a "$data/issuer/server.key" "$top/server.key"
exec 7<"$data/issuer/server.key" # the bytes on disk, whatever name they have
peri service move-keys --data "$data" --pkcs11-token "$to" --pkcs11-keys server,audit >"$top/said"
grep -q '2 keys moved into the token, 0 were there' "$top/said" || fail "said: $(cat "$top/said")"
grep -q '^pkcs11:.*object=mine-server;' "$data/issuer/server.key" || fail "server.key has no name"
grep -q '^pkcs11:.*object=mine-audit;' "$data/issuer/audit.pem" && grep -q 'BEGIN CERTIFICATE' "$data/issuer/audit.pem" || fail "audit.pem"
! grep -aq PRIVATE <&7 || fail "the bytes that were the key are still there"
exec 7<&-
[ -z "$(find "$data/issuer" -name '.part-*')" ] || fail "something was left"
# Cut off: in the token, and in the file as before; then with the bytes' second name, before and behind the rename.
cp -a "$top/server.key" "$data/issuer/server.key"
peri service move-keys --data "$data" --pkcs11-token "$to" --pkcs11-keys server >"$top/said"
grep -q '1 key moved' "$top/said" || fail "after the import: $(cat "$top/said")"
cp -a "$top/server.key" "$data/issuer/server.key"
ln "$data/issuer/server.key" "$data/issuer/.part-erase-server.key"
peri service move-keys --data "$data" --pkcs11-token "$to" --pkcs11-keys server >/dev/null
cp -a "$top/server.key" "$data/issuer/.part-erase-server.key"
peri service backup --data "$data" --output-directory "$top/backup" >/dev/null
[ -z "$(find "$top/backup" -name '.part-*')" ] || fail "a backup has the bytes of a key that is in the token"
peri service move-keys --data "$data" --pkcs11-token "$to" --pkcs11-keys server >"$top/said"
grep -q '0 keys moved into the token, 1 was there' "$top/said" || fail "behind the rename: $(cat "$top/said")"
[ -z "$(find "$data/issuer" -name '.part-*')" ] || fail "a former key's bytes have a name"

# All of them; the service goes on, and whatever it signed before is good.
peri service move-keys --data "$data" --pkcs11-token "$to" >"$top/said"
! grep -rl 'PRIVATE KEY' "$data/issuer" || fail "a private key is in a file"
grep -q 'object=mine-update-before-2;' "$data/issuer/update-before-2.key" || fail "the former update key"
own
start "$data"
peri catalog create -n fabrikam >/dev/null
peri ca-certificate list -c contoso >/dev/null || fail "the catalog's CA of before is not opened"
peri ca-certificate download-chain -c fabrikam -of "$top/chain" >/dev/null
openssl pkcs7 -inform DER -in "$top/chain" -print_certs -out "$top/chain.pem"
openssl verify -x509_strict -CAfile "$top/files/root.pem" -untrusted "$top/chain.pem" "$top/chain.pem" >/dev/null || fail "the root of before does not know the new CA"
peri audit verify >/dev/null || fail "the audit log does not verify"
stop
peri operator create --data "$data" --name grace --output-directory "$top/grace" >/dev/null
openssl verify -CAfile "$top/files/root.pem" -untrusted "$top/files/operator.pem" "$top/grace/cert.pem" >/dev/null || fail "grace"
peri service renew-certificate --data "$data" >/dev/null
peri service move-keys --data "$data" --pkcs11-token "$to" >"$top/said"
grep -q '"0 keys moved' "$top/said" || fail "a second time: $(cat "$top/said")"
echo "move_keys_test: all as it should be"
