#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Backup and restore of a service on PostgreSQL while it runs and is written to
# (docs/spec/store.md, "Backup and keys").  Ends with 0 when all held.
set -euo pipefail
. "$(dirname "$0")/whole_service.sh"
product() { "$bin/peri" product create -c contoso -n "$1" --no-default-device-groups >/dev/null; }
there() { "$bin/peri" product show -c contoso -p "$1" >/dev/null 2>&1; }

url() { echo "postgresql://perisphere:s3cr3t@/$1?host=$top/pg"; }
postgresql_start
for base in service restored other; do "$programs/createdb" -h "$top/pg" -U perisphere $base; done

"$bin/perisphered" --init --data "$data" --database "$(url service)" >/dev/null
start "$data"
"$bin/peri" catalog create -n contoso >/dev/null
product before
(i=0; while [ ! -f "$top/enough" ]; do product "during$i"; i=$((i + 1)); done; echo "$i" >"$top/made") &
writer=$!
"$bin/peri" service backup --data "$data" --output-directory "$top/backup" >/dev/null
touch "$top/enough"
wait "$writer"
[ -s "$top/backup/store/database.dump" ] || fail "no database in the backup"
[ ! -e "$top/backup/store/data.key" ] || fail "the key is in the backup"
[ ! -e "$data/store/database.dump" ] || fail "the dump was left in the data folder"
! grep -qa contoso "$top/backup/store/database.dump" || fail "a name stands in the dump"
product after
stop

restore() { "$bin/peri" service restore --data "$top/again" --from "$top/backup" --key "$data/store/data.key" "$@"; }
refused 'of an empty database' restore
refused 'nothing was restored: --database names an empty database' restore --database "$(url service)" # it is not empty
[ ! -e "$top/again" ] || fail "a refused restore left a folder"
refused 'does not exist' restore --database "$(url none)"
head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$top/wrong.key"
echo >>"$top/wrong.key"
chmod 600 "$top/wrong.key"
refused 'does not open the data' restore --database "$(url other)" --key "$top/wrong.key"
[ ! -e "$top/again" ] || fail "a wrong key left a folder"
restore --database "$(url restored)" >/dev/null
start "$top/again"
there before || fail "not in the backup: before"
! there after || fail "in the backup: what came after it"
product onward
"$bin/peri" product delete -c contoso -p before --yes >/dev/null
stop
start "$data" # the first one is as it was
there after && there before || fail "the restored service shares a database with the first"
stop
echo "backup_postgresql_test: $(cat "$top/made") products made during the backup; all as it should be"
