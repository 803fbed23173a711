# SPDX-License-Identifier: BSD-2-Clause
# What a scenario with a whole device of the `linux` target begins with, and the parts of it: keys, a service, an OS release, a
# device from the factory, its owner.  Every part is real.  Sourced from the repository's folder, as root, inside namespaces of
# the scenario's own (programs in $PERI_BIN); goes on in $work (tools/demo_steps.sh).
bin=$(realpath "${PERI_BIN:?}")
peri=$bin/peri
. tools/demo_steps.sh
ip link set lo up
cd "$work"

# configure FILTER: the service's settings; for a service that stands
configure() { jq "$1" service/service.json >s.json && cat s.json >service/service.json && rm s.json; }
# service_new FILTER [OPTION...]: signing keys, a service made with the options, with these settings, the devices' keystore; not started
service_new() {
    local name settings=$1
    shift
    mkdir keys
    for name in root os contoso; do $peri key create --output-file keys/$name.pem; done
    $peri service init --data service --organisation Test "$@" >"$log/init" 2>&1
    export PERI_PROFILE=$work/service/operator
    configure "$settings"
    $peri keystore create --signing-key keys/root.pem --output-file keystore.image \
        --key os=keys/os.pem.pub application=keys/contoso.pem.pub \
        update=service/update-key.pub capability=service/capability-key.pub
}
service_start() {
    : >"$log/service"
    ${service_program:-$peri service run} --data service >>"$log/service" 2>&1 &
    service=$!
    wait_for 20 "$log/service" 'ready on'
}
# Whatever a sanitizer found in one of its processes is the service's exit code.
service_stop() {
    kill "$service"
    wait "$service" || { hint=$log/service; failed "the service ended with $?"; }
}
# os_release VERSION [OPTION...]: published with the options; its services in os-VERSION/services.image, below them what is
# made once.  A program that stands in os-VERSION/root/bin before is the release's own.
os_release() {
    local version=$1 name
    shift
    if [ ! -e monitor.image ]; then
        $peri image-package create --type SecurityMonitor --body "$bin/monitord" --key keys/os.pem \
            --component-id 9f3a1c52-6b0e-4d8e-8a36-3c0d7b5e1a10 --output-file monitor.image >/dev/null
        $peri image-package create --type PlutonRuntime --body "$bin/plutond" --key keys/os.pem \
            --component-id 7b8e5d20-3a4c-4f91-8d67-a5c2f1e09b43 --output-file pluton.image >/dev/null
    fi
    mkdir -p "os-$version/root/bin"
    for name in application-manager networkd azured gatewayd; do
        [ -e "os-$version/root/bin/$name" ] || install -m 755 "$bin/$name" "os-$version/root/bin/"
    done
    $peri image-package create --type Services --package-directory "os-$version/root" --key keys/os.pem \
        --component-id 2c7d8e41-0f65-4b2a-9a3f-6e1b4d9c7a21 --name "services $version" --runtime-version 1 \
        --output-file "os-$version/services.image" >/dev/null
    $peri os-release publish --os-version "$version" "$@" pluton.image keystore.image monitor.image \
        "os-$version/services.image" >/dev/null
}
# device_new FOLDER VERSION [UID-BASE [ANCHOR]]: out of the factory with this OS release, registered; $id
device_new() {
    $peri device create "$1" --root-key keys/root.pem.pub --keystore keystore.image \
        --images monitor.image "os-$2/services.image" --service-url https://localhost:8443 \
        --trust-anchor "${4:-service/root.pem}" --restart-delay-ms 200 --uid-base "${3:-61200}" >"$log/factory" 2>&1
    id=$(jq -r .deviceId "$log/factory")
    $peri factory register --device "$id" >/dev/null
}
# product_new: catalog "contoso" and a product; $group: its arguments for the group "Field Test"
product_new() {
    $peri catalog show --catalog contoso >/dev/null 2>&1 || $peri catalog create --name contoso >/dev/null
    $peri config set catalog=contoso
    $peri product create --name DW100 >/dev/null
    group=(--product DW100 --device-group "Field Test")
}
# device_start FOLDER OUTPUT: switched on, what it says goes to the file
device_start() {
    out=$2
    : >"$out"
    $peri device run "$1" >>"$out" 2>&1 &
    device=$!
}
device_stop() {
    kill "$device"
    wait "$device" || { hint=$out; failed "the device ended with $?"; }
}
# api METHOD PATH [BODY]: as an operator's own program would ask
api() {
    curl -sS --fail-with-body --cacert service/root.pem --cert "$PERI_PROFILE/cert.pem" --key "$PERI_PROFILE/key.pem" -X "$1" \
        ${3:+-H 'Content-Type: application/json' --data "$3"} "https://localhost:8443$2"
}
# metric LINE: as it stands in /metrics
metric() { api GET /metrics | grep -qxF "perisphere_$1" || failed "/metrics has no \"$1\": $(api GET /metrics | grep "^perisphere_${1%%[ {]*}")"; }
