#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A service's data from SQLite to PostgreSQL and back (docs/spec/store.md, "Move to another database"): what was
# there is there, also what operators verified of the audit log; a command that is killed leaves the service
# as it was.  Ends with 0 when all held.
#   move_database_test.sh [KILLS]
set -euo pipefail
. "$(dirname "$0")/whole_service.sh"
kills=${1:-6}
product() { "$bin/peri" product create -c contoso -n "$1" --no-default-device-groups >/dev/null; }
there() { "$bin/peri" product show -c contoso -p "$1" >/dev/null 2>&1; }
move() { "$bin/peri" service move-database --data "$data" --to "$@"; }
url() { echo "postgresql://perisphere:s3cr3t@/$1?host=$top/pg"; }
tables() { "$programs/psql" -h "$top/pg" -U perisphere -Atc "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'" "$1"; }
postgresql_start
for base in service full killed; do "$programs/createdb" -h "$top/pg" -U perisphere $base; done
"$bin/perisphered" --init --data "$data" >/dev/null
refused 'no data of a service that has run' move "$(url service)"
start "$data"
"$bin/peri" catalog create -n contoso >/dev/null
product before
"$bin/peri" audit verify >/dev/null
refused 'another service is using this data folder' move "$(url service)"
stop
refused 'in SQLite already' move sqlite
refused 'cannot reach the database' move "$(url none)"
refused 'is postgresql://' move mysql://x
"$programs/psql" -q -h "$top/pg" -U perisphere -c 'CREATE TABLE somebodys (x int)' full
refused 'tables of others' move "$(url full)"

# Killed at some moment of its work: nothing is there, and the service is where it was.
cp "$data/service.json" "$top/service.json"
sessions() { "$programs/psql" -h "$top/pg" -U perisphere -Atc "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'perisphere'" postgres; }
for _ in $(seq "$kills"); do
    "$bin/perisphered" --data "$data" --move-database "$(url killed)" --progress >"$top/said" 2>&1 &
    mover=$!
    steps=$((RANDOM % 36)) # of its own: how fast the machine is does not matter
    while kill -0 "$mover" 2>/dev/null && [ "$(wc -l <"$top/said")" -lt "$steps" ]; do :; done
    kill -KILL "$mover" 2>/dev/null || :
    wait "$mover" 2>/dev/null || :
    while [ "$(sessions)" != 0 ]; do sleep 0.1; done
    if cmp -s "$data/service.json" "$top/service.json"; then
        [ -f "$data/store/store.db" ] || fail "killed: no database is left"
        if [ "$(tables killed)" != 0 ]; then # committed, and killed before service.json was written
            refused "holds a service's data already" move "$(url killed)"
        fi
    else # it was done before it could be killed, but perhaps for the name of what it left
        rm -f "$data/store/store.db" "$data/store/store.db.moved"
        move sqlite >/dev/null
        cp "$data/service.json" "$top/service.json"
    fi
    "$programs/dropdb" -h "$top/pg" -U perisphere killed
    "$programs/createdb" -h "$top/pg" -U perisphere killed
done
start "$data"
there before || fail "lost by a move that was killed"
product between
stop

# There.
[ "$(move "$(url service)" --query '[from, to]' -o tsv | tr '\t\n' '  ')" = 'sqlite postgresql ' ] || fail "move said something else"
[ ! -e "$data/store/store.db" ] && [ -f "$data/store/store.db.moved" ] || fail "the former database has its name"
! "$programs/pg_dump" -h "$top/pg" -U perisphere service | grep -qa 'contoso\|before' || fail "a name stands in the database"
start "$data"
for name in before between; do there "$name" || fail "not in the new database: $name"; done
product after
"$bin/peri" audit verify >/dev/null || fail "the audit log does not verify"
"$bin/peri" audit list --query '[].action' -o tsv | grep -qx Perisphere/database/move/action || fail "the move is not in the audit log"
refused 'another service is using this data folder' move sqlite
stop
refused 'in PostgreSQL already' move "$(url killed)"

# Who forgets where the data are now gets no empty service.
cp "$data/service.json" "$top/moved.json"
sed -i 's|"database":[^,}]*|"database": ""|' "$data/service.json"
refused 'these data moved to PostgreSQL' timeout 60 "$bin/perisphered" --data "$data" --listen 127.0.0.1:0
[ ! -e "$data/store/store.db" ] || fail "an empty database was made"
cp "$top/moved.json" "$data/service.json"

# And back, with the key of the data elsewhere: it must be there, and be this one.
mv "$data/store/data.key" "$top/away.key"
sed -i "s|{|{ \"key\": \"file:$top/data.key\",|;:rest;n;b rest" "$data/service.json"
refused 'is missing' move sqlite
head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$top/data.key"
echo >>"$top/data.key"
chmod 600 "$top/data.key"
refused 'does not open the data' move sqlite
[ ! -e "$data/store/store.db" ] && [ ! -e "$data/store/move.part" ] || fail "a refused move left something"
mv "$top/away.key" "$top/data.key"
move sqlite -o table >"$top/said" || fail "back: $(cat "$top/said")"
[ -f "$data/store/store.db" ] && [ ! -e "$data/store/move.part" ] || fail "the new database has not its name"
kill -INT "$database" # nobody needs it any more
wait "$database" || :
database=
start "$data"
for name in before between after; do there "$name" || fail "not in SQLite again: $name"; done
product onward
"$bin/peri" audit verify >/dev/null || fail "the audit log does not verify in SQLite again"
stop
echo "move_database_test: killed $kills times; all as it should be"
