/* SPDX-License-Identifier: BSD-2-Clause */
/* The verb tables, one per file; a line each, so that two that are added at once do not meet. */
#ifndef PERI_CLI_VERBS_H
#define PERI_CLI_VERBS_H

#include "cli/command.h"

extern const struct verb
    account_verbs[],
    attached_app_verbs[],
    attached_certificate_verbs[],
    attached_find_verbs[],
    attached_network_verbs[],
    attached_verbs[],
    attached_wifi_verbs[],
    audit_verbs[],
    ca_certificate_verbs[],
    catalog_verbs[],
    completion_verbs[],
    config_verbs[],
    crash_dump_verbs[],
    crash_group_verbs[],
    deployment_verbs[],
    device_group_verbs[],
    device_mode_verbs[],
    device_verbs[],
    factory_verbs[],
    group_verbs[],
    handover_verbs[],
    hardware_definition_verbs[],
    image_package_verbs[],
    image_verbs[],
    key_verbs[],
    keystore_verbs[],
    local_device_verbs[],
    login_verbs[],
    manual_verbs[],
    mcu_verbs[],
    operator_verbs[],
    os_release_verbs[],
    os_rollout_verbs[],
    product_verbs[],
    role_verbs[],
    rollout_verbs[],
    root_verbs[],
    service_verbs[],
    support_verbs[],
    version_verbs[];

#endif
