#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Another key for the issuing CA below a root that is off line, by the commands as docs/operate.md has them: the former one beside the
# new one, what each signed, its list; what is not taken; and every place where it can be cut off.
set -euo pipefail
. "$(dirname "$0")/whole_service.sh"
peri() { "$bin/peri" "$@"; }
step() { doc_step "Another key for the issuing CA" "$@"; } # FOLDER NUMBER
chain() { # CATALOG: its CA's chain as $top/CATALOG.pem
    peri ca-certificate download-chain -c "$1" -of "$top/$1.p7b" >/dev/null
    openssl pkcs7 -inform DER -in "$top/$1.p7b" -print_certs -out "$top/$1.pem"
    openssl verify -x509_strict -CAfile "$data/root.pem" -untrusted "$top/$1.pem" "$top/$1.pem" >/dev/null || fail "the chain of $1"
    certtool --verify-chain --infile "$top/$1.pem" >/dev/null 2>&1 || certtool --verify --load-ca-certificate "$data/root.pem" --infile "$top/$1.pem" >/dev/null ||
        fail "certtool does not take the chain of $1"
}
by() { grep -qF "$(sed -n 2p "$2")" "$top/$1.pem"; } # CATALOG ISSUING: is that certificate in its chain?  The line has its serial number
as() { # PROFILE
    PERI_PROFILE=$1 peri config set endpoint="https://localhost:$(cat "$data/run/port")" >/dev/null
    PERI_PROFILE=$1 peri catalog list >/dev/null 2>"$top/why"
}
server_known() { # to who trusts the root alone
    openssl s_client -connect "localhost:$port" -CAfile "$top/root-of-others.pem" -verify_return_error -brief </dev/null >"$top/said" 2>&1 || :
    grep -q 'Verification: OK' "$top/said" || fail "s_client: $(cat "$top/said")"
    gnutls-cli --x509cafile "$top/root-of-others.pem" --verify-hostname localhost -p "$port" localhost </dev/null >"$top/said" 2>&1 || :
    grep -q 'certificate is trusted' "$top/said" || fail "gnutls-cli: $(cat "$top/said")"
}

mkdir "$top/safe" "$top/server"
peri root create --output-directory "$top/safe/root" --organisation Contoso >/dev/null
peri root create --output-directory "$top/other" --organisation Contoso >/dev/null
peri root request --output-directory "$top/issuing" --organisation Contoso >/dev/null
peri root sign --root "$top/safe/root" --request "$top/issuing/issuing.csr" --output-file "$top/issuing/issuing.pem" >/dev/null
cp "$top/safe/root/root.pem" "$top/issuing/"
cp "$top/safe/root/root.pem" "$top/root-of-others.pem"
peri service init --data "$data" --issuing "$top/issuing" --organisation Contoso >/dev/null
start "$data"
peri catalog create -n contoso >/dev/null
chain contoso
by contoso "$top/issuing/issuing.pem" || fail "the chain has not the issuing CA"
list_pem root && list_by "$top/issuing/issuing.pem" || fail "no list: $(cat "$top/head")"
former_key=$(list_key "$top/issuing/issuing.pem")

# -- asked for ------------------------------------------------------------------------
refused '\-\-data' peri root request --new-key --output-directory "$top/no"
refused 'peri root request --new-key' peri service renew-ca --data "$data" --ca issuing --new-key
cp -a "$data" "$top/before"
step server 1
grep 'key of the issuing CA' "$top/said" >"$top/asked"
peri root request --data "$data" --output-directory "$top/same" | grep 'key of the issuing CA' | cmp -s - "$top/asked" && fail "the key that follows is the present one"
peri root request --data "$data" --new-key --output-directory "$top/twice" | grep 'key of the issuing CA' | cmp -s - "$top/asked" || fail "asked twice, it is another key"
cmp -s "$top/before/issuer/issuing.key" "$data/issuer/issuing.key" || fail "asked for, it is there"
mkdir "$top/safe/issuing-next"
cp "$top/server/issuing-next/issuing.csr" "$top/safe/issuing-next/"
step safe 2
grep 'key of the issuing CA' "$top/said" | cmp -s - "$top/asked" || fail "the two machines show different keys"
cp "$top/safe/issuing-next.pem" "$top/server/"
fresh=$top/server/issuing-next.pem

# -- what is not taken: nothing changes -------------------------------------------------
peri root sign --root "$top/other" --request "$top/safe/issuing-next/issuing.csr" --output-file "$top/foreign.pem" >/dev/null
peri root request --output-directory "$top/third" --organisation Contoso >/dev/null
peri root sign --root "$top/safe/root" --request "$top/third/issuing.csr" --output-file "$top/third.pem" >/dev/null
cp -a "$data/issuer" "$top/asked-issuer"
refused 'not signed by the root of this service' peri service renew-ca --data "$data" --certificate "$top/foreign.pem"
refused 'no certificate of the key' peri service renew-ca --data "$data" --certificate "$top/third.pem"
diff -r "$top/asked-issuer" "$data/issuer" >/dev/null || fail "a refused certificate changed something"
diff -r "$top/before/front/anchors" "$data/front/anchors" || fail "a refused certificate changed front's anchors"
[ "$(id -u)" != 0 ] || chown -R --reference="$data/issuer" "$data/issuer"
cp -a "$data" "$top/asked-data"

# -- it follows, while the service runs ---------------------------------------------------
step server 3
grep -q 'has another key' "$top/said" || fail "$(cat "$top/said")"
[ ! -e "$data/issuer/issuing-next.key" ] || fail "the key that follows has two files"
cmp -s "$fresh" "$data/issuer/issuing.pem" && cmp -s "$fresh" "$data/front/anchors/root.pem" || fail "issuing.pem is not the new one"
cmp -s "$top/issuing/issuing.pem" "$data"/front/anchors/root-until-*.pem && cmp -s "$top/issuing/issuing.pem" "$data"/issuer/issuing-until-*.pem ||
    fail "the former one is not known"
cmp -s "$top/root-of-others.pem" "$data/root.pem" || fail "the root is another"
for ca in operator os update-only server; do
    openssl verify -CAfile "$data/root.pem" -untrusted "$fresh" "$data/issuer/$ca.pem" >/dev/null || fail "$ca.pem is not by the new one"
done
openssl verify -CAfile "$data/root.pem" -untrusted "$data/front/cert.pem" "$data/front/cert.pem" >/dev/null || fail "the server's certificate"
peri catalog create -n between >/dev/null || fail "the service that runs makes no catalog" # by the former one, which it has still
stop
start "$data"
server_known
as "$data/operator" || fail "the operator of before is not known: $(cat "$top/why")"
peri operator create --data "$data" --name grace --output-directory "$top/grace" >/dev/null 2>&1
as "$top/grace" || fail "the operator of after is not known: $(cat "$top/why")"
peri catalog create -n fabrikam >/dev/null || fail "no catalog by the new one"
for catalog in contoso between; do
    chain "$catalog"
    by "$catalog" "$top/issuing/issuing.pem" || fail "$catalog is not shown with the CA that signed it"
done
chain fabrikam
by fabrikam "$fresh" || fail "fabrikam is not by the new one"
peri audit verify >/dev/null || fail "the audit log does not verify"
peri ca-certificate download-crl -c contoso -of "$top/of-contoso" >/dev/null || fail "no list of the catalog of before"

# -- two valid CAs of one catalog, one by each ---------------------------------------------
first=$(peri ca-certificate list -c contoso --query '[0].name' -o tsv)
peri ca-certificate renew -c contoso >/dev/null
second=$(peri ca-certificate list -c contoso --query "[?properties.status=='Inactive'] | [0].name" -o tsv)
[ -n "$second" ] && [ "$second" != "$first" ] || fail "$(peri ca-certificate list -c contoso)"
chain_of() { # SERIAL
    peri ca-certificate download-chain -c contoso -n "$1" -of "$top/one.p7b" >/dev/null
    openssl pkcs7 -inform DER -in "$top/one.p7b" -print_certs -out "$top/$1.pem"
    openssl verify -x509_strict -CAfile "$data/root.pem" -untrusted "$top/$1.pem" "$top/$1.pem" >/dev/null || fail "the chain of $1"
}
chain_of "$first"
chain_of "$second"
by "$first" "$top/issuing/issuing.pem" && by "$second" "$fresh" || fail "the two CAs are not shown with the one that signed each"

# -- what the former one signed is revoked: by its own list -----------------------------------
for _ in $(seq 40); do list_pem root && list_by "$fresh" && break; sleep 0.5; done
list_by "$fresh" || fail "root.crl is not by the new one"
list_pem "root-$(list_key "$fresh")" && list_by "$fresh" || fail "the list by the key's name"
list_pem "root-$former_key" && list_by "$top/issuing/issuing.pem" || fail "no list of the former one: $(cat "$top/head")"
check() { # LIST CHAIN: its first certificate
    openssl verify -crl_check -CAfile "$data/root.pem" -untrusted "$2" -CRLfile "$1" "$2" 2>&1 || :
}
check "$top/list.pem" "$top/$first.pem" | grep -q ': OK' || fail "before: $(check "$top/list.pem" "$top/$first.pem")"
peri ca-certificate revoke -c contoso -n "$first" --reason cACompromise >/dev/null
list_pem "root-$former_key" && list_by "$top/issuing/issuing.pem" || fail "no list of the former one: $(cat "$top/head")"
check "$top/list.pem" "$top/$first.pem" | grep -q 'certificate revoked' || fail "revoked: $(check "$top/list.pem" "$top/$first.pem")"
list_pem root
check "$top/list.pem" "$top/$second.pem" | grep -q ': OK' || fail "the next one: $(check "$top/list.pem" "$top/$second.pem")"
stop

# -- cut off --------------------------------------------------------------------------------
cut() { # what was done before: the same command goes on, and nobody is without the service in between
    PERI_PROFILE=$data/operator
    [ "$(id -u)" != 0 ] || chown -R --reference="$data/issuer" "$data/issuer"
    [ "$(id -u)" != 0 ] || chown -R --reference="$data/front" "$data/front"
    start "$data"
    server_known
    peri ca-certificate list -c contoso >/dev/null || fail "$1: the catalog of before is not opened"
    peri audit verify >/dev/null || fail "$1: the audit log"
    stop
    peri service renew-ca --data "$data" --certificate "$fresh" >/dev/null || fail "$1: it does not go on"
    peri service renew-ca --data "$data" >/dev/null && peri service renew-certificate --data "$data" >/dev/null || fail "$1: the rest"
    start "$data"
    server_known
    chain contoso
    peri audit verify >/dev/null || fail "$1: the audit log"
    stop
}
done_data=$top/done
mv "$data" "$done_data"
again() { rm -rf "$data"; cp -a "$top/asked-data" "$data"; rm -rf "$data/run"; }
again
cp -a "$done_data"/front/anchors/root*.pem "$data/front/anchors/"
cp -a "$done_data"/issuer/issuing-until-* "$data/issuer/"
cut "before the rename"
again
cp -a "$done_data"/front/anchors/root*.pem "$data/front/anchors/"
cp -a "$done_data"/issuer/issuing-until-* "$done_data/issuer/issuing.key" "$data/issuer/"
refused 'first  peri service renew-ca' peri service renew-certificate --data "$(cp -a "$data" "$top/short" && cp "$fresh" "$top/short/issuer/issuing.pem" && echo "$top/short")"
cut "behind the rename"
again
cp -a "$done_data"/front/anchors/*.pem "$data/front/anchors/"
cp -a "$done_data"/issuer/issuing* "$data/issuer/"
rm "$data/issuer/issuing-next.key"
cut "before the CAs below"
# One that follows another time is a third key.
peri root request --data "$data" --new-key --output-directory "$top/later" | grep 'key of the issuing CA' | cmp -s - "$top/asked" && fail "the key that follows is in use"

# -- a further service knows the former one too -------------------------------------------------
sed -i 's|^{|{ "database": "postgresql://nobody@localhost/none",|' "$data/service.json"
peri service join --data "$top/joined" --from "$data" >/dev/null
diff -r "$data/front/anchors" "$top/joined/front/anchors" || fail "a further service has other anchors"
for file in "$data"/issuer/issuing*; do cmp -s "$file" "$top/joined/issuer/$(basename "$file")" || fail "$file did not come along"; done
openssl verify -CAfile "$data/root.pem" -untrusted "$top/joined/front/cert.pem" "$top/joined/front/cert.pem" >/dev/null || fail "the further service's certificate"
echo "new_issuing_key_test: all as it should be"
