# SPDX-License-Identifier: BSD-2-Clause
# A PostgreSQL of a test's own, for scripts.  Sourced, with $top: a folder that others may pass through.
#   postgresql_start    on a socket in $top/pg, its user perisphere, without fsync; or ends the script
# $programs: where its programs are; $database: its process, which the script interrupts at its end.
postgresql_start() {
    local as=
    programs=$(dirname "$(ls /usr/lib/postgresql/*/bin/initdb | tail -n 1)")
    mkdir -m 755 "$top/pg"
    # it refuses to run as root
    [ "$(id -u)" != 0 ] || { as="setpriv --reuid postgres --regid postgres --clear-groups"; chown postgres "$top/pg"; }
    (cd "$top/pg" && $as "$programs/initdb" -D data -U perisphere --auth=trust --no-sync --encoding=UTF8 --locale=C >"$top/pg.log")
    (cd "$top/pg" && exec $as "$programs/postgres" -D data -k "$top/pg" -c listen_addresses= -c fsync=off) >>"$top/pg.log" 2>&1 &
    database=$!
    for _ in $(seq 300); do
        ! "$programs/pg_isready" -q -h "$top/pg" || return 0
        kill -0 "$database" 2>/dev/null || break
        sleep 0.1
    done
    echo "PostgreSQL does not start: $(tail -n 5 "$top/pg.log")" >&2
    exit 1
}
