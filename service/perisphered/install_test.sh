#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What cmake --install puts where, and that the service runs from there with the rights
# that the systemd unit leaves it (docs/operate.md).
#   install_test.sh BUILD_FOLDER
set -euo pipefail
. "$(dirname "$0")/whole_service.sh"
cmake --install "$1" --prefix "$top/usr" --component service >"$top/log" 2>&1 || fail "cmake --install"
for file in bin/peri bin/perisphered share/man/man1/peri.1.gz share/man/man1/peri-service.1.gz share/man/man1/perisphered.1.gz \
    share/bash-completion/completions/peri share/zsh/site-functions/_peri share/perisphere/hardware-definitions/mt3620.json lib/systemd/system/perisphered.service; do
    [ -s "$top/usr/$file" ] || fail "no $file"
done
man -M "$top/usr/share/man" perisphered 2>/dev/null | grep -q 'peri service run' || fail "no page of perisphered"
unit=$top/usr/lib/systemd/system/perisphered.service
grep -qx "ExecStart=$top/usr/bin/perisphered --data /var/lib/perisphere" "$unit" || fail "the unit starts another program"
! grep -q '@' "$unit" || fail "the unit has a name that nobody filled in"

# As the unit does it: these capabilities and no others, no new privileges.
bounds=$(sed -n 's/^CapabilityBoundingSet=//p' "$unit" | tr 'A-Z' 'a-z' | sed 's/cap_/+/g; s/ /,/g')
[ -n "$bounds" ] || fail "the unit bounds no capabilities"
"$top/usr/bin/peri" service init --data "$data" --dns security.contoso.example >"$top/log"
before=$(openssl x509 -in "$data/front/cert.pem" -noout -serial)
"$top/usr/bin/peri" service renew-certificate --data "$data" >"$top/log" 2>&1 || fail "no new certificate"
[ "$before" != "$(openssl x509 -in "$data/front/cert.pem" -noout -serial)" ] || fail "the same certificate"
setpriv --no-new-privs --inh-caps=-all --bounding-set="-all,$bounds" \
    "$top/usr/bin/perisphered" --data "$data" --listen 127.0.0.1:0 >"$top/out" 2>"$top/log" &
service=$!
ready "$service" "$top/out"
export PERI_PROFILE=$data/operator
"$top/usr/bin/peri" config set endpoint="https://localhost:$(cat "$data/run/port")" >/dev/null
"$top/usr/bin/peri" catalog list >/dev/null || fail "the installed service does not answer"
stop
