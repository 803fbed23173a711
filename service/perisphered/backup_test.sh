#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Backup, restore and a new key while the service runs and is written to
# (docs/spec/store.md, "Backup and keys").  Ends with 0 when all held.
set -euo pipefail
. "$(dirname "$0")/whole_service.sh"
product() { "$bin/peri" product create -c contoso -n "$1" --no-default-device-groups >/dev/null; }
there() { "$bin/peri" product show -c contoso -p "$1" >/dev/null 2>&1; }
briefly() { # as refused, in one line
    refused "$@"
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
briefly 'exists already' "$bin/peri" service backup --data "$data" --output-directory "$top/backup"
briefly "folder \"$top/no\" that it is to be in: No such file" "$bin/peri" service backup --data "$data" --output-directory "$top/no/backup"
! grep -q 'part' "$top/said" || fail "said: $(cat "$top/said")"
briefly 'no data folder' "$bin/peri" service backup --data "$top/none" --output-directory "$top/other"
cp "$data/store/data.key" "$top/old.key"

# A new key, while it runs; the service goes on, and starts with the new one alone.
"$bin/peri" service rotate-key --data "$data" >/dev/null
! cmp -s "$data/store/data.key" "$top/old.key" || fail "the key is the old one"
[ ! -e "$data/store/data.key.new" ] || fail "data.key.new was left"
there after || fail "lost by the new key"
product rotated
stop
briefly 'does not run' "$bin/peri" service rotate-key --data "$data"
cp "$data/store/data.key" "$top/new.key"
cat "$top/old.key" >"$data/store/data.key"
if "$bin/perisphered" --data "$data" --listen 127.0.0.1:0 >"$top/said" 2>&1; then fail "started with the old key"; fi
grep -q 'this key does not open the data' "$top/said" || fail "old key: $(cat "$top/said")"
# Cut off between database and file: the new key is found and takes its place.
cp "$top/new.key" "$data/store/data.key.new"
chmod 600 "$data/store/data.key.new"
start "$data"
there rotated || fail "lost by the new key's return" # and so the store is there, which front does not wait for
cmp -s "$data/store/data.key" "$top/new.key" || fail "the new key did not settle"
stop
# Stopped: the same command copies what lies there.
"$bin/peri" service backup --data "$data" --output-directory "$top/cold" >/dev/null

briefly 'exists already' "$bin/peri" service restore --data "$data" --from "$top/backup" --key "$top/old.key"
briefly 'without the key' "$bin/peri" service restore --data "$top/again" --from "$top/backup"
briefly 'not a backup' "$bin/peri" service restore --data "$top/again" --from "$top" --key "$top/old.key"
briefly 'does not open the data' "$bin/peri" service restore --data "$top/again" --from "$top/backup" --key "$top/new.key"
[ ! -e "$top/again" ] && [ ! -e "$top/again.part" ] || fail "a wrong key left something"
briefly "folder \"$top/no\"" "$bin/peri" service restore --data "$top/no/again" --from "$top/backup" --key "$top/old.key"
briefly 'no such file' "$bin/peri" service restore --data "$top/again" --from "$top/backup" --key "$top/none"
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
