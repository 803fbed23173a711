#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Two whole services on one PostgreSQL (docs/spec/certificates.md, "Several services"): both prove
# possession of the same CAs, what one does the other knows, and one goes on when the other is killed.
set -euo pipefail
. "$(dirname "$0")/whole_service.sh"
start_one() { # DATA: one more service; its process in $started, its profile told where it is
    "$bin/perisphered" --data "$1" --listen 127.0.0.1:0 >"$1.out" 2>>"$top/log" &
    started=$!
    others="$others $started"
    ready "$started" "$1.out"
    cp -r "$top/a/operator" "$1.profile" 2>/dev/null || :
    PERI_PROFILE=$1.profile "$bin/peri" config set endpoint="https://localhost:$(cat "$1/run/port")" >/dev/null
}
a() { PERI_PROFILE=$top/a.profile "$bin/peri" "$@"; }
b() { PERI_PROFILE=$top/b.profile "$bin/peri" "$@"; }

postgresql_start

# On SQLite there is nothing to join; nor before the first start, which makes the keys.
"$bin/perisphered" --init --data "$top/lite" >/dev/null
if "$bin/perisphered" --join "$top/lite" --data "$top/b" 2>"$top/said"; then fail "joined SQLite"; fi
grep -q SQLite "$top/said" || fail "$(cat "$top/said")"
"$bin/perisphered" --init --data "$top/a" --database "postgresql://perisphere@/postgres?host=$top/pg" >/dev/null
if "$bin/perisphered" --join "$top/a" --data "$top/b" 2>"$top/said"; then fail "joined before the first start"; fi
grep -q 'start that service once' "$top/said" || fail "$(cat "$top/said")"
[ ! -e "$top/b" ] || fail "half a folder"

start_one "$top/a"
first=$started
a catalog create -n contoso >/dev/null
# Nor before its store has made the key of the data, which comes a moment after the others.
mv "$top/a/store/data.key" "$top/kept.key"
if "$bin/perisphered" --join "$top/a" --data "$top/b" 2>"$top/said"; then fail "joined without the key of the data"; fi
grep -q 'data.key' "$top/said" || fail "$(cat "$top/said")"
[ ! -e "$top/b" ] || fail "half a folder"
mv "$top/kept.key" "$top/a/store/data.key"
# Nor what a broken issuer left in its folder for root: a link, or a pipe that nobody writes to.
echo "of root" >"$top/secret"
for make in "ln -s $top/secret" mkfifo; do
    $make "$top/a/issuer/os-until-9999999999.pem"
    if timeout 20 "$bin/perisphered" --join "$top/a" --data "$top/b" 2>"$top/said"; then fail "joined with what is no file"; fi
    grep -q 'os-until-9999999999.pem' "$top/said" && [ ! -e "$top/b" ] || fail "$(cat "$top/said")"
    rm "$top/a/issuer/os-until-9999999999.pem"
done
"$bin/perisphered" --join "$top/a" --data "$top/b" --dns second.example >/dev/null || fail "join"
openssl verify -CAfile "$top/a/root.pem" -untrusted "$top/b/front/cert.pem" -verify_hostname second.example \
    "$top/b/front/cert.pem" >/dev/null || fail "the second server's certificate"
if cmp -s "$top/a/front/key.pem" "$top/b/front/key.pem"; then fail "one server key for two"; fi
if "$bin/perisphered" --join "$top/a" --data "$top/b" 2>/dev/null; then fail "joined into a folder that is there"; fi
start_one "$top/b"
second=$started

# The same CA signs at both.
a ca-certificate download -c contoso -of "$top/anchor.cer" >/dev/null
openssl x509 -inform der -in "$top/anchor.cer" -out "$top/anchor.pem"
for side in a b; do
    $side ca-certificate download-proof -c contoso -v "from-$side" -of "$top/$side.cer" >/dev/null
    openssl x509 -inform der -in "$top/$side.cer" -out "$top/$side.pem"
    openssl verify -CAfile "$top/anchor.pem" "$top/$side.pem" >/dev/null || fail "$side: another CA"
done
# What is made at the second is there at the first: a catalog's CA, the next one, a revocation.
b catalog create -n fabrikam >/dev/null
[ "$(a ca-certificate list -c fabrikam --query '[0].name' -o tsv)" = "$(b ca-certificate list -c fabrikam --query '[0].name' -o tsv)" ] ||
    fail "two CAs for one catalog"
b ca-certificate renew -c contoso >/dev/null
next=$(a ca-certificate list -c contoso --query "[?properties.status=='Inactive'].name | [0]" -o tsv)
b ca-certificate activate -c contoso -n "$next" >/dev/null
[ "$(a ca-certificate list -c contoso --query "[?properties.status=='Active'].name | [0]" -o tsv)" = "$next" ] ||
    fail "the first does not know that another CA signs"
"$bin/perisphered" --data "$top/a" --operator grace --out "$top/grace" >/dev/null
b operator revoke --certificate "$top/grace/cert.pem" >/dev/null
PERI_PROFILE=$top/grace "$bin/peri" config set endpoint="https://localhost:$(cat "$top/a/run/port")" >/dev/null
if PERI_PROFILE=$top/grace "$bin/peri" catalog list >/dev/null 2>"$top/said"; then fail "admitted at the first"; fi
grep -q revoked "$top/said" || fail "$(cat "$top/said")"

# Another wrap key: each has it before one of them seals by it, and at no moment is there a catalog that one of them cannot open.
open_all() { # WHEN CATALOG...
    local when=$1 side catalog
    shift
    sleep 5 # what a service opened is looked at again by then
    for catalog in "$@"; do
        for side in a b; do $side ca-certificate list -c "$catalog" >/dev/null || fail "$when: $side does not open the CA of $catalog"; done
    done
}
if a service rotate-wrap-key --data "$top/a" >"$top/said" 2>&1; then fail "another wrap key at one of two alone"; fi
grep -q -- '--prepare' "$top/said" || fail "$(cat "$top/said")"
a service rotate-wrap-key --data "$top/a" --prepare >/dev/null
b service rotate-wrap-key --data "$top/b" --prepare --key "$top/a/issuer/wrap-next.key" >/dev/null
a service rotate-wrap-key --data "$top/a" >/dev/null
a catalog create -n by-new >/dev/null
b catalog create -n by-old >/dev/null # the second seals by the former one still
open_all "between" contoso fabrikam by-new by-old
b service rotate-wrap-key --data "$top/b" >"$top/said"
grep -q ' 1 CA of catalogs was sealed again' "$top/said" || fail "the second found: $(cat "$top/said")"
cmp -s "$top/a/issuer/wrap.key" "$top/b/issuer/wrap.key" || fail "two wrap keys"
open_all "afterwards" contoso by-new by-old

# One dies; the other goes on with all of it, and with a catalog whose CA the first had still to make.
child_of() { # SUPERVISOR NAME
    for pid in $(cat "/proc/$1/task/$1/children"); do
        ! tr '\0' '\n' <"/proc/$pid/cmdline" | grep -qx "$2" || echo "$pid"
    done
}
kill -STOP "$(child_of "$first" issuer)"
left() { # operations that have not ended
    "$programs/psql" -h "$top/pg" -U perisphere -d postgres -Atc 'SELECT count(*) FROM operation WHERE ended_ms = 0'
}
a catalog create -n left --no-wait >/dev/null || fail "no answer before the CA is made"
[ "$(left)" = 1 ] || fail "the CA was made without an issuer"
kill -KILL "$first"
wait "$first" 2>/dev/null || :
b ca-certificate download-proof -c contoso -v alone -of "$top/b.cer" >/dev/null || fail "the second stopped with the first"
b catalog create -n alone >/dev/null || fail "no catalog without the first"
for _ in $(seq 300); do
    [ "$(left)" != 0 ] || break
    sleep 0.1
done
[ "$(left)" = 0 ] || fail "nobody took up the first one's operation"
[ "$(b ca-certificate list -c left --query 'length(@)' -o tsv)" = 1 ] || fail "the catalog that was left has not one CA"
kill "$second"
wait "$second" || fail "the second ended with $?"
echo "join_test: all held"
