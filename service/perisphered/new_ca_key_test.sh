#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Another key for a CA of the service, and for capabilities (docs/operate.md, "Another key for a CA"): the former CA beside the new
# one, its end, and who stole its key.
set -euo pipefail
. "$(dirname "$0")/whole_service.sh"
peri() { "$bin/peri" "$@"; }
as() { # PROFILE
    PERI_PROFILE=$1 peri config set endpoint="https://localhost:$(cat "$data/run/port")" >/dev/null
    PERI_PROFILE=$1 peri catalog list >/dev/null 2>"$top/why"
}
key_of() { openssl x509 -in "$1" -noout -pubkey; }
renewed() { # CA
    [ "$(key_of "$top/before/issuer/$1.pem")" != "$(key_of "$data/issuer/$1.pem")" ] || fail "$1 has the key of before"
    openssl verify -x509_strict -CAfile "$data/root.pem" "$data/issuer/$1.pem" >/dev/null || fail "$1.pem is not by the root"
    ! grep -qF "$(sed -n 2p "$top/before/issuer/$1.key")" "$data/issuer/$1.key" || fail "the key of before is in $1.key"
    [ "$1" = server ] || cmp -s "$data/issuer/$1.pem" "$data/front/anchors/$1.pem" || fail "front has another $1.pem"
    if [ "$1" = server ]; then
        cmp -s "$top/before/issuer/server.pem" "$data"/issuer/server-until-*.pem || fail "the issuer has no former server.pem"
        [ "$(grep -c KEY "$data"/issuer/server-until-*)" = 0 ] || fail "the former server CA's key is kept, and signs no list"
        return 0
    fi
    cmp -s "$top/before/issuer/$1.pem" "$data"/front/anchors/"$1"-until-*.pem || fail "front has no former $1.pem"
    [ "$(openssl pkey -in "$data"/issuer/"$1"-until-*.key -pubout)" = "$(key_of "$top/before/issuer/$1.pem")" ] || fail "nobody can sign the list of the former $1"
}
until_days() { # CA: whole days that the former one has left
    local at
    at=$(basename "$data"/front/anchors/"$1"-until-*.pem .pem)
    echo $(((${at##*-} - $(date +%s)) / 86400))
}

peri service init --data "$data" --organisation Contoso >/dev/null
start "$data"
peri catalog create -n contoso >/dev/null
list_pem operator || fail "no list of the operator CA: $(cat "$top/head")" # it is kept, and fresh for a day
stop
peri operator create --data "$data" --name bob --output-directory "$top/bob" >/dev/null 2>&1
cp -a "$data" "$top/before"

refused 'not for "root"' peri service renew-ca --data "$data" --ca root --new-key
refused 'not for "catalog"' peri service renew-ca --data "$data" --ca catalog --new-key
refused 'for one CA' peri service renew-ca --data "$data" --new-key
refused 'one after the other' peri service renew-ca --data "$data" --ca operator --new-key --forget-former
refused 'not of "server"' peri service renew-ca --data "$data" --ca server --forget-former
diff -r "$top/before/issuer" "$data/issuer" >/dev/null || fail "a refused call changed something"

# Cut off before the key follows: the former CA is the present one, and is known for as long as it lives; given again, for two days.
cp -a "$data" "$top/cut-off"
(
    data=$top/cut-off
    mkdir "$data/issuer/.part-os.key" # nothing can be written there
    refused 'no other key for the CA "os"' peri service renew-ca --data "$data" --ca os --new-key
    cmp -s "$top/before/issuer/os.key" "$data/issuer/os.key" || fail "cut off, and another key signs"
    [ "$(until_days os)" -gt 3600 ] || fail "cut off, and front knows the CA that signs for $(until_days os) days"
    rmdir "$data/issuer/.part-os.key"
    rm "$data"/issuer/os-until-*.key
    peri service renew-ca --data "$data" --ca os --new-key >/dev/null
    renewed os
    [ "$(until_days os)" -le 2 ] || fail "the former OS CA is known for $(until_days os) days"
)

for ca in operator os update-only server; do
    peri service renew-ca --data "$data" --ca "$ca" --new-key >/dev/null
    renewed "$ca"
done
[ "$(until_days operator)" = 364 ] || [ "$(until_days operator)" = 365 ] || fail "operators have $(until_days operator) days"
for ca in os update-only; do
    left=$(until_days "$ca") # 2 within the second that made it
    [ "$left" = 1 ] || [ "$left" = 2 ] || fail "devices have $left days of $ca"
done
peri service renew-certificate --data "$data" >/dev/null || fail "the new server CA does not take over the server's names"
openssl verify -CAfile "$data/root.pem" -untrusted "$data/issuer/server.pem" "$data/front/cert.pem" >/dev/null || fail "the server's certificate"
peri service renew-certificate --data "$data" >/dev/null || fail "a second time"
# Names that a broken front would like: a chain of its own is not taken.
cp "$data/front/cert.pem" "$top/cert.pem"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$top/own.key" -subj '/CN=Perisphere servers/O=Contoso' -days 2 -out "$top/own.pem" 2>/dev/null
openssl req -new -key "$data/front/key.pem" -subj /CN=elsewhere -out "$top/own.csr" 2>/dev/null
openssl x509 -req -in "$top/own.csr" -CA "$top/own.pem" -CAkey "$top/own.key" -days 1 -extfile <(echo 'subjectAltName=DNS:elsewhere') -out "$top/own.leaf" 2>/dev/null
cat "$top/own.leaf" "$top/own.pem" >"$data/front/cert.pem"
refused "not a certificate of the server's key" peri service renew-certificate --data "$data"
cp "$top/cert.pem" "$data/front/cert.pem"

# A further service knows the former ones too.
refused 'service move-database' peri service join --data "$top/joined" --from "$data"
cp -a "$data" "$top/shared"
sed -i 's|^{|{ "database": "postgresql://nobody@localhost/none",|' "$top/shared/service.json"
peri service rotate-capability-key --data "$top/shared" --prepare >/dev/null
peri service join --data "$top/joined" --from "$top/shared" >/dev/null
diff -r "$top/shared/front/anchors" "$top/joined/front/anchors" || fail "a further service has other anchors"
for file in "$top"/shared/issuer/*-until-*; do cmp -s "$file" "$top/joined/issuer/$(basename "$file")" || fail "$file did not come along"; done
cmp -s "$top/shared/issuer/capability-next.key" "$top/joined/issuer/capability-next.key" || fail "the key that is prepared did not come along"

# Side by side: who has a certificate of the former one, and who has one of the new one.
peri operator create --data "$data" --name admin --output-directory "$top/again" >/dev/null 2>&1
start "$data"
as "$data/operator" || fail "the operator of before is not known: $(cat "$top/why")"
as "$top/again" || fail "the operator of after is not known: $(cat "$top/why")"
export PERI_PROFILE=$top/again
peri ca-certificate list -c contoso >/dev/null || fail "the catalog's CA of before is not opened"
peri catalog create -n fabrikam >/dev/null || fail "no new catalog"
peri audit verify >/dev/null || fail "the audit log does not verify"
# Each of the two signs its list: the one without a key in its name is the present one's from the start on.
former_key=$(list_key "$top/before/issuer/operator.pem")
grep -q "former CA signs its revocation list still: /crl/operator-$former_key.crl" "$top/log" || fail "the log does not name the former one's list"
for name in operator "operator-$(list_key "$data/issuer/operator.pem")"; do
    for _ in $(seq 40); do list_pem "$name" && list_by "$data/issuer/operator.pem" && break; sleep 0.5; done
    list_by "$data/issuer/operator.pem" || fail "$name.crl is not by the CA of after: $(cat "$top/head")"
done
for ca in os update-only; do
    list_pem "$ca-$(list_key "$top/before/issuer/$ca.pem")" && list_by "$top/before/issuer/$ca.pem" || fail "no list of the former $ca: $(cat "$top/head")"
done
check() { openssl verify -crl_check -CAfile "$data/root.pem" -untrusted "$top/before/issuer/operator.pem" -CRLfile "$top/list.pem" "$1/cert.pem" 2>&1 || :; }
list_pem "operator-$former_key" && list_by "$top/before/issuer/operator.pem" || fail "no list of the former operator CA: $(cat "$top/head")"
check "$top/bob" | grep -q ': OK' || fail "who has a certificate of the former one: $(check "$top/bob")"
peri operator revoke --certificate "$top/bob/cert.pem" >/dev/null
list_pem "operator-$former_key" && list_by "$top/before/issuer/operator.pem" || fail "no list of the former operator CA: $(cat "$top/head")"
check "$top/bob" | grep -q 'certificate revoked' || fail "revoked after the change: $(check "$top/bob")"
check "$data/operator" | grep -q ': OK' || fail "another certificate of the former one: $(check "$data/operator")"
for name in "operator-${former_key%?}" "operator-0$former_key" "os-$former_key" "operator-$(printf 0%.0s $(seq 32))x" operator- server; do
    list_pem "$name" || :
    grep -q '^HTTP/1.[01] 404' "$top/head" || fail "$name: $(cat "$top/head")"
done
# Who stole the former key makes himself an operator, and is one: until it is forgotten.
cp -a "$data/operator" "$top/thief"
openssl req -new -key "$top/thief/key.pem" -subj / -out "$top/thief.csr" 2>/dev/null
openssl x509 -req -in "$top/thief.csr" -CA "$top/before/issuer/operator.pem" -CAkey "$top/before/issuer/operator.key" -days 1 -subj /CN=admin \
    -set_serial 0x4a"$(openssl rand -hex 15)" -extfile <(printf 'keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n') \
    -out "$top/thief/cert.pem" 2>/dev/null
as "$top/thief" || fail "the test's thief has no good certificate: $(cat "$top/why")"
stop
peri service renew-ca --data "$data" --ca operator --forget-former >"$top/said"
grep -q '1 former CA forgotten' "$top/said" || fail "said: $(cat "$top/said")"
start "$data"
if as "$top/thief"; then fail "the former key opens the service after it was forgotten"; fi
if as "$data/operator"; then fail "what the former key signed is good after it was forgotten"; fi
grep -q 'of a former CA that it does not take any more' "$top/why" || fail "its operator is told: $(cat "$top/why")"
as "$top/again" || fail "the operator of after is not known any more: $(cat "$top/why")"
[ "$(find "$data/issuer" -name 'operator-until-*')" = "" ] || fail "the key that was forgotten is there"
PERI_PROFILE=$top/again peri operator revoke --serial 4a"$(openssl rand -hex 15)" >/dev/null # the last list is handed out while nothing is newer
list_pem "operator-$former_key" || :
grep -q '^HTTP/1.[01] 404' "$top/head" || fail "a list of who is forgotten: $(cat "$top/head")"
stop
# A former one whose time is over is none, at the start and while the service runs.
cp "$top/before/issuer/operator.pem" "$data/front/anchors/operator-until-$(($(date +%s) - 5)).pem"
[ "$(id -u)" != 0 ] || chown -R --reference="$data/front" "$data/front"
start "$data"
if as "$data/operator"; then fail "a former CA is known beyond its end"; fi
stop
rm "$data"/front/anchors/operator-until-*.pem
cp "$top/before/issuer/operator.pem" "$data/front/anchors/operator-until-$(($(date +%s) + 12)).pem"
[ "$(id -u)" != 0 ] || chown -R --reference="$data/front" "$data/front"
start "$data"
as "$data/operator" || fail "a former CA is not known before its end: $(cat "$top/why")"
for _ in $(seq 60); do as "$data/operator" || break; sleep 0.5; done
if as "$data/operator"; then fail "a former CA is known beyond its end, to a service that runs"; fi
stop

# Cut off between the key with its certificate and the certificate where others read it: the key's own counts.
for ca in operator os server; do cp "$top/before/issuer/$ca.pem" "$data/issuer/$ca.pem"; done
[ "$(id -u)" != 0 ] || chown -R --reference="$data/issuer" "$data/issuer"
start "$data"
as "$top/again" || fail "cut off: $(cat "$top/why")"
stop
peri service renew-ca --data "$data" >/dev/null || fail "cut off: no renewal"
openssl verify -CAfile "$data/root.pem" "$data/issuer/operator.pem" >/dev/null && cmp -s "$data/issuer/operator.pem" "$data/front/anchors/operator.pem" ||
    fail "cut off: the renewal is of another key"
[ "$(key_of "$data/issuer/operator.pem")" = "$(openssl pkey -in "$data/issuer/operator.key" -pubout)" ] || fail "cut off: key and certificate differ"

# Capabilities: prepared, for a keystore with both; then the former one is gone.
cp "$data/capability-key.pub" "$top/capability.pub"
refused 'no capability key is prepared' peri service rotate-capability-key --data "$data"
peri service rotate-capability-key --data "$data" --prepare >/dev/null
cp "$data/capability-next-key.pub" "$top/next.pub"
peri service rotate-capability-key --data "$data" --prepare >/dev/null
cmp -s "$data/capability-next-key.pub" "$top/next.pub" || fail "prepared twice, it is another key"
cmp -s "$data/capability-key.pub" "$top/capability.pub" || fail "prepared, it is in use"
! cmp -s "$top/next.pub" "$top/capability.pub" || fail "the next key is the present one"
cp -a "$data/issuer" "$top/cut"
peri service rotate-capability-key --data "$data" >/dev/null
cmp -s "$data/capability-key.pub" "$top/next.pub" && [ ! -e "$data/capability-next-key.pub" ] || fail "the prepared key does not follow"
cp "$top/capability.pub" "$data/capability-key.pub" # cut off behind the rename
cp "$top/next.pub" "$data/capability-next-key.pub"
peri service rotate-capability-key --data "$data" >/dev/null
cmp -s "$data/capability-key.pub" "$top/next.pub" || fail "cut off behind the rename, the public half is the former one"
start "$data"
stop
echo "new_ca_key_test: all as it should be"
