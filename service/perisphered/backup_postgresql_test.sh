#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Backup and restore of a service on PostgreSQL while it runs and is written to
# (docs/spec/store.md, "Backup and keys").  Ends with 0 when all held.
set -euo pipefail
bin=$PERI_BIN
top=$(mktemp -d /tmp/peri-backup-XXXXXX)
chmod 711 "$top" # the processes' own users, and PostgreSQL's, pass through
data=$top/data
service=
database=
cleanup() {
    for pid in $service $database; do kill -INT "$pid" 2>/dev/null || :; done
    wait 2>/dev/null || :
    rm -rf "$top"
}
trap cleanup EXIT
fail() {
    echo "backup_postgresql_test: $*" >&2
    [ ! -f "$top/log" ] || tail -n 20 "$top/log" >&2
    exit 1
}
refused() { # WORDS COMMAND...
    local words=$1
    shift
    if "$@" >"$top/said" 2>&1; then fail "not refused: $*"; fi
    grep -q -- "$words" "$top/said" || fail "$* said: $(cat "$top/said")"
}
start() { # DATA
    "$bin/perisphered" --data "$1" --listen 127.0.0.1:0 >"$top/out" 2>>"$top/log" &
    service=$!
    for _ in $(seq 600); do
        ! grep -q 'ready on' "$top/out" || break
        kill -0 "$service" 2>/dev/null || fail "the service on $1 ended"
        sleep 0.1
    done
    export PERI_PROFILE=$1/operator
    "$bin/peri" config set endpoint="https://localhost:$(cat "$1/run/port")" >/dev/null
}
stop() {
    kill "$service"
    wait "$service" || fail "the service ended with $?"
    service=
}
product() { "$bin/peri" product create -c contoso -n "$1" --no-default-device-groups >/dev/null; }
there() { "$bin/peri" product show -c contoso -p "$1" >/dev/null 2>&1; }

# A PostgreSQL of its own, on a socket below $top; it refuses to run as root.
programs=$(dirname "$(ls /usr/lib/postgresql/*/bin/initdb | tail -n 1)")
mkdir -m 755 "$top/pg"
as=
[ "$(id -u)" != 0 ] || { as="setpriv --reuid postgres --regid postgres --clear-groups"; chown postgres "$top/pg"; }
url() { echo "postgresql://perisphere:s3cr3t@/$1?host=$top/pg"; }
(cd "$top/pg" && $as "$programs/initdb" -D data -U perisphere --auth=trust --no-sync --encoding=UTF8 --locale=C >"$top/pg.log")
(cd "$top/pg" && exec $as "$programs/postgres" -D data -k "$top/pg" -c listen_addresses= -c fsync=off) >>"$top/pg.log" 2>&1 &
database=$!
for _ in $(seq 300); do
    ! "$programs/pg_isready" -q -h "$top/pg" || break
    sleep 0.1
done
for name in service restored other; do "$programs/createdb" -h "$top/pg" -U perisphere $name; done

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
refused 'exists' restore --database "$(url service)" # it is not empty
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
