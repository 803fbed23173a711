# SPDX-License-Identifier: BSD-2-Clause
# What a scenario with a whole virtual MCU begins with: a service, a chip from the factory that its owner has claimed, power.
# Sourced as root, inside namespaces of the scenario's own, with $top (the repository), $PERI_BIN, $PERI_FIRMWARE and $PERI_QEMU;
# goes on in $work (tools/demo_steps.sh).
firmware=$(realpath "${PERI_FIRMWARE:?}")
peri=$(realpath "${PERI_BIN:?}")/peri
. "$top/tools/demo_steps.sh"
export PERI_QEMU=${PERI_QEMU:-$(cat "$firmware/emulator")} HOME=$work
ip link set lo up
cd "$work"

# configure FILTER: the service's settings; for a service that stands
configure() { jq "$1" service/service.json >s.json && cat s.json >service/service.json && rm s.json; }
service_start() {
    : >"$log/service"
    $peri service run --data service >>"$log/service" 2>&1 &
    service=$!
    wait_for 60 "$log/service" 'ready on'
}
# mcu_new FILTER [ADDRESS NAME]: signing keys; a service with these settings, running, which the chip reaches as perisphere.test; the chip,
# registered, its images the release 26.11, claimed into the group "Field Test" of catalog contoso.  ADDRESS NAME: one more host
# that the chip knows; the service's certificate has its name, too
mcu_new() {
    mkdir -m 700 keys
    for name in root os application; do $peri key create --output-file keys/$name.pem; done
    $peri service init --data service --organisation Test --dns perisphere.test ${3:+"$3"} >"$log/init" 2>&1
    cp service/update-key.pub keys/update.pem.pub
    cp service/capability-key.pub keys/capability.pem.pub
    export PERI_PROFILE=$work/service/operator
    $peri config set endpoint=https://localhost:8443
    configure "$1 | .base_url = \"https://localhost:8443\""
    service_start
    cp -r "$firmware/product" images
    printf '127.0.0.1 localhost\n10.0.2.2 perisphere.test\n%s\n' "${2:+$2 $3}" >images/root/etc/hosts
    $peri mcu create device --images images --keys keys --service-url https://perisphere.test:8443 \
        --trust-anchor service/root.pem >"$log/factory" 2>&1 || { hint=$log/factory; exit 1; }
    id=$(jq -r .deviceId "$log/factory")
    $peri factory register --device "$id" >/dev/null
    $peri mcu extract device --output-folder release >/dev/null
    $peri os-release publish --os-version 26.11 release/*.image --output none
    $peri catalog create --name contoso --output none
    $peri config set catalog=contoso
    $peri product create --name DW100 --output none
    $peri device claim --product DW100 --device-group "Field Test" --device "$id" --output none
}
# deploy VERSION [ARGUMENTS-JSON]: of examples/washes, to that group; $image
deploy() {
    rm -rf pack && mkdir -p pack/bin
    install -m 755 "$firmware/device/bin/washes-$1" pack/bin/app
    jq --argjson a "${2:-[\"3600\", \"60\"]}" '.CmdArgs = $a' "$top/examples/washes/app_manifest.json" >pack/app_manifest.json
    image=$($peri image-package create --package-directory pack --key keys/application.pem --name washes \
        --output-file app.imagepackage --query imageId --output tsv)
    $peri image add --image-path app.imagepackage --output none
    $peri deployment create --product DW100 --device-group "Field Test" --images "$image" --output none
}
chip_on() { # LOG
    : >"$log/$1"
    $peri mcu run device --net user </dev/null >"$log/$1" 2>&1 &
    chip=$!
}
