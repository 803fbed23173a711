#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A service that reaches PostgreSQL as Debian's package sets it up, by TCP, TLS and SCRAM (docs/operate.md, "PostgreSQL"):
# started by a root whose home the store may not look into; with the server's certificate verified; its connection
# ended again and again.  Ends with 0 when all held.
set -euo pipefail
. "$(dirname "$0")/whole_service.sh"
product() { "$bin/peri" product create -c contoso -n "$1" --no-default-device-groups >/dev/null; }
sql() { "$programs/psql" -q -h "$top/pg" -U perisphere -Atc "$1" "${2:-postgres}"; }
# ended DATABASE: the service's connection is; the next request goes through a new one
ended() { [ "$(sql "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '$1' AND application_name = 'perisphere'")" = 1 ] || fail "no connection to $1"; }
encrypted() { sql "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE ssl AND datname = '$1' AND client_addr = '127.0.0.1'"; }

postgresql_start
mkdir "$top/tls"
certificate() { # NAME SUBJECT ARGUMENT...
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$2" \
        -keyout "$top/tls/$1.key" -out "$top/tls/$1.pem" "${@:3}" 2>/dev/null
}
certificate ca "a CA of the database"
certificate server localhost -CA "$top/tls/ca.pem" -CAkey "$top/tls/ca.key" -addext subjectAltName=DNS:localhost \
    -addext basicConstraints=critical,CA:FALSE
certificate other "another CA"
install -m 600 "$top/tls/server.key" "$top/tls/server.pem" "$top/pg/data/"
[ "$(id -u)" != 0 ] || chown postgres "$top/pg/data/server.key" "$top/pg/data/server.pem"
sql "CREATE ROLE service LOGIN PASSWORD 'p@ss w/rd'"
for base in service verified restored; do sql "CREATE DATABASE $base OWNER service"; done
{ echo 'hostssl all all 127.0.0.1/32 scram-sha-256'; echo 'local all all trust'; } >"$top/pg/data/pg_hba.conf"
sql "ALTER SYSTEM SET ssl = on"
sql "ALTER SYSTEM SET ssl_cert_file = 'server.pem'"
sql "ALTER SYSTEM SET ssl_key_file = 'server.key'"
kill -INT "$database"
wait "$database" || fail "PostgreSQL ended with $?"
as=
[ "$(id -u)" != 0 ] || as="setpriv --reuid postgres --regid postgres --clear-groups"
for _ in 1 2 3 4 5; do # until a port is free
    db_port=$((20000 + RANDOM % 12000))
    (cd "$top/pg" && exec $as "$programs/postgres" -D data -k "$top/pg" -c listen_addresses=127.0.0.1 -c "port=$db_port" -c fsync=off) >>"$top/pg.log" 2>&1 &
    database=$!
    export PGPORT=$db_port
    for _ in $(seq 300); do
        ! "$programs/pg_isready" -q -h "$top/pg" || break 2
        kill -0 "$database" 2>/dev/null || break
        sleep 0.1
    done
done
"$programs/pg_isready" -q -h "$top/pg" || fail "PostgreSQL does not start: $(tail -n 5 "$top/pg.log")"
url() { echo "postgresql://service:p%40ss%20w%2Frd@localhost:$db_port/$1"; }

# root's home is root's
mkdir -m 700 "$top/home"
export HOME=$top/home
"$bin/perisphered" --init --data "$data" --database "$(url service)" >/dev/null
start "$data"
"$bin/peri" catalog create -n contoso >/dev/null
[ "$(encrypted service)" = 1 ] || fail "not by TLS"
for name in first second third; do ended service; product "$name"; done
"$bin/peri" service backup --data "$data" --output-directory "$top/backup" >/dev/null
"$bin/peri" audit verify >/dev/null
stop

# The server's certificate, by a file that the store can read whenever it connects, and by another.
rm -rf "$data"
"$bin/perisphered" --init --data "$data" --database "$(url verified)?sslmode=verify-full&sslrootcert=store/ca.pem" >/dev/null
mkdir -p "$data/store"
install -m 644 "$top/tls/ca.pem" "$data/store/ca.pem"
start "$data"
"$bin/peri" catalog create -n contoso >/dev/null
for name in first second; do ended verified; product "$name"; done
"$bin/peri" service backup --data "$data" --output-directory "$top/verified" >/dev/null
stop
cmp -s "$top/tls/ca.pem" "$top/verified/store/ca.pem" || fail "the CA is not in the backup"
"$bin/peri" service restore --data "$top/again" --from "$top/verified" --key "$data/store/data.key" \
    --database "$(url restored)?sslmode=verify-full&sslrootcert=store/ca.pem" >/dev/null
start "$top/again"
"$bin/peri" product show -c contoso -p second >/dev/null || fail "lost by backup and restore"
[ "$(encrypted restored)" = 1 ] || fail "the restored one is not by TLS"
stop
starts_not() { # WORDS: with the database's address as it is now
    timeout 60 "$bin/perisphered" --data "$data" --listen 127.0.0.1:0 >"$top/said" 2>&1 &
    service=$!
    for _ in $(seq 300); do
        ! grep -q -- "$1" "$top/said" || break
        kill -0 "$service" 2>/dev/null || break
        sleep 0.1
    done
    grep -q -- "$1" "$top/said" || fail "the service said: $(cat "$top/said")"
    kill "$service" 2>/dev/null || :
    wait "$service" || :
    service=
}
cp "$top/tls/other.pem" "$data/store/ca.pem"
starts_not 'certificate verify failed'
cp "$top/tls/ca.pem" "$data/store/ca.pem"
sed -i "s|sslrootcert=store/ca.pem|sslrootcert=$top/tls/ca.pem|" "$data/service.json"
starts_not "sslrootcert=$top/tls/ca.pem of the database's address is not below $data/store"
