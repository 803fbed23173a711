/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/verbs.h"

#include "cli/attached.h"
#include "cli/attached_find.h"
#include "cli/profile.h"

const struct verb *const verb_tables[] = {
    service_verbs,      config_verbs,      login_verbs,     factory_verbs,        catalog_verbs,
    account_verbs, group_verbs, rollout_verbs, os_rollout_verbs, handover_verbs,
    product_verbs,      device_group_verbs, device_verbs,        local_device_verbs,
    attached_find_verbs, attached_verbs, attached_app_verbs, attached_network_verbs, attached_wifi_verbs,
    attached_certificate_verbs, device_mode_verbs,
    mcu_verbs,          operator_verbs,    role_verbs,           audit_verbs,
    crash_group_verbs, crash_dump_verbs,
    image_verbs,        deployment_verbs,  ca_certificate_verbs, os_release_verbs,
    image_package_verbs, hardware_definition_verbs, key_verbs,        keystore_verbs,       completion_verbs,
    manual_verbs,       support_verbs, version_verbs,      NULL,
};
