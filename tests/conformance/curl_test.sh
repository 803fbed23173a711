#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What scripts send by curl, and what they look for in the answer: forms of one request that Azure takes, methods,
# conditions, versions of HTTP.  By curl as Debian has it; over a service of the test's own.
#   PERI_BIN=FOLDER tests/conformance/curl_test.sh
set -euo pipefail
. "$(dirname "$0")/../../service/perisphered/whole_service.sh"
"$bin/peri" service init --data "$data" --organisation Contoso >/dev/null
start "$data"
base=https://localhost:$port subscription=$(jq -r .subscription "$PERI_PROFILE/profile.json") version=api-version=2024-04-01
catalogs=$base/subscriptions/$subscription/resourceGroups/default/providers/Microsoft.AzureSphere/catalogs
checks=0
# ask STATUS ARGUMENT...: the last answer has this status; its body in $top/body, its head in $top/head
ask() {
    local want=$1 got
    shift
    : >"$top/body"
    got=$(curl -sS --max-time 30 --cacert "$PERI_PROFILE/ca.pem" --cert "$PERI_PROFILE/cert.pem" --key "$PERI_PROFILE/key.pem" \
        -D "$top/raw" -o "$top/body" -w '%{http_code}' "$@") || fail "curl $*: ended with $?"
    tr -d '\r' <"$top/raw" >"$top/head"
    [ "$got" = "$want" ] || fail "curl $*: $got, not $want: $(cat "$top/body")"
    checks=$((checks + 1))
}
head_has() { grep -qiE -- "$1" "$top/head" || fail "no \"$1\" in: $(cat "$top/head")"; }
head_has_not() { ! grep -qiE -- "$1" "$top/head" || fail "\"$1\" in: $(cat "$top/head")"; }
body_has() { [ "$(jq -r "$1" "$top/body")" = "$2" ] || fail "$1 is not $2: $(cat "$top/body")"; }

json='Content-Type: application/json'
ask 201 -X PUT -H "$json" -d '{"location":"global"}' "$catalogs/contoso?$version"
head_has '^Azure-AsyncOperation: https://' && head_has '^Retry-After: [0-9]+$'
at=$(sed -n 's/^Azure-AsyncOperation: //p' "$top/head")
for _ in $(seq 300); do
    ask 200 "$at"
    [ "$(jq -r .status "$top/body")" = InProgress ] || break
    sleep 0.1
done
body_has .status Succeeded

# One request in the forms in which it comes.
for form in "application/json; charset=utf-8" 'application/json;charset="utf-8"' "APPLICATION/JSON" "application/json; odata=verbose" "text/json"; do
    ask 200 -X PUT -H "Content-Type: $form" -d '{"location":"global"}' "$catalogs/contoso?$version"
done
ask 200 -X PUT -H "$json" -H 'Transfer-Encoding: chunked' -H 'Expect: 100-continue' -d '{"location":"global"}' "$catalogs/contoso?$version"
head_has '^HTTP/1.1 100 '
printf '\357\273\277{"location":"global"}' >"$top/bom.json" # as PowerShell writes UTF-8
ask 200 -X PUT -H "$json" --data-binary "@$top/bom.json" "$catalogs/contoso?$version"
ask 200 -X PATCH -H 'Content-Type: application/merge-patch+json' -d '{"tags":{"a":"b"}}' "$catalogs/contoso?$version"
ask 415 -X PUT -d '{"location":"global"}' "$catalogs/contoso?$version" # curl's own type
body_has .error.code UnsupportedMediaType
grep -q 'application/json' "$top/body" || fail "which type is not said: $(cat "$top/body")"
for where in "$catalogs/contoso/" "$catalogs/%63ontoso" "${catalogs/Microsoft.AzureSphere/microsoft.azuresphere}/CONTOSO" \
    "${catalogs/resourceGroups/resourcegroups}/contoso" "$base//subscriptions/${catalogs#*/subscriptions/}/contoso"; do
    ask 200 "$where?$version"
    body_has .name contoso
done
ask 200 "$catalogs/contoso?unknown=1&Api-Version=2024-04-01&&"
for filter in "name+eq+'contoso'" "name%20eq%20'contoso'"; do
    ask 200 "$catalogs?$version&\$filter=$filter"
    body_has '.value | length' 1
done
ask 201 -X PUT -H "$json" -d '{}' "$catalogs/contoso/products/Dish%20Washer?$version"
ask 200 "$catalogs/contoso/products/dish%20washer?$version"
body_has .name "Dish Washer"
ask 200 -X POST "$catalogs/contoso/countDevices?$version"
ask 200 -X POST -H 'Content-Length: 0' "$catalogs/contoso/countDevices?$version"
ask 200 -H 'Accept: */*' -H 'Accept-Encoding: gzip' "$catalogs/contoso?$version"
head_has_not '^Content-Encoding:'

# A former HTTP, and methods.
ask 200 --http1.0 "$catalogs/contoso?$version"
ask 204 -I "$catalogs/contoso?$version"
ask 404 -I "$catalogs/nothing?$version"
ask 405 -X OPTIONS "$catalogs/contoso?$version"
head_has '^Allow: GET, HEAD, PUT, PATCH, DELETE$'
ask 204 -X DELETE "$catalogs/contoso/products/nothing?$version"

# What is said of a request.
ask 400 "$catalogs/contoso"
body_has .error.code MissingApiVersionParameter
ask 400 "$catalogs/contoso?api-version=2022-09-01-preview"
body_has .error.code InvalidApiVersionParameter
body_has .error.message "The api-version '2022-09-01-preview' is invalid. The supported versions are '2024-04-01'."
ask 404 "$catalogs/nothing?$version"
body_has .error.code ResourceNotFound
ask 200 -H 'x-ms-client-request-id: abc-1' -H 'x-ms-return-client-request-id: true' -H 'x-ms-correlation-request-id: def-2' "$catalogs/contoso?$version"
head_has '^x-ms-client-request-id: abc-1$' && head_has '^x-ms-correlation-request-id: def-2$' && head_has '^x-ms-request-id: [0-9a-f-]{36}$'
ask 200 -H 'x-ms-client-request-id: abc-1' "$catalogs/contoso?$version"
head_has_not '^x-ms-client-request-id'
head_has '^Date: ' && head_has '^Cache-Control: no-cache$'

# A file: kept by whoever stands between, until a revocation may have to be seen.
ask 200 "$base/crl/root.crl"
head_has '^Cache-Control: public, max-age=[0-9]+$' && head_has_not '^(Pragma|Expires):'
etag=$(sed -n 's/^ETag: //p' "$top/head")
[ "$etag" = "\"$(sha256sum "$top/body" | cut -d' ' -f1)\"" ] || fail "the ETag of a list is $etag"
ask 304 -H "If-None-Match: $etag" "$base/crl/root.crl"
ask 200 -I "$base/crl/root.crl"
head_has "^ETag: $etag\$" && head_has '^Content-Length: [1-9]'
echo "curl: $checks requests"
