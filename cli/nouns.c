/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "cli/command.h"

const struct noun noun_rows[] = {
    {"account", "choose the subscription that commands work in"},
    {"audit", "list, verify, export and prune the audit log"},
    {"ca-certificate", "download, renew, activate and revoke CAs of a catalog"},
    {"catalog", "create, show and delete catalogs, which hold an owner's devices"},
    {"completion", "complete words of peri in bash and zsh"},
    {"config", "make and change the profile: service, catalog, login"},
    {"crash-dump", "download cores of crashed applications for a debugger"},
    {"crash-group", "equal crashes across a catalog's devices"},
    {"deployment", "give a device group the images that its devices run"},
    {"device", "claim, assign, revoke, update, sideload and look at devices"},
    {"device-group", "create and change groups of devices, with their update policy"},
    {"factory", "register new devices with the service"},
    {"get-support-data", "gather logs and settings for who helps, without secrets"},
    {"group", "create and delete resource groups, which hold catalogs"},
    {"hardware-definition", "make and check C headers of boards"},
    {"image", "upload, list, download and delete application images"},
    {"image-package", "build, sign, show and verify image packages"},
    {"key", "make and show keys that sign images"},
    {"keystore", "make and show the signed list of keys that devices trust"},
    {"manual", "write the man pages of peri"},
    {"mcu", "manufacture, run and look into virtual MT3620 microcontrollers"},
    {"operator", "issue and revoke certificates of operators"},
    {"os-release", "publish OS releases and say what attestation makes of them"},
    {"os-rollout", "bring OS releases to devices step by step"},
    {"product", "create, change and delete products, which have device groups"},
    {"role", "give operators roles and take them away"},
    {"rollout", "bring images to a device group step by step"},
    {"root", "keep the root key of a service off line"},
    {"service", "make, run, back up, move and re-key a security service on this machine"},
    {"show-sdk-version", "show the version of peri"},
    {NULL, NULL},
};

const char *noun_help(const char *noun)
{
    for (const struct noun *row = noun_rows; row->name; row++)
        if (strcmp(row->name, noun) == 0)
            return row->help;
    return NULL;
}
