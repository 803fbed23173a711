#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Another wrap key while the service runs (docs/operate.md, "Another wrap key"): in a file, from there into a token, and on
# in it; killed in between; and what somebody gets who has the old key.
set -euo pipefail
. "$(dirname "$0")/whole_service.sh"
module=/usr/lib/softhsm/libsofthsm2.so
own() { [ "$(id -u)" != 0 ] || chown -R 970001:970001 "$top/tokens"; }
peri() { "$bin/peri" "$@"; }
wrap=$data/issuer/wrap.key
formers() { find "$data/issuer" -name 'wrap-until-*.key' | wc -l; }
cas_open() { # WHEN: of a service that has opened none before
    for catalog in $(seq "$catalogs"); do
        peri ca-certificate list -c "c$catalog" >/dev/null || fail "$1: the CA of catalog c$catalog is not opened"
    done
}
settled() { # WHEN
    for _ in $(seq 200); do [ -e "$data/issuer/wrap.reseal" ] || return 0; sleep 0.1; done
    fail "$1: the rest of the change is not made"
}

softhsm_new

peri service init --data "$data" --organisation Contoso >/dev/null
refused 'no data folder of a service that has run' peri service rotate-wrap-key --data "$data"
start "$data"
catalogs=10 # more than one page of what the store gives
making=
for catalog in $(seq "$catalogs"); do peri catalog create -n "c$catalog" >/dev/null & making="$making $!"; done
for pid in $making; do wait "$pid" || fail "a catalog is not made"; done
cp "$wrap" "$top/first.key"
peri service backup --data "$data" --output-directory "$top/before" >/dev/null

refused 'no such file' peri service rotate-wrap-key --data "$data" --key "$top/none"
refused 'holds the key that seals already' peri service rotate-wrap-key --data "$data" --key "$wrap"
refused 'one of the two' peri service rotate-wrap-key --data "$data" --key "$wrap" --pkcs11-key 'pkcs11:token=works;object=x'
refused 'names no "pkcs11_module"' peri service rotate-wrap-key --data "$data" --pkcs11-key 'pkcs11:token=works;object=x'
cmp -s "$wrap" "$top/first.key" && [ "$(formers)" = 0 ] && [ ! -e "$data/issuer/wrap-next.key" ] || fail "a refused change did something"

# Prepared, nothing is sealed by it yet; what follows is the key that was prepared.
peri service rotate-wrap-key --data "$data" --prepare >"$top/said"
grep -q 'opens from now on' "$top/said" || fail "said: $(cat "$top/said")"
cmp -s "$wrap" "$top/first.key" && [ "$(formers)" = 0 ] && [ ! -e "$data/issuer/wrap.reseal" ] || fail "prepared, it seals"
cp "$data/issuer/wrap-next.key" "$top/next.key"
refused 'of a change that has begun' peri service rotate-wrap-key --data "$data" --key "$top/next.key"
peri service rotate-wrap-key --data "$data" >"$top/said"
cmp -s "$wrap" "$top/next.key" || fail "the key is not the one that was prepared"
grep -q " $catalogs CAs of catalogs were sealed again" "$top/said" || fail "said: $(cat "$top/said")"
! cmp -s "$wrap" "$top/first.key" || fail "wrap.key is the old one"
[ "$(formers)" = 1 ] && cmp -s "$data"/issuer/wrap-until-*.key "$top/first.key" || fail "the former key is not kept"
[ ! -e "$data/issuer/wrap.reseal" ] && [ ! -e "$data/issuer/wrap-next.key" ] && [ ! -e "$data/issuer/answer" ] || fail "something was left"
peri audit list >"$top/audit"
grep -q 'serviceKeys/rotate/action' "$top/audit" && grep -q "CAs of catalogs sealed by a new key: $catalogs, that do not open: 0" "$top/audit" ||
    fail "no record in the audit log"
peri audit verify >/dev/null || fail "the audit log does not verify"
stop
start "$data"
cas_open "after a change"
peri catalog create -n later >/dev/null
stop

# Who has the old key, and everything else as it is now, opens no CA: neither those of before nor the one made since.
cp -a "$data" "$top/thief"
rm "$top"/thief/issuer/wrap-until-*.key
cp -a "$top/first.key" "$top/thief/issuer/wrap.key"
start "$top/thief"
for catalog in c1 "c$catalogs" later; do
    if peri ca-certificate list -c "$catalog" >"$top/said" 2>&1; then fail "the old key opens the CA of catalog $catalog"; fi
done
stop
grep -q 'not the one that it was sealed with' "$top/log" || fail "the service does not say why"
# And the new key alone opens all of them.
rm "$data"/issuer/wrap-until-*.key
start "$data"
cas_open "by the new key alone"
stop
# A backup of before opens with its own files.
peri service restore --data "$top/again" --from "$top/before" --key "$data/store/data.key" >/dev/null
start "$top/again"
cas_open "restored"
stop

# Cut off before the one rename, and behind it: the next start has all CAs either way, and makes the rest.
cp "$wrap" "$top/was.key"
cp -a "$wrap" "$data/issuer/wrap-until-1900000000.key"
(umask 077 && openssl rand -hex 32 >"$data/issuer/wrap-next.key" && : >"$data/issuer/wrap.reseal" && echo 'at 0 0' >"$data/issuer/answer")
[ "$(id -u)" != 0 ] || chown -R 970001:970001 "$data/issuer"
cp -a "$data/issuer/wrap-next.key" "$top/next.key"
start "$data"
settled "cut off before the rename"
grep -q '^failed: .*ask again' "$data/issuer/answer" || fail "who waits for another key is told: $(cat "$data/issuer/answer")"
cas_open "cut off before the rename"
peri service rotate-wrap-key --data "$data" >/dev/null
cmp -s "$wrap" "$top/next.key" || fail "the key that was prepared is not the one that follows"
[ "$(formers)" = 1 ] || fail "the former key is there twice"
stop
cp -a "$wrap" "$data/issuer/wrap-until-1900000001.key"
(umask 077 && openssl rand -hex 32 >"$wrap" && : >"$data/issuer/wrap.reseal")
[ "$(id -u)" != 0 ] || chown -R 970001:970001 "$data/issuer"
start "$data"
settled "cut off behind the rename"
stop
# The key of before cannot be had just then, as in a token that is away: it keeps its time until it has opened all.
rm "$data"/issuer/wrap-until-*.key
cp -a "$wrap" "$top/away.key"
(umask 077 && echo 'pkcs11:token=away;object=wrap' >"$data/issuer/wrap-until-1900000002.key")
(umask 077 && openssl rand -hex 32 >"$wrap" && : >"$data/issuer/wrap.reseal")
[ "$(id -u)" != 0 ] || chown -R 970001:970001 "$data/issuer"
start "$data"
for _ in $(seq 100); do ! grep -q 'not all sealed by the new key yet' "$top/log" || break; sleep 0.1; done
grep -q 'not all sealed by the new key yet' "$top/log" && [ -e "$data/issuer/wrap.reseal" ] || fail "a change without the key of before was called done"
stop
cp -a "$top/away.key" "$data/issuer/wrap-until-1900000002.key"
start "$data"
settled "the key of before is back"
stop
rm "$data"/issuer/wrap-until-*.key
start "$data"
cas_open "by the key of a change that was cut off"
# Killed in the middle.
peri service rotate-wrap-key --data "$data" >"$top/said" 2>&1 &
asking=$!
for _ in $(seq 100); do [ ! -e "$data/issuer/wrap.reseal" ] || break; sleep 0.02; done
kill -9 "$(pgrep -P "$service" -f -- '--process issuer')"
wait "$asking" || :
settled "killed"
cas_open "killed"
stop

# Into a token, and to another key there.
sed -i "s|^{|{ \"pkcs11_module\": \"$module\", \"pkcs11_pin\": \"file:$top/pin\", \"pkcs11_paths\": \"$top/tokens:$top/softhsm2.conf\",|" "$data/service.json"
own
start "$data"
refused 'no such token' peri service rotate-wrap-key --data "$data" --pkcs11-key 'pkcs11:token=none;object=x'
peri service rotate-wrap-key --data "$data" --pkcs11-key 'pkcs11:token=works;object=wrap' >/dev/null
grep -q '^pkcs11:.*object=wrap;' "$wrap" || fail "the key is not in the token: $(cat "$wrap")"
stop
start "$data"
cas_open "into the token"
peri service rotate-wrap-key --data "$data" >/dev/null
grep -q '^pkcs11:.*object=wrap-2;' "$wrap" || fail "the next key is not beside the first: $(cat "$wrap")"
peri service rotate-wrap-key --data "$data" >/dev/null
grep -q '^pkcs11:.*object=wrap-3;' "$wrap" || fail "the key after that: $(cat "$wrap")"
stop
rm "$data"/issuer/wrap-until-*.key
start "$data"
cas_open "in the token"
stop
echo "wrap_key_test: all as it should be"
