#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Certificates with odd contents, most signed by the service's own CAs, as clients of a whole
# service: admitted where nothing is wrong, else refused before a request is answered; and a
# good client is served after each.
set -euo pipefail
. "$(dirname "$0")/whole_service.sh"
"$bin/perisphered" --init --data "$data" >/dev/null
start "$data"
cd "$top"
openssl ecparam -name prime256v1 -genkey -noout -out key.pem

# What a client with this certificate gets: the status of a list of catalogs, or "cut".
status() { # CERTIFICATE KEY [CHAIN]
    printf 'GET /subscriptions/00000000-0000-0000-0000-0000000000aa/providers/Microsoft.AzureSphere/catalogs?api-version=2024-04-01 HTTP/1.0\r\nHost: localhost\r\n\r\n' |
        timeout 20 openssl s_client -quiet -ign_eof -CAfile "$data/root.pem" -connect "localhost:$port" \
            -cert "$1" -key "$2" ${3:+-cert_chain "$3"} 2>/dev/null >answer || :
    sed -n '1s/^HTTP\/1\.[01] \([0-9]*\).*/\1/p' answer | grep . || echo cut
}
# NAME WANT SUBJECT EXTENSIONS [CA] [MORE...]: a certificate as the lines say, tried.
try() {
    local name=$1 want=$2 subject=$3 extensions=$4 ca=${5:-operator}
    shift $(($# < 5 ? $# : 5))
    openssl req -new -key key.pem -subj / -out request.pem 2>/dev/null
    printf '%b' "$extensions" >extensions
    [[ " $* " = *" -set_serial "* ]] || set -- "$@" -set_serial 0x4a"$(openssl rand -hex 15)"
    openssl x509 -req -in request.pem -CA "$data/issuer/$ca.pem" -CAkey "$data/issuer/$ca.key" -days 1 \
        -subj "$subject" -extfile extensions -out odd.pem "$@" 2>err ||
        fail "$name: cannot be made: $(cat err)"
    local got
    got=$(status odd.pem key.pem)
    [ "$got" = "$want" ] || fail "$name: $got, not $want"
    [ "$(status "$data/operator/cert.pem" "$data/operator/key.pem")" = 200 ] || fail "$name: nobody is served after it"
}
good='basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n'
wide=$(printf 'DNS:a%.0s.example,' $(seq 300))

#   what                        gets subject                      extensions
try "the plain one"              200 /CN=odd                       "$good"
try "an unknown extension"       200 /CN=odd                       "${good}1.3.6.1.4.1.55555.1=ASN1:UTF8String:x\n"
try "an unknown critical one"    cut /CN=odd                       "${good}1.3.6.1.4.1.55555.1=critical,ASN1:UTF8String:x\n"
try "names without end"          200 /CN=odd                       "${good}subjectAltName=${wide%,}\n"
try "two common names"           cut /CN=odd/CN=admin              "$good"
try "no common name"             cut /O=odd                        "$good"
try "a control character"        cut "/CN=odd$(printf '\001')admin" "$good"
try "not ASCII"                  cut "/CN=caf$(printf '\303\251')" "$good"
try "for servers"                cut /CN=odd                       'extendedKeyUsage=serverAuth\n'
try "to sign nothing"            cut /CN=odd                       'keyUsage=critical,keyEncipherment\nextendedKeyUsage=clientAuth\n'
try "a policy of somebody"       200 /CN=odd                       "${good}certificatePolicies=1.2.3.4\n"
try "a distribution point"       200 /CN=odd                       "${good}crlDistributionPoints=URI:http://127.0.0.1:1/x.crl\n"
try "a responder"                200 /CN=odd                       "${good}authorityInfoAccess=OCSP;URI:http://127.0.0.1:1/\n"
try "SHA-1"                      cut /CN=odd                       "$good" operator -sha1
try "serial number zero"         cut /CN=odd                       "$good" operator -set_serial 0
try "a negative serial number"   cut /CN=odd                       "$good" operator -set_serial -5
try "one of 20 bytes"            cut /CN=odd                       "$good" operator -set_serial 0x4a"$(openssl rand -hex 19)"
try "over"                       cut /CN=odd                       "$good" operator -days -1
try "the OS CA, no device id"    cut /CN=admin                     "$good" os
try "the server CA, an operator" cut /CN=admin                     "$good" server

# Not of this service, of its name, and one that an operator made for another.
openssl req -x509 -new -key key.pem -subj "/CN=Perisphere operators/O=Perisphere" -days 2 -out fake.pem 2>/dev/null
openssl x509 -req -in request.pem -CA fake.pem -CAkey key.pem -days 1 -subj /CN=admin -extfile extensions -out odd.pem 2>/dev/null
[ "$(status odd.pem key.pem fake.pem)" = cut ] || fail "a CA that has the name alone"
[ "$(status fake.pem key.pem)" = cut ] || fail "self-signed"
openssl x509 -req -in request.pem -CA "$data/operator/cert.pem" -CAkey "$data/operator/key.pem" -days 1 -subj /CN=admin \
    -extfile extensions -set_serial 77 -out odd.pem 2>/dev/null
[ "$(status odd.pem key.pem "$data/operator/cert.pem")" = cut ] || fail "an operator as a CA"
[ "$(status "$data/operator/cert.pem" "$data/operator/key.pem")" = 200 ] || fail "nobody is served any more"
stop
echo "odd_certificates_test: all held"
