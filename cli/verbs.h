/* SPDX-License-Identifier: BSD-2-Clause */
/* The verb tables, one per file. */
#ifndef PERI_CLI_VERBS_H
#define PERI_CLI_VERBS_H

#include "cli/command.h"

extern const struct verb catalog_verbs[], product_verbs[], device_group_verbs[], image_verbs[],
    deployment_verbs[], ca_certificate_verbs[], device_verbs[], factory_verbs[], os_release_verbs[],
    image_package_verbs[], key_verbs[], keystore_verbs[], service_verbs[], local_device_verbs[], attached_verbs[], device_mode_verbs[], mcu_verbs[],
    hardware_definition_verbs[], crash_group_verbs[], crash_dump_verbs[], role_verbs[], login_verbs[], operator_verbs[], audit_verbs[],
    completion_verbs[], manual_verbs[], group_verbs[], rollout_verbs[], os_rollout_verbs[], handover_verbs[], support_verbs[], version_verbs[];

#endif
