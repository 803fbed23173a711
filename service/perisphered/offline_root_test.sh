#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The ceremony of docs/operate.md, "Root off line", by the commands as they stand there, on two
# "machines"; then a service without a root key, and chains that others verify.
set -euo pipefail
. "$(dirname "$0")/whole_service.sh"
peri() { "$bin/peri" "$@"; }
step() { doc_step "Root off line" "$@"; } # FOLDER NUMBER
mkdir "$top/safe" "$top/server"
step safe 1
step server 2
grep 'key of the issuing CA' "$top/said" >"$top/asked"
# Before the root has signed nothing is made.
refused 'bring the certificate' peri service init --data "$data" --issuing "$top/server/issuing"
[ ! -e "$data" ] || fail "a data folder without a certificate"
mkdir "$top/safe/issuing"
cp "$top/server/issuing/issuing.csr" "$top/safe/issuing/"
step safe 3
grep 'key of the issuing CA' "$top/said" | cmp -s - "$top/asked" || fail "the two machines show different keys"
openssl verify -x509_strict -CAfile "$top/safe/root/root.pem" "$top/safe/issuing.pem" >/dev/null || fail "issuing.pem"
grep -q ' issuing ' "$top/safe/root/serials/offline.log" || fail "the root's signature is not in its log"

# What is not such a request is not signed.
sign() { peri root sign --root "$top/safe/root" --request "$1" --output-file "$top/no.pem"; }
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -keyout /dev/null -subj '/O=Contoso/CN=Perisphere root' -out "$top/other.csr" 2>/dev/null
refused 'no right' sign "$top/other.csr"
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj '/O=Contoso/CN=Perisphere issuing CA' -out "$top/small.csr" 2>/dev/null
refused 'no right' sign "$top/small.csr"
openssl req -in "$top/server/issuing/issuing.csr" -outform DER -out "$top/request.der"
last=$(tail -c 1 "$top/request.der" | od -An -tu1)
{
    echo '-----BEGIN CERTIFICATE REQUEST-----'
    { head -c -1 "$top/request.der" && printf "\\x$(printf %02x $(((last + 1) % 256)))"; } | base64
    echo '-----END CERTIFICATE REQUEST-----'
} >"$top/bent.csr"
refused 'not a request' sign "$top/bent.csr"
refused 'not a request' sign docs/operate.md
[ ! -e "$top/no.pem" ] || fail "something was signed"
refused 'exists already' peri root create --output-directory "$top/safe/root"
refused 'will not write over\|exists already' peri root sign --root "$top/safe/root" --request "$top/server/issuing/issuing.csr" --output-file "$top/safe/issuing.pem"

# Another root's certificate is not taken.
peri root create --output-directory "$top/other" --organisation Contoso >/dev/null
cp "$top/safe/issuing.pem" "$top/server/issuing/"
cp "$top/other/root.pem" "$top/server/issuing/"
refused 'not the root that signed' peri service init --data "$data" --issuing "$top/server/issuing"
cp "$top/safe/root/root.pem" "$top/server/issuing/"
step server 4
mv "$top/safe" "$top/locked-away"
[ ! -e "$data/issuer/root.key" ] || fail "the root's key is in the data folder"
cmp -s "$data/root.pem" "$top/locked-away/root/root.pem" || fail "the anchor is another"

sed -i "s|\"base_url\": \"[^\"]*\"|\"base_url\": \"\"|" "$data/service.json" # this machine has not the service's name
start "$data"
peri catalog create -n contoso >/dev/null || fail "no catalog without the root"
peri ca-certificate download-chain -c contoso -of "$top/chain" >/dev/null
openssl pkcs7 -inform DER -in "$top/chain" -print_certs -out "$top/chain.pem"
[ "$(grep -c 'BEGIN CERTIFICATE' "$top/chain.pem")" = 3 ] || fail "a catalog's chain has not three certificates"
openssl verify -x509_strict -CAfile "$data/root.pem" -untrusted "$top/chain.pem" "$top/chain.pem" >/dev/null || fail "the catalog's chain"
# Strangers trust the root alone, and get the rest in the handshake.
openssl s_client -connect "localhost:$port" -CAfile "$data/root.pem" -verify_return_error -brief </dev/null >"$top/said" 2>&1 || :
grep -q 'Verification: OK' "$top/said" || fail "s_client: $(cat "$top/said")"
gnutls-cli --x509cafile "$data/root.pem" --verify-hostname localhost -p "$port" localhost </dev/null >"$top/said" 2>&1 || :
grep -q 'certificate is trusted' "$top/said" || fail "gnutls-cli: $(cat "$top/said")"
peri audit verify >/dev/null || fail "the audit log's seals do not verify"
peri operator create --data "$data" --name grace --output-directory "$top/grace" >/dev/null
PERI_PROFILE=$top/grace peri config set endpoint="https://localhost:$port" >/dev/null
PERI_PROFILE=$top/grace peri catalog list >/dev/null || fail "the service does not know its own operator CA's certificate"
peri ca-certificate download-crl -c contoso -of "$top/list" >/dev/null || fail "no list of the catalog"
peri service renew-certificate --data "$data" >/dev/null
[ "$(grep -c 'BEGIN CERTIFICATE' "$data/front/cert.pem")" = 3 ] || fail "the renewed server's chain is short"
openssl verify -CAfile "$data/root.pem" -untrusted "$data/front/cert.pem" "$data/front/cert.pem" >/dev/null || fail "renewed"
stop
# Ahead of its end the same key gets another certificate, by the root that comes out of its safe once more.
refused 'the root is off line' peri service renew-ca --data "$data" --ca root
grep -q 'peri root request --data .*peri root sign .*--certificate FILE' "$top/said" || fail "no way out: $(cat "$top/said")"
peri root request --data "$data" --output-directory "$top/again" >"$top/said"
grep 'key of the issuing CA' "$top/said" | cmp -s - "$top/asked" || fail "the request is for another key"
peri root sign --root "$top/locked-away/root" --request "$top/again/issuing.csr" --output-file "$top/issuing-2.pem" >/dev/null
peri root sign --root "$top/other" --request "$top/again/issuing.csr" --output-file "$top/foreign.pem" >/dev/null
cp "$data/issuer/issuing.pem" "$top/before.pem"
refused 'no certificate of the key' peri service renew-ca --data "$data" --certificate "$data/issuer/os.pem"
refused 'not signed by the root of this service' peri service renew-ca --data "$data" --certificate "$top/foreign.pem"
cmp -s "$top/before.pem" "$data/issuer/issuing.pem" || fail "a refused certificate was taken"
peri service renew-ca --data "$data" --certificate "$top/issuing-2.pem" >/dev/null
peri service renew-ca --data "$data" >/dev/null
peri service renew-certificate --data "$data" >/dev/null
cmp -s "$top/issuing-2.pem" "$data/issuer/issuing.pem" && cmp -s "$top/issuing-2.pem" "$data/front/anchors/root.pem" || fail "issuing.pem is not the new one"
openssl verify -CAfile "$data/root.pem" -untrusted "$data/front/cert.pem" "$data/front/cert.pem" >/dev/null || fail "renewed by another issuing CA"
start "$data"
peri ca-certificate list -c contoso >/dev/null || fail "the catalog's CA of before is not opened"
stop
# So does the root itself: whoever has either certificate of it knows the service.
cp -a "$data/root.pem" "$top/root-1.pem"
cp -a "$top/locked-away/root" "$top/root-copy"
peri root renew --root "$top/locked-away/root" >/dev/null
! cmp -s "$top/root-1.pem" "$top/locked-away/root/root.pem" || fail "the root's certificate is the old one"
cmp -s "$top/root-copy/root.key" "$top/locked-away/root/root.key" || fail "the root has another key"
peri root renew --root "$top/other" >/dev/null
refused "not a later certificate of this service's root" peri service renew-ca --data "$data" --certificate "$top/other/root.pem"
cmp -s "$top/root-1.pem" "$data/issuer/root.pem" && cmp -s "$top/root-1.pem" "$data/root.pem" || fail "a refused root was taken"
peri service renew-ca --data "$data" --certificate "$top/locked-away/root/root.pem" >"$top/said"
grep -q 'goes to every device and operator' "$top/said" || fail "the new root: $(cat "$top/said")"
cmp -s "$top/locked-away/root/root.pem" "$data/issuer/root.pem" && cmp -s "$data/issuer/root.pem" "$data/root.pem" || fail "root.pem is not the new one"
cmp -s "$top/issuing-2.pem" "$data/front/anchors/root.pem" || fail "front's anchor is not the issuing CA any more"
sleep 1.1 # dates have whole seconds
peri root renew --root "$top/locked-away/root" >/dev/null
refused "not a later certificate" peri service renew-ca --data "$data" --certificate "$top/root-1.pem"
for root in "$top/root-1.pem" "$data/root.pem" "$top/locked-away/root/root.pem"; do
    openssl verify -CAfile "$root" -untrusted "$data/front/cert.pem" "$data/front/cert.pem" >/dev/null || fail "the server is not known by $root"
done
start "$data"
peri ca-certificate list -c contoso >/dev/null || fail "the catalog's CA of before is not opened under the root's new certificate"
peri audit verify >/dev/null || fail "the audit log does not verify under the root's new certificate"
stop
# The root's own list: nothing on it, then the issuing CA of this service, and not what another root signed.
root=$top/locked-away/root
issuing=$data/issuer/issuing.pem
verify() { openssl crl -inform der -in "$top/root.crl" -out "$top/root-crl.pem" && openssl verify -crl_check -CAfile "$data/root.pem" -CRLfile "$top/root-crl.pem" "$issuing" 2>&1 || :; }
peri root make-crl --root "$root" --output-file "$top/root.crl" >/dev/null
openssl crl -inform der -in "$top/root.crl" -CAfile "$data/root.pem" -noout -verify 2>&1 | grep -q 'verify OK' || fail "the root did not sign its list"
verify | grep -q ': OK' || fail "an empty list: $(verify)"
for file in "$top/foreign.pem" "$root/root.pem" "$data/issuer/os.pem"; do
    refused 'not a certificate that this root signed' peri root make-crl --root "$root" --output-file "$top/no.crl" --certificate "$file"
done
refused "--reason is 'because': unspecified, keyCompromise, cACompromise" peri root make-crl --root "$root" --output-file "$top/no.crl" --certificate "$issuing" --reason because
refused 'says why' peri root make-crl --root "$root" --output-file "$top/no.crl" --reason superseded
sha256sum "$root"/* "$issuing" >"$top/sums" 2>/dev/null || :
for file in "$root/root.key" "$root/root.pem" "$issuing"; do # a slip of the keyboard costs no key
    refused 'is no revocation list' peri root make-crl --root "$root" --output-file "$file" --certificate "$issuing"
done
sha256sum --quiet -c "$top/sums" || fail "a list was written over something else"
refused 'from 1 to 3650' peri root make-crl --root "$root" --output-file "$top/no.crl" --days 0
[ ! -e "$top/no.crl" ] && [ ! -e "$root/revoked" ] || fail "a refused list was made"
peri root make-crl --root "$root" --output-file "$top/root.crl" --certificate "$issuing" --reason cACompromise --days 30 >/dev/null
verify | grep -q 'certificate revoked' || fail "revoked: $(verify)"
openssl crl -inform der -in "$top/root.crl" -noout -text | grep -q 'CA Compromise' || fail "the list does not say why"
{ certtool --verify --load-ca-certificate "$data/root.pem" --load-crl "$top/root-crl.pem" --infile "$issuing" 2>&1 || :; } | grep -qi revoked || fail "certtool does not refuse it"
cp "$root/revoked" "$top/revoked"
sleep 1.1
peri root make-crl --root "$root" --output-file "$top/root.crl" --certificate "$issuing" --reason superseded >"$top/said"
grep -q '"revoked": 1' "$top/said" && grep -q 'with 1 revoked' "$top/said" || fail "revoked twice, or not said: $(cat "$top/said")"
cmp -s "$root/revoked" "$top/revoked" || fail "the first word does not count"
verify | grep -q 'certificate revoked' || fail "made anew: $(verify)"
echo 'no line' >>"$root/revoked"
refused 'not what revoked certificates are kept in' peri root make-crl --root "$root" --output-file "$top/no.crl"
cp "$top/revoked" "$root/revoked"
# A root that is not the one is noticed at the start.
cp "$top/other/root.pem" "$data/issuer/root.pem"
refused 'not the root that signed' "$bin/perisphered" --data "$data" --listen 127.0.0.1:0
echo "offline_root_test: all as it should be"
