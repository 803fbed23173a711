#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Another root above a service whose root is off line, by the commands as docs/operate.md has them: both known, then the new one; what is
# not taken; every place where it can be cut off; and another issuing key before and after.
set -euo pipefail
. "$(dirname "$0")/whole_service.sh"
peri() { "$bin/peri" "$@"; }
step() { doc_step "Another key for the root" "$@"; } # FOLDER NUMBER
as() { # PROFILE
    PERI_PROFILE=$1 peri config set endpoint="https://localhost:$(cat "$data/run/port")" >/dev/null
    PERI_PROFILE=$1 peri catalog list >/dev/null 2>"$top/why"
}
known() { # ANCHORS: does who trusts these know the server?
    openssl s_client -connect "localhost:$port" -CAfile "$1" -verify_return_error -brief </dev/null >"$top/said" 2>&1 || :
    grep -q 'Verification: OK' "$top/said" || return 1
    gnutls-cli --x509cafile "$1" --verify-hostname localhost -p "$port" localhost </dev/null >"$top/said" 2>&1 || :
    grep -q 'certificate is trusted' "$top/said"
}
chain() { # CATALOG ANCHOR
    peri ca-certificate download-chain -c "$1" -of "$top/$1.p7b" >/dev/null
    openssl pkcs7 -inform DER -in "$top/$1.p7b" -print_certs -out "$top/$1.pem"
    openssl verify -x509_strict -CAfile "$2" -untrusted "$top/$1.pem" "$top/$1.pem" >/dev/null || fail "the chain of $1 under $2"
}
issuing_again() { # ROOT FILE, more of root request
    local root=$1 file=$2
    shift 2
    rm -rf "$top/request"
    peri root request --data "$data" --output-directory "$top/request" "$@" >/dev/null
    peri root sign --root "$root" --request "$top/request/issuing.csr" --output-file "$file" >/dev/null
}

mkdir "$top/safe" "$top/server"
peri root create --output-directory "$top/safe/root" --organisation Contoso >/dev/null
old=$top/safe/root/root.pem
peri root request --output-directory "$top/issuing" --organisation Contoso >/dev/null
peri root sign --root "$top/safe/root" --request "$top/issuing/issuing.csr" --output-file "$top/issuing/issuing.pem" >/dev/null
cp "$old" "$top/issuing/"
peri service init --data "$data" --issuing "$top/issuing" --organisation Contoso >/dev/null
start "$data"
peri catalog create -n first >/dev/null
# A catalog's CA by an issuing CA that another key has followed: it stays good under whatever root.
issuing_again "$top/safe/root" "$top/issuing-2.pem" --new-key
peri service renew-ca --data "$data" --certificate "$top/issuing-2.pem" >/dev/null
stop
start "$data"
peri catalog create -n second >/dev/null

# -- prepared -----------------------------------------------------------------------------
step safe 1
fresh=$top/safe/root-2/root.pem
cp "$fresh" "$top/server/root-2.pem"
cp -a "$data" "$top/before"
refused 'for another root' peri service renew-ca --data "$data" --prepare
refused 'not the certificate of another root' peri service renew-ca --data "$data" --certificate "$old" --prepare
refused 'not the certificate of another root' peri service renew-ca --data "$data" --certificate "$top/issuing-2.pem" --prepare
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -keyout /dev/null -subj '/CN=Perisphere root' -days 10 \
    -addext 'basicConstraints=critical,CA:TRUE,pathlen:1' -out "$top/short.pem" 2>/dev/null
refused 'not the certificate of another root' peri service renew-ca --data "$data" --certificate "$top/short.pem" --prepare
refused "not a later certificate of this service's root (another root is made known by --prepare first)" peri service renew-ca --data "$data" --certificate "$fresh"
issuing_again "$top/safe/root-2" "$top/by-next.pem"
refused 'not signed by the root of this service' peri service renew-ca --data "$data" --certificate "$top/by-next.pem"
diff -r "$top/before/issuer" "$data/issuer" && diff -r "$top/before/front/anchors" "$data/front/anchors" || fail "a refused call changed something"
step server 2
cmp -s "$fresh" "$data/root-next.pem" && cmp -s "$old" "$data/root.pem" || fail "what is prepared is in use"
peri operator create --data "$data" --name grace --output-directory "$top/grace" >/dev/null 2>&1
[ "$(grep -c 'BEGIN CERTIFICATE' "$top/grace/ca.pem")" = 2 ] || fail "who gets a profile now does not know both"
cat "$data/root-next.pem" >>"$data/operator/ca.pem"
cat "$old" "$fresh" >"$top/both.pem"
stop
start "$data"
for anchors in "$old" "$top/both.pem"; do known "$anchors" || fail "prepared, the server is not known by $anchors: $(cat "$top/said")"; done
as "$top/grace" && as "$data/operator" || fail "prepared: $(cat "$top/why")"
peri audit verify >/dev/null || fail "prepared: the audit log"
# The key of the issuing CA and its root: one after the other.
issuing_again "$top/safe/root-2" "$top/new-by-next.pem" --new-key
refused 'not signed by the root of this service' peri service renew-ca --data "$data" --certificate "$top/new-by-next.pem"
rm "$data/issuer/issuing-next.key"
# While one is prepared, the present root goes on.
issuing_again "$top/safe/root" "$top/by-old.pem"
peri service renew-ca --data "$data" --certificate "$top/by-old.pem" >/dev/null
cmp -s "$old" "$data/root.pem" && cmp -s "$fresh" "$data/root-next.pem" || fail "a renewal had the other root follow"
stop
rm -rf "$data/run"
cp -a "$data" "$top/prepared"

# -- it follows ------------------------------------------------------------------------------
step server 3
mkdir "$top/safe/issuing-again"
cp "$top/server/issuing-again/issuing.csr" "$top/safe/issuing-again/"
step safe 4
cp "$top/safe/issuing-again.pem" "$top/server/"
step server 5
grep -q 'another root signed' "$top/said" || fail "$(cat "$top/said")"
cmp -s "$fresh" "$data/root.pem" && cmp -s "$fresh" "$data/issuer/root.pem" && [ ! -e "$data/root-next.pem" ] && [ ! -e "$data/issuer/root-next.pem" ] ||
    fail "root.pem is not the new one"
cmp -s "$data/issuer/issuing.key" "$top/prepared/issuer/issuing.key" || fail "the issuing CA has another key"
after() { # what holds when it is done
    start "$data"
    for anchors in "$fresh" "$top/both.pem"; do known "$anchors" || fail "$1: the server is not known by $anchors: $(cat "$top/said")"; done
    if known "$old"; then fail "$1: the server shows the former root"; fi
    as "$top/grace" || fail "$1: the operator: $(cat "$top/why")"
    export PERI_PROFILE=$top/grace
    as "$data/operator" || fail "$1: the first operator: $(cat "$top/why")"
    PERI_PROFILE=$data/operator peri audit verify >/dev/null || fail "$1: the audit log"
    export PERI_PROFILE=$data/operator
    chain first "$top/both.pem"
    chain second "$fresh"
    peri ca-certificate download-crl -c first -of "$top/list-of-first" >/dev/null || fail "$1: no list"
    stop
}
after followed
peri operator create --data "$data" --name ada --output-directory "$top/ada" >/dev/null 2>&1
cmp -s "$fresh" "$top/ada/ca.pem" || fail "who gets a profile afterwards does not know the new one alone"
done_data=$top/done
mv "$data" "$done_data"

# -- cut off: the service starts, and the same command goes on ----------------------------------
cut() {
    [ "$(id -u)" != 0 ] || for folder in issuer front; do chown -R --reference="$data/$folder" "$data/$folder"; done
    start "$data"
    known "$top/both.pem" || fail "$1: the server is not known: $(cat "$top/said")"
    peri ca-certificate list -c second >/dev/null || fail "$1: a catalog of before"
    peri audit verify >/dev/null || fail "$1: the audit log"
    stop
    peri service renew-ca --data "$data" --certificate "$top/server/issuing-again.pem" >/dev/null || fail "$1: it does not go on"
    peri service renew-certificate --data "$data" >/dev/null
    after "$1"
    rm -rf "$data"
}
again() { cp -a "$top/prepared" "$data"; rm -rf "$data/run"; }
again
cp -a "$done_data"/issuer/root-until-* "$data/issuer/"
cp -a "$done_data/front/anchors/root.pem" "$data/front/anchors/"
cut "before issuing.pem"
again
cp -a "$done_data"/issuer/root-until-* "$done_data/issuer/issuing.pem" "$data/issuer/"
cp -a "$done_data/front/anchors/root.pem" "$data/front/anchors/"
cut "before root.pem"
again
cp -a "$done_data"/issuer/root-until-* "$done_data/issuer/issuing.pem" "$done_data/issuer/root.pem" "$data/issuer/"
cp -a "$done_data/root.pem" "$data/"
cp -a "$done_data/front/anchors/root.pem" "$data/front/anchors/"
cut "before the prepared one goes"

# -- and another issuing key below the new root ---------------------------------------------------
mv "$done_data" "$data"
start "$data"
issuing_again "$top/safe/root-2" "$top/issuing-3.pem" --new-key
peri service renew-ca --data "$data" --certificate "$top/issuing-3.pem" >/dev/null
stop
after "another issuing key"
sed -i 's|^{|{ "database": "postgresql://nobody@localhost/none",|' "$data/service.json"
peri service join --data "$top/joined" --from "$data" >/dev/null
for file in "$data"/issuer/root*; do cmp -s "$file" "$top/joined/issuer/$(basename "$file")" || fail "$file did not come along"; done
echo "new_root_test: all as it should be"
