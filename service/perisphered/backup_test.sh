#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Backup, restore and a new key while the service runs and is written to
# (docs/spec/store.md, "Backup and keys").  Ends with 0 when all held.
set -euo pipefail
bin=$PERI_BIN
top=$(mktemp -d /tmp/peri-backup-XXXXXX)
chmod 711 "$top" # the processes' own users pass through
data=$top/data
service=
cleanup() {
    [ -z "$service" ] || kill "$service" 2>/dev/null || :
    wait 2>/dev/null || :
    rm -rf "$top"
}
trap cleanup EXIT
fail() {
    echo "backup_test: $*" >&2
    [ ! -f "$top/log" ] || tail -n 20 "$top/log" >&2
    exit 1
}
start() { # DATA
    "$bin/perisphered" --data "$1" --listen 127.0.0.1:0 >"$top/out" 2>>"$top/log" &
    service=$!
    for _ in $(seq 600); do
        ! grep -q 'ready on' "$top/out" || break
        kill -0 "$service" 2>/dev/null || fail "the service on $1 ended"
        sleep 0.1
    done
    PERI_PROFILE=$1/operator "$bin/peri" config set endpoint="https://localhost:$(cat "$1/run/port")" >/dev/null
    export PERI_PROFILE=$1/operator
}
stop() {
    kill "$service"
    wait "$service" || fail "the service ended with $?"
    service=
}
product() { "$bin/peri" product create -c contoso -n "$1" --no-default-device-groups >/dev/null; }
there() { "$bin/peri" product show -c contoso -p "$1" >/dev/null 2>&1; }
refused() { # WORDS COMMAND...
    local words=$1
    shift
    if "$@" >"$top/said" 2>&1; then fail "not refused: $*"; fi
    grep -q -- "$words" "$top/said" || fail "$* said: $(cat "$top/said")"
    [ "$(wc -l <"$top/said")" = 1 ] || fail "more than one line: $(cat "$top/said")"
}

"$bin/perisphered" --init --data "$data" >/dev/null
start "$data"
"$bin/peri" catalog create -n contoso >/dev/null
product before

# While somebody writes: what was acknowledged before it began is in it.
(i=0; while [ ! -f "$top/enough" ]; do product "during$i"; i=$((i + 1)); done; echo "$i" >"$top/made") &
writer=$!
"$bin/peri" service backup --data "$data" --output-directory "$top/backup" >"$top/said"
touch "$top/enough"
wait "$writer"
grep -q 'without the key' "$top/said" || fail "backup said: $(cat "$top/said")"
[ ! -e "$top/backup/store/data.key" ] || fail "the key is in the backup"
[ ! -e "$data/store/answer" ] || fail "the answer was left"
product after
refused 'exists already' "$bin/peri" service backup --data "$data" --output-directory "$top/backup"
refused "folder \"$top/no\" that it is to be in: No such file" "$bin/peri" service backup --data "$data" --output-directory "$top/no/backup"
! grep -q 'part' "$top/said" || fail "said: $(cat "$top/said")"
refused 'no data folder' "$bin/peri" service backup --data "$top/none" --output-directory "$top/other"
cp "$data/store/data.key" "$top/old.key"

# A new key, while it runs; the service goes on, and starts with the new one alone.
"$bin/peri" service rotate-key --data "$data" >/dev/null
! cmp -s "$data/store/data.key" "$top/old.key" || fail "the key is the old one"
[ ! -e "$data/store/data.key.new" ] || fail "data.key.new was left"
there after || fail "lost by the new key"
product rotated
stop
refused 'does not run' "$bin/peri" service rotate-key --data "$data"
cp "$data/store/data.key" "$top/new.key"
cat "$top/old.key" >"$data/store/data.key"
if "$bin/perisphered" --data "$data" --listen 127.0.0.1:0 >"$top/said" 2>&1; then fail "started with the old key"; fi
grep -q 'this key does not open the data' "$top/said" || fail "old key: $(cat "$top/said")"
# Cut off between database and file: the new key is found and takes its place.
cp "$top/new.key" "$data/store/data.key.new"
chmod 600 "$data/store/data.key.new"
start "$data"
cmp -s "$data/store/data.key" "$top/new.key" || fail "the new key did not settle"
there rotated || fail "lost by the new key's return"
stop
# Stopped: the same command copies what lies there.
"$bin/peri" service backup --data "$data" --output-directory "$top/cold" >/dev/null

refused 'exists already' "$bin/peri" service restore --data "$data" --from "$top/backup" --key "$top/old.key"
refused 'without the key' "$bin/peri" service restore --data "$top/again" --from "$top/backup"
refused 'not a backup' "$bin/peri" service restore --data "$top/again" --from "$top" --key "$top/old.key"
refused 'does not open the data' "$bin/peri" service restore --data "$top/again" --from "$top/backup" --key "$top/new.key"
[ ! -e "$top/again" ] && [ ! -e "$top/again.part" ] || fail "a wrong key left something"
refused "folder \"$top/no\"" "$bin/peri" service restore --data "$top/no/again" --from "$top/backup" --key "$top/old.key"
refused 'no such file' "$bin/peri" service restore --data "$top/again" --from "$top/backup" --key "$top/none"
"$bin/peri" service restore --data "$top/again" --from "$top/backup" --key "$top/old.key" >/dev/null
start "$top/again"
there before || fail "not in the backup: before"
! there after || fail "in the backup: what came after it"
product onward
stop
"$bin/peri" service restore --data "$top/thaw" --from "$top/cold" --key "$top/new.key" >/dev/null
start "$top/thaw"
for name in before after rotated; do there "$name" || fail "not in the cold backup: $name"; done
stop
echo "backup_test: $(cat "$top/made") products made during the backup; all as it should be"
