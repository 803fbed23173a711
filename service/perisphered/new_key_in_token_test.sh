#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Another key for CAs whose keys are in a token (SoftHSM), the issuing CA's below a root off line among them: the new ones are made
# there, the former ones sign their lists from there; and former keys in files go into the token with those that followed them.
set -euo pipefail
. "$(dirname "$0")/whole_service.sh"
module=/usr/lib/softhsm/libsofthsm2.so
own() { [ "$(id -u)" != 0 ] || chown -R 970001:970001 "$top/tokens"; }
peri() { "$bin/peri" "$@"; }
in_token() { grep -q '^pkcs11:token=works;' "$1" && ! grep -q 'PRIVATE KEY' "$1" || fail "$1 names no key in the token"; }
listed() { # NAME CA: NAME-KEY.crl is signed by that CA
    list_pem "$1-$(list_key "$2")" && list_by "$2" || fail "no list of $2: $(cat "$top/head")"
}
follow() { # another issuing key, by the ceremony
    rm -rf "$top/next" "$top/next.pem"
    peri root request --data "$data" --new-key --output-directory "$top/next" >/dev/null
    peri root sign --root "$top/root" --request "$top/next/issuing.csr" --output-file "$top/next.pem" >/dev/null
    peri service renew-ca --data "$data" --certificate "$top/next.pem" >/dev/null
    own
}

softhsm_new
token=(--pkcs11-token 'pkcs11:token=works' --pkcs11-module "$module" --pkcs11-pin "file:$top/pin")
peri root create --output-directory "$top/root" --organisation Contoso >/dev/null

# -- made in the token ----------------------------------------------------------------------
peri root request --output-directory "$top/issuing" --organisation Contoso "${token[@]}" >/dev/null
peri root sign --root "$top/root" --request "$top/issuing/issuing.csr" --output-file "$top/issuing/issuing.pem" >/dev/null
cp "$top/root/root.pem" "$top/issuing/"
peri service init --data "$data" --issuing "$top/issuing" --organisation Contoso "${token[@]}" --pkcs11-paths "$top/tokens:$top/softhsm2.conf" >/dev/null
own
cp "$data/issuer/operator.pem" "$top/operator-1.pem"
start "$data"
peri catalog create -n contoso >/dev/null
stop
peri service renew-ca --data "$data" --ca operator --new-key >/dev/null
follow
for file in issuing.key operator.key "$(cd "$data/issuer" && echo issuing-until-*.key)" "$(cd "$data/issuer" && echo operator-until-*.key)"; do
    in_token "$data/issuer/$file"
done
! cmp -s "$top/issuing/issuing.pem" "$data/issuer/issuing.pem" || fail "the issuing CA is the one of before"
[ ! -e "$data/issuer/issuing-next.key" ] || fail "the key that follows has two files"
own
start "$data"
peri catalog create -n fabrikam >/dev/null || fail "the new issuing key does not sign"
peri ca-certificate list -c contoso >/dev/null || fail "the catalog of before is not opened"
peri audit verify >/dev/null || fail "the audit log does not verify"
listed operator "$top/operator-1.pem"
listed operator "$data/issuer/operator.pem"
listed root "$top/issuing/issuing.pem"
listed root "$data/issuer/issuing.pem"
stop
rm -rf "$data"

# -- made in files, moved later -----------------------------------------------------------------
rm -rf "$top/issuing"
peri root request --output-directory "$top/issuing" --organisation Contoso >/dev/null
peri root sign --root "$top/root" --request "$top/issuing/issuing.csr" --output-file "$top/issuing/issuing.pem" >/dev/null
cp "$top/root/root.pem" "$top/issuing/"
peri service init --data "$data" --issuing "$top/issuing" --organisation Contoso >/dev/null
cp "$data/issuer/os.pem" "$top/os-1.pem"
start "$data"
peri catalog create -n contoso >/dev/null
stop
peri service renew-ca --data "$data" --ca os --new-key >/dev/null
follow
sed -i "s|^{|{ \"pkcs11_module\": \"$module\", \"pkcs11_pin\": \"file:$top/pin\", \"pkcs11_paths\": \"$top/tokens:$top/softhsm2.conf\",|" "$data/service.json"
peri service move-keys --data "$data" --pkcs11-token 'pkcs11:token=works;object=moved' --pkcs11-keys update >/dev/null
grep -q 'PRIVATE KEY' "$data"/issuer/os-until-*.key || fail "a former key was moved unasked"
peri service move-keys --data "$data" --pkcs11-token 'pkcs11:token=works;object=moved' >/dev/null
own
for file in "$data"/issuer/os-until-*.key "$data"/issuer/issuing-until-*.key "$data/issuer/os.key" "$data/issuer/issuing.key"; do in_token "$file"; done
! grep -l 'PRIVATE KEY' "$data"/issuer/*.key || fail "a key is in a file"
start "$data"
peri ca-certificate list -c contoso >/dev/null || fail "the catalog of before is not opened from the token"
listed os "$top/os-1.pem"
listed root "$top/issuing/issuing.pem"
stop
# From a file to a key in the token that never was in one.
cp "$data/issuer/os.pem" "$top/os-2.pem"
peri service renew-ca --data "$data" --ca os --new-key >/dev/null
follow
start "$data"
listed os "$top/os-2.pem"
listed os "$data/issuer/os.pem"
peri audit verify >/dev/null || fail "the audit log does not verify"
stop
# Forgotten: the files go; keys in the token are for its maker's tool.
peri service renew-ca --data "$data" --ca os --forget-former >"$top/said"
grep -q '2 former CAs forgotten' "$top/said" && [ "$(find "$data/issuer" -name 'os-until-*')" = "" ] || fail "$(cat "$top/said")"
echo "new_key_in_token_test: all as it should be"
