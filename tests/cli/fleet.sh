#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What a team that ships a product with Azure Sphere has in its pipeline, as it was written for `az sphere`:
# set up what is missing, pack and upload a build, deploy it, move a device from test to production, look at
# the fleet.  tests/cli/run runs it as it stands, with cli/az on the PATH, and with "az sphere" replaced by "peri".
#   fleet.sh GROUP CATALOG DEVICE_ID PACKAGE_DIRECTORY SUBSCRIPTION
set -euo pipefail
group=$1 catalog=$2 device=$3 directory=$4 subscription=$5

az login --service-principal >/dev/null
az account set --subscription "$subscription"
[ "$(az account show --query id -o tsv)" = "$subscription" ]
az group create --name "$group" --location westeurope --only-show-errors --output none
az config set defaults.group="$group" defaults.sphere.catalog="$catalog" --only-show-errors

# only what is not there yet
if ! az sphere catalog show -g "$group" -c "$catalog" --output none 2>/dev/null; then
    az sphere catalog create --resource-group "$group" --name "$catalog" --output none
fi
tenant=$(az sphere catalog show --query properties.tenantId --output tsv)
[[ $tenant =~ ^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$ ]]
code=0
az sphere product show -p Washer --query name -o tsv 2>/dev/null || code=$?
echo "product before: exit code $code"
az sphere product create -n Washer -d 'Washing machines' --query '[name, properties.description]' -o tsv
az sphere device-group create --product Washer --name Canary --description 'First to get it' \
    --application-update UpdateAll --os-feed RetailEval --allow-crash-dumps-collection Enabled -r None -o none
az sphere device-group update -p Washer -dg Canary -d 'First of all' --query properties.description -o tsv
echo "groups:"
az sphere device-group list --product Washer --query 'sort_by([], &name)[].{n: name, f: properties.osFeedType}' -o tsv

# a build
az sphere image-package pack-application --package-directory "$directory" --output-file "$directory.imagepackage" >/dev/null
image=$(az sphere image add --image-path "$directory.imagepackage" --query name -o tsv)
[ "$(az sphere image show --image "$image" --query properties.imageId -o tsv)" = "$image" ]
[ "$(az sphere image list --query "[?name=='$image'] | length(@)")" -eq 1 ]
deployment=$(az sphere deployment create -p Washer -dg Canary --images "$image" --query properties.deploymentId -o tsv)
[ "$(az sphere deployment list -p Washer -dg Canary --query '[0].properties.deploymentId' -o tsv)" = "$deployment" ]
az sphere deployment show -p Washer -dg Canary -di "$deployment" --query "length(properties.deployedImages)"

# a device: claimed, into the canary group, then into production
az sphere device claim --device "$device" --output none
az sphere device assign -d "$device" --target-product Washer --target-device-group Canary -o none
targeted=$(az sphere device image list-targeted --device "$device" --query '[].name' -o tsv)
[ "$targeted" = "$image" ] && echo "targeted: the new image"
az sphere device assign --device "$device" --target-product Washer --target-device-group Production --only-show-errors >/dev/null
echo "devices: $(az sphere device show-count -o tsv) $(az sphere device show-count -p Washer --query value)" \
    "$(az sphere device show-count --product Washer --device-group Canary -o tsv)"
for id in $(az sphere device list --product Washer --device-group Production --query '[].name' --output tsv); do
    [ "$id" = "$device" ] && echo "in production: the device"
done
az sphere device list -p Washer --query "[?contains(id, '/deviceGroups/Production/')] | length(@)"
az sphere device show -d "$device" --query 'properties.deviceId' -o tsv | tr -d '\n' | wc -c
az sphere device capability download -d "$device" --type ApplicationDevelopment -of "$directory.cap"
wc -c <"$directory.cap"
az sphere device unassign --device "$device" --output none

# certificates for the broker, errors for the team
az sphere ca-certificate download --output-file "$directory.cer"
openssl x509 -inform der -in "$directory.cer" -noout
az sphere ca-certificate download-chain -of "$directory.p7b"
openssl pkcs7 -inform der -in "$directory.p7b" -print_certs -noout | grep -c subject=
az sphere ca-certificate download-proof -of "$directory.proof" --verification-code 3304517c557a3375e
[ "$(az sphere ca-certificate list --query "[?properties.status=='Active'] | length(@)")" -eq 1 ]
az sphere catalog download-error-report --output-file "$directory.csv"
head -n 1 "$directory.csv"

# what does not go
refused() { # COMMAND...: prints its exit code, and whether it said why on standard error alone
    local code=0 out
    out=$("$@" 2>"$directory.error") || code=$?
    echo "$code ${out:+answered }$([ -s "$directory.error" ] && echo said)"
}
refused az sphere product show --product None
refused az sphere image show --image 00000000-0000-0000-0000-000000000001
refused az sphere device show --device "${device//[0-9]/f}"
refused az sphere deployment create -p Washer -dg Canary --images 00000000-0000-0000-0000-000000000001
refused az sphere product create -d 'no name'
refused az sphere product delete
refused az sphere product list --wrong
refused az sphere product list --query 'a['
refused az sphere sing

az sphere get-support-data --output-file "$directory.zip" --output none
[ -s "$directory.zip" ]
az sphere device-group delete --product Washer --device-group Canary --output none
az sphere device-group list --device-group Canary --query 'length(@)'
