#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A service whose keys are in a PKCS#11 token, here SoftHSM (docs/operate.md, "Keys in a token"):
# made, started, used, started again, told a wrong PIN, without its token, and restored.
set -euo pipefail
. "$(dirname "$0")/whole_service.sh"
module=/usr/lib/softhsm/libsofthsm2.so
# The issuer runs as its own user where the service is started as root.
own() { [ "$(id -u)" != 0 ] || chown -R 970001:970001 "$top/tokens"; }
objects() { find "$top/tokens" -name '*.object' ! -name token.object | wc -l; }

softhsm_new
(umask 077 && echo pin-that-is-wrong >"$top/wrong")
init_with() { # DATA [OPTION...]
    local to=$1
    shift
    "$bin/peri" service init --data "$to" --pkcs11-module "$module" --pkcs11-pin "file:$top/pin" \
        --pkcs11-paths "$top/tokens:$top/softhsm2.conf" "$@"
}

# What is wrong is said before anything is made, in the token or on disk.
refused 'no such token' init_with "$data" --pkcs11-token 'pkcs11:token=elsewhere'
refused 'no such file' "$bin/peri" service init --data "$data" --pkcs11-token 'pkcs11:token=works' --pkcs11-module /none.so --pkcs11-pin "file:$top/pin"
refused 'refuses the PIN' "$bin/peri" service init --data "$data" --pkcs11-token 'pkcs11:token=works' --pkcs11-module "$module" --pkcs11-pin "file:$top/wrong"
refused 'file:/PATH' "$bin/peri" service init --data "$data" --pkcs11-token 'pkcs11:token=works' --pkcs11-module "$module" --pkcs11-pin pin-of-the-test
refused 'nothing may follow' init_with "$data" --pkcs11-token 'pkcs11:token=works?pin-value=pin-of-the-test'
refused 'missing is' "$bin/peri" service init --data "$data" --pkcs11-token 'pkcs11:token=works'
chmod 644 "$top/pin"
refused 'chmod 0600' init_with "$data" --pkcs11-token 'pkcs11:token=works'
chmod 600 "$top/pin"
[ ! -e "$data" ] && [ "$(objects)" = 0 ] || fail "something was made"

init_with "$data" --pkcs11-token 'pkcs11:token=works' --organisation Contoso >/dev/null
made=$(objects)
for key in root operator os update-only server update capability wrap; do
    grep -q '^pkcs11:token=works;' "$data/issuer/$key.key" || fail "$key.key names no key in the token"
done
! grep -rq 'PRIVATE KEY' "$data/issuer" || fail "a private key is in a file of the issuer"
grep -q '^pkcs11:.*object=perisphere-data;' "$data/store/data.key" || fail "the key of the data is not sealed by the token"
! grep -rq pin-of-the-test "$data" || fail "the PIN is in the data folder"
# A second one under the same names takes nothing and leaves nothing.
refused 'has a key of this name already' init_with "$top/second" --pkcs11-token 'pkcs11:token=works'
[ ! -e "$top/second" ] && [ "$(objects)" = "$made" ] || fail "a refused init left something"
mkdir "$top/there"
refused 'exists already' init_with "$top/there" --pkcs11-token 'pkcs11:token=works;object=there'
[ "$(objects)" = "$made" ] || fail "an init without a folder left keys"

# Some of them alone.
refused 'the keys in the token are of' init_with "$top/some" --pkcs11-token 'pkcs11:token=works;object=some' --pkcs11-keys root,wrp
refused 'the keys in the token are of' init_with "$top/some" --pkcs11-token 'pkcs11:token=works;object=some' --pkcs11-keys root,
[ ! -e "$top/some" ] && [ "$(objects)" = "$made" ] || fail "a refused init left something"
init_with "$top/some" --pkcs11-token 'pkcs11:token=works;object=some' --pkcs11-keys root,wrap >/dev/null
grep -q '^pkcs11:' "$top/some/issuer/root.key" && grep -q '^pkcs11:' "$top/some/issuer/wrap.key" &&
    grep -q 'PRIVATE KEY' "$top/some/issuer/os.key" && [ ! -e "$top/some/store" ] || fail "other keys than those that were asked for"
[ "$(objects)" = $((made + 3)) ] || fail "$(objects) objects instead of $made and 3" # a pair and a secret key

own
start "$data"
"$bin/peri" catalog create -n contoso >/dev/null
"$bin/peri" ca-certificate download-chain -c contoso -of "$top/chain" >/dev/null || fail "no chain"
openssl pkcs7 -inform DER -in "$top/chain" -print_certs -out "$top/chain.pem" || fail "the chain is no PKCS#7"
openssl verify -x509_strict -CAfile "$data/issuer/root.pem" -untrusted "$top/chain.pem" "$top/chain.pem" >/dev/null ||
    fail "openssl does not verify the catalog's chain"
openssl verify -x509_strict -CAfile "$data/issuer/root.pem" "$data/issuer/operator.pem" "$data/issuer/os.pem" >/dev/null ||
    fail "openssl does not verify what the token signed"
openssl verify -x509_strict -CAfile "$data/issuer/root.pem" -untrusted "$data/issuer/server.pem" "$data/front/cert.pem" >/dev/null ||
    fail "openssl does not verify the server's certificate"
"$bin/peri" audit verify >/dev/null || fail "the audit log does not verify"
stop

# The commands that sign find the key where it is.
"$bin/peri" operator create --data "$data" --name grace --output-directory "$top/grace" >/dev/null
openssl verify -CAfile "$data/issuer/root.pem" -untrusted "$data/issuer/operator.pem" "$top/grace/cert.pem" >/dev/null || fail "grace"
"$bin/peri" service renew-certificate --data "$data" >/dev/null
"$bin/peri" service rotate-update-key --data "$data" --keystore-version 2 >/dev/null
grep -q 'object=perisphere-update-2;' "$data/issuer/update.key" || fail "the next update key is not in the token"
grep -q 'object=perisphere-update;' "$data/issuer/update-before-2.key" || fail "the former update key is not there"
own

# Once more, with a catalog's CA that the token's key has to open.
start "$data"
"$bin/peri" ca-certificate list -c contoso >/dev/null || fail "the catalog's CA is not opened after a start"
"$bin/peri" ca-certificate renew -c contoso >/dev/null 2>&1 || "$bin/peri" ca-certificate list -c contoso >/dev/null
# The token goes while it runs: what needs it fails, the rest goes on; it comes back, and so does the service.
mv "$top/tokens" "$top/away"
if "$bin/peri" catalog create -n nobody >"$top/said" 2>&1; then fail "a catalog without the token"; fi
"$bin/peri" product create -c contoso -n still --no-default-device-groups >/dev/null || fail "the rest stands still without the token"
mv "$top/away" "$top/tokens"
"$bin/peri" catalog create -n later >/dev/null || fail "the token came back, and the service did not"
stop

# The key of the data: from token to token, to a file, and back, while it runs and is written to.
sealed_by() { grep -q "^pkcs11:.*object=$1;" "$data/store/data.key" || fail "the key of the data is not sealed by $1: $2"; }
product() { "$bin/peri" product create -c contoso -n "$1" --no-default-device-groups >/dev/null; }
there() { "$bin/peri" product show -c contoso -p "$1" >/dev/null 2>&1; }
softhsm2-util --init-token --free --label second --pin pin-of-the-test --so-pin 0815 >/dev/null
own
start "$data"
cp "$data/store/data.key" "$top/first.key"
"$bin/peri" service rotate-key --data "$data" >/dev/null
own
sealed_by perisphere-data "it did not stay where it was"
! cmp -s "$data/store/data.key" "$top/first.key" || fail "the key is the old one"
"$bin/peri" service rotate-key --data "$data" --pkcs11-key 'pkcs11:token=second;object=next' >"$top/said"
grep -q 'was made for it' "$top/said" || fail "rotate-key said: $(cat "$top/said")"
own
sealed_by next "from token to token"
product one
# A process that dies now comes back with the key of now.
kill -9 "$(pgrep -P "$service" -f -- '--process store')"
for _ in $(seq 100); do ! there one || break; sleep 0.1; done
there one || fail "the store does not come back with the new key"
"$bin/peri" service rotate-key --data "$data" --key <(:) >"$top/said" 2>&1 && fail "an empty key was taken"
refused 'one of the two' "$bin/peri" service rotate-key --data "$data" --key "$top/pin" --pkcs11-key 'pkcs11:token=second;object=next'
refused 'no such token' "$bin/peri" service rotate-key --data "$data" --pkcs11-key 'pkcs11:token=none;object=x'
sealed_by next "after refusals"
openssl rand -hex 32 >"$top/plain.key" && chmod 600 "$top/plain.key"
"$bin/peri" service rotate-key --data "$data" --key "$top/plain.key" >/dev/null
cmp -s "$data/store/data.key" "$top/plain.key" || fail "the key is not the one that was given"
product two
stop
start "$data"
there one && there two || fail "lost on the way to a file"
"$bin/peri" service rotate-key --data "$data" --pkcs11-key 'pkcs11:token=second;object=next' >"$top/said"
! grep -q 'was made' "$top/said" || fail "the key that is there was not taken"
own
sealed_by next "from file to token"
[ ! -e "$data/store/data.key.pass" ] && [ ! -e "$data/store/data.key.new" ] || fail "something was left in the store's folder"
product three
stop
# Cut off between database and file: the sealed new key is found and takes its place.
mv "$data/store/data.key" "$data/store/data.key.new"
cp "$top/plain.key" "$data/store/data.key"
chmod 600 "$data/store/data.key"
start "$data"
sealed_by next "after an exchange that was cut off"
there three || fail "lost by the new key's return"
stop
cp "$data/store/data.key" "$top/good.key"
refuses() { # WORDS
    refused "$1" "$bin/perisphered" --data "$data" --listen 127.0.0.1:0
    [ "$(grep -c -- "$1" "$top/said")" = 1 ] || fail "said more than once: $(cat "$top/said")"
}
sed -i '2s/^../ff/' "$data/store/data.key"
refuses 'could not be opened by the token'
cp "$top/good.key" "$data/store/data.key"
chmod 600 "$data/store/data.key"

# What is wrong at the start is said once, and the service does not try again.
mv "$top/pin" "$top/right"
refuses 'No such file'
cp "$top/wrong" "$top/pin"
refuses 'refuses the PIN'
# By its exit code systemd leaves it at that.
code=0
"$bin/perisphered" --data "$data" --listen 127.0.0.1:0 >/dev/null 2>&1 || code=$?
[ "$code" = 77 ] || fail "ended with $code after a refused PIN"
# With the key of the data in a file, the issuer is the one who is refused.
cp "$top/right" "$top/pin"
start "$data"
"$bin/peri" service rotate-key --data "$data" --key "$top/plain.key" >/dev/null
stop
cp "$top/wrong" "$top/pin"
code=0
"$bin/perisphered" --data "$data" --listen 127.0.0.1:0 >"$top/said" 2>&1 || code=$?
[ "$code" = 77 ] && [ "$(grep -c 'refuses the PIN' "$top/said")" = 1 ] || fail "ended with $code: $(cat "$top/said")"
cp "$top/right" "$top/pin"
# That is for a refused PIN alone: what else is wrong with a key may be mended, and tried again.
cp "$data/service.json" "$top/settings"
sed -i "s|^{|{ \"key\": \"file:$top/open.key\",|" "$data/service.json"
cp "$top/plain.key" "$top/open.key" && chmod 644 "$top/open.key"
code=0
"$bin/perisphered" --data "$data" --listen 127.0.0.1:0 >"$top/said" 2>&1 || code=$?
[ "$code" = 1 ] && grep -q 'chmod 0600' "$top/said" || fail "ended with $code: $(cat "$top/said")"
cp "$top/settings" "$data/service.json"
start "$data"
"$bin/peri" service rotate-key --data "$data" --pkcs11-key 'pkcs11:token=second;object=next' >/dev/null
own
stop
mv "$top/tokens" "$top/away" && mkdir "$top/tokens"
own
refuses 'no such token'
rm -rf "$top/tokens" && mv "$top/away" "$top/tokens"
cp -a "$top/tokens" "$top/safe"
# Confinement is as without a token, but for what is named.
cp "$data/service.json" "$top/settings"
sed -i "s|\"pkcs11_paths\": \"[^\"]*\"|\"pkcs11_paths\": \"\"|" "$data/service.json"
refuses 'confined, it does not reach the token'
cp "$top/settings" "$data/service.json"
sed -i 's|^  "pkcs11_module.*|  "pkcs11_module": "/none.so",|' "$data/service.json"
refuses 'no such file, or not readable'
sed -i "s|^  \"pkcs11_module.*|  \"pkcs11_module\": \"$module\",|" "$data/service.json"
id=$(sed -n 's/.*object=perisphere-os;.*/perisphere-os/p' "$data/issuer/os.key")
[ -n "$id" ] || fail "os.key"
sed -i 's/object=perisphere-os;/object=perisphere-gone;/' "$data/issuer/os.key"
refuses 'the token has no such key'
sed -i 's/object=perisphere-gone;/object=perisphere-os;/' "$data/issuer/os.key"

# A further service takes the names along, former update keys too; its server's certificate is signed by the token.
cp -a "$data" "$top/shared"
sed -i 's|^{|{ "database": "postgresql://nobody@localhost/none",|' "$top/shared/service.json"
"$bin/peri" service join --data "$top/joined" --from "$top/shared" --dns second.example >/dev/null
for key in root operator os update-only server update update-before-2 capability wrap; do
    cmp -s "$data/issuer/$key.key" "$top/joined/issuer/$key.key" || fail "$key.key did not come along"
done
openssl verify -CAfile "$data/root.pem" -untrusted "$top/joined/front/cert.pem" -verify_hostname second.example "$top/joined/front/cert.pem" >/dev/null ||
    fail "the second server's certificate"

# A backup has the names of the keys and not the keys: it needs the token.
"$bin/peri" service backup --data "$data" --output-directory "$top/backup" >"$top/said"
grep -q 'in a token' "$top/said" || fail "backup said: $(cat "$top/said")"
! grep -rq 'PRIVATE KEY' "$top/backup/issuer" || fail "a private key is in the backup"
"$bin/peri" service restore --data "$top/again" --from "$top/backup" --key "$data/store/data.key" >"$top/said"
grep -q 'pkcs11:token=works' "$top/said" && grep -q 'pkcs11:token=second' "$top/said" || fail "restore said: $(cat "$top/said")"
own
start "$top/again"
"$bin/peri" ca-certificate list -c contoso >/dev/null || fail "the restored service does not open the catalog's CA"
stop
echo "pkcs11_test: $made objects in the token; all as it should be"
