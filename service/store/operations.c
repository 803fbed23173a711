/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/store/operations.h"

#include "service/ipc/dump_ops.h"
#include "service/ipc/store_pki_ops.h"

enum {
    MESSAGE_MAX = 65536, /* any request without an image, a list of devices or a list of images */
    CLAIM_MAX = 131072,  /* 1000 device ids and a scope */
    IMAGE_MAX = STORE_IMAGE_BYTES_MAX + 4096,
};

#define ROW_AHEAD(name, peers, max, access, run, ahead) {STORE_OP_##name, #name, peers, max, ACCESS_##access, run, ahead}
#define ROW(name, peers, max, access, run) ROW_AHEAD(name, peers, max, access, run, NULL)

const struct store_operation store_operations[] = {
    ROW(DEVICE_GET, PEER_DAA, 128, READ, op_device_get),
    ROW(REFERENCE_GET, PEER_DAA, 128, READ, op_reference_get),
    ROW(ATTEST_RECORD, PEER_DAA, 1024, WRITE, op_attest_record),
    ROW_AHEAD(WANTED_GET, PEER_OTA, 4096, QUICK, op_wanted_get, &wanted_ahead),
    ROW(IMAGE_READ, PEER_OTA, 256, QUICK, op_image_read),
    ROW(IMAGE_ADDRESS, PEER_OTA, 64, QUICK, op_image_address),
    ROW(REPORT_ADD, PEER_REPORTS, 16384, WRITE, op_report_add),
    ROW(DUMP_CONSENT, PEER_REPORTS, 128, READ, op_dump_consent),
    ROW(DUMP_ADD, PEER_REPORTS, CRASH_DUMP_BYTES_MAX + 256, WRITE, op_dump_add),
    ROW(CATALOG_GET, PEER_API, MESSAGE_MAX, READ, op_catalog_get),
    ROW(CATALOG_LIST, PEER_API, MESSAGE_MAX, READ, op_catalog_list),
    ROW(CATALOG_PUT, PEER_API, MESSAGE_MAX, WRITE, op_catalog_put),
    ROW(CATALOG_DELETE, PEER_API, MESSAGE_MAX, WRITE, op_catalog_delete),
    ROW(RESOURCE_GROUP_GET, PEER_API, MESSAGE_MAX, READ, op_resource_group_get),
    ROW(RESOURCE_GROUP_LIST, PEER_API, MESSAGE_MAX, READ, op_resource_group_list),
    ROW(RESOURCE_GROUP_PUT, PEER_API, MESSAGE_MAX, WRITE, op_resource_group_put),
    ROW(RESOURCE_GROUP_DELETE, PEER_API, MESSAGE_MAX, WRITE, op_resource_group_delete),
    ROW(SUBSCRIPTION_GET, PEER_API, MESSAGE_MAX, READ, op_subscription_get),
    ROW(SUBSCRIPTION_LIST, PEER_API, MESSAGE_MAX, READ, op_subscription_list),
    ROW(ROLLOUT_GET, PEER_API, MESSAGE_MAX, READ, op_rollout_get),
    ROW(ROLLOUT_LIST, PEER_API, MESSAGE_MAX, READ, op_rollout_list),
    ROW(ROLLOUT_PUT, PEER_API, MESSAGE_MAX, WRITE, op_rollout_put),
    ROW(ROLLOUT_STATE, PEER_API, MESSAGE_MAX, WRITE, op_rollout_state),
    ROW(OS_ROLLOUT_GET, PEER_API, MESSAGE_MAX, READ, op_os_rollout_get),
    ROW(OS_ROLLOUT_LIST, PEER_API, MESSAGE_MAX, READ, op_os_rollout_list),
    ROW(OS_ROLLOUT_PUT, PEER_API, MESSAGE_MAX, WRITE, op_os_rollout_put),
    ROW(OS_ROLLOUT_STATE, PEER_API, MESSAGE_MAX, WRITE, op_os_rollout_state),
    ROW(DEVICE_RELEASE, PEER_API, MESSAGE_MAX, WRITE, op_device_release),
    ROW(DEVICE_KEEP, PEER_API, MESSAGE_MAX, WRITE, op_device_keep),
    ROW(DEVICE_TAKE, PEER_API, MESSAGE_MAX, WRITE, op_device_take),
    ROW(PRODUCT_GET, PEER_API, MESSAGE_MAX, READ, op_product_get),
    ROW(PRODUCT_LIST, PEER_API, MESSAGE_MAX, READ, op_product_list),
    ROW(PRODUCT_PUT, PEER_API, MESSAGE_MAX, WRITE, op_product_put),
    ROW(PRODUCT_DELETE, PEER_API, MESSAGE_MAX, WRITE, op_product_delete),
    ROW(PRODUCT_DEFAULTS, PEER_API, MESSAGE_MAX, WRITE, op_product_defaults),
    ROW(GROUP_GET, PEER_API, MESSAGE_MAX, READ, op_group_get),
    ROW(GROUP_LIST, PEER_API, MESSAGE_MAX, READ, op_group_list),
    ROW(GROUP_PUT, PEER_API, MESSAGE_MAX, WRITE, op_group_put),
    ROW(GROUP_DELETE, PEER_API, MESSAGE_MAX, WRITE, op_group_delete),
    ROW(DEPLOYMENT_GET, PEER_API, MESSAGE_MAX, READ, op_deployment_get),
    ROW(DEPLOYMENT_LIST, PEER_API, MESSAGE_MAX, READ, op_deployment_list),
    ROW(DEPLOYMENT_PUT, PEER_API, MESSAGE_MAX, WRITE, op_deployment_put),
    ROW(DEPLOYMENT_DELETE, PEER_API, MESSAGE_MAX, WRITE, op_deployment_delete),
    ROW(DEVICE_SHOW, PEER_API, MESSAGE_MAX, READ, op_device_show),
    ROW(DEVICE_LIST, PEER_API, MESSAGE_MAX, READ, op_device_list),
    ROW(DEVICE_COUNT, PEER_API, MESSAGE_MAX, READ, op_device_count),
    ROW(DEVICE_REGISTER, PEER_API, MESSAGE_MAX, WRITE, op_device_register),
    ROW(DEVICE_CLAIM, PEER_API, CLAIM_MAX, WRITE, op_device_claim),
    ROW(DEVICE_MOVE, PEER_API, MESSAGE_MAX, WRITE, op_device_move),
    ROW(DEVICE_UNASSIGN, PEER_API, MESSAGE_MAX, WRITE, op_device_unassign),
    ROW(IMAGE_GET, PEER_API, MESSAGE_MAX, READ, op_image_get),
    ROW(IMAGE_LIST, PEER_API, MESSAGE_MAX, READ, op_image_list),
    ROW(IMAGE_PUT, PEER_API, IMAGE_MAX, WRITE, op_image_put),
    ROW(IMAGE_DELETE, PEER_API, MESSAGE_MAX, WRITE, op_image_delete),
    ROW(RELEASE_GET, PEER_API, MESSAGE_MAX, READ, op_release_get),
    ROW(RELEASE_LIST, PEER_API, MESSAGE_MAX, READ, op_release_list),
    ROW(RELEASE_PUT, PEER_API, MESSAGE_MAX, WRITE, op_release_put),
    ROW(INSIGHT_LIST, PEER_API, MESSAGE_MAX, READ, op_insight_list),
    ROW(CRASH_GROUP_LIST, PEER_API, MESSAGE_MAX, READ, op_crash_group_list),
    ROW(CRASH_GROUP_GET, PEER_API, MESSAGE_MAX, READ, op_crash_group_get),
    ROW(CRASH_DEVICE_LIST, PEER_API, MESSAGE_MAX, READ, op_crash_device_list),
    ROW(DUMP_LIST, PEER_API, MESSAGE_MAX, READ, op_dump_list),
    ROW(DUMP_GET, PEER_API, MESSAGE_MAX, READ, op_dump_get),
    ROW(DUMP_READ, PEER_API, MESSAGE_MAX, WRITE, op_dump_read),
    ROW(DUMP_DELETE, PEER_API, MESSAGE_MAX, WRITE, op_dump_delete),
    ROW(OPERATION_GET, PEER_API, MESSAGE_MAX, READ, op_operation_get),
    ROW(OPERATION_BEGIN, PEER_API, IMAGE_MAX + 2 * MESSAGE_MAX, WRITE, op_operation_begin),
    ROW(OPERATION_END, PEER_API, MESSAGE_MAX, WRITE, op_operation_end),
    ROW(OPERATION_RUN, PEER_API, 64, WRITE, op_operation_run),
    ROW(OPERATION_DUE, PEER_API, 64, READ, op_operation_due),
    ROW(OPERATION_TAKE, PEER_API, 64, WRITE, op_operation_take),
    ROW(OPERATION_HOLD, PEER_API, 64, WRITE, op_operation_hold),
    ROW(AUTHORIZE, PEER_API, MESSAGE_MAX, WRITE, op_authorize),
    ROW(ASK, PEER_API, IMAGE_MAX + MESSAGE_MAX, WRITE, op_ask),
    ROW(AUDIT_ADD, PEER_API, MESSAGE_MAX, WRITE, op_audit_add),
    ROW(AUDIT_LIST, PEER_API, MESSAGE_MAX, READ, op_audit_list),
    ROW(AUDIT_HEAD, PEER_API, MESSAGE_MAX, READ, op_audit_head),
    ROW(AUDIT_PRUNE, PEER_API, MESSAGE_MAX, WRITE, op_audit_prune),
    ROW(CHECKPOINT_LIST, PEER_API, MESSAGE_MAX, READ, op_checkpoint_list),
    ROW(ROLE_LIST, PEER_API, MESSAGE_MAX, READ, op_role_list),
    ROW(ROLE_GET, PEER_API, MESSAGE_MAX, READ, op_role_get),
    ROW(ROLE_PUT, PEER_API, MESSAGE_MAX, WRITE, op_role_put),
    ROW(ROLE_DELETE, PEER_API, MESSAGE_MAX, WRITE, op_role_delete),
    ROW(CA_GET, PEER_ISSUER, 64, READ, op_ca_get),
    ROW(CA_PUT, PEER_ISSUER, 8192, WRITE, op_ca_put),
    ROW(CA_DUE, PEER_ISSUER, 64, READ, op_ca_due),
    ROW(CA_PAGE, PEER_ISSUER, 64, READ, op_ca_page),
    ROW(CA_RESEAL, PEER_ISSUER, MESSAGE_MAX, WRITE, op_ca_reseal),
    ROW(WRAP_CHANGED, PEER_ISSUER, 64, WRITE, op_wrap_changed),
    ROW(CA_ACTIVATE, PEER_API, MESSAGE_MAX, WRITE, op_ca_activate),
    ROW(CA_REVOKE, PEER_API, MESSAGE_MAX, WRITE, op_ca_revoke),
    ROW(DEVICE_REVOKE, PEER_API, MESSAGE_MAX, WRITE, op_device_revoke),
    ROW(OPERATOR_REVOKE, PEER_API, MESSAGE_MAX, WRITE, op_operator_revoke),
    ROW(REVOKED_LIST, PEER_API, MESSAGE_MAX, READ, op_revoked_list),
    ROW(REVOKED_DEVICE_LIST, PEER_API, MESSAGE_MAX, READ, op_revoked_device_list),
    ROW(REVOKED_DEVICE_GET, PEER_API, MESSAGE_MAX, READ, op_revoked_device_get),
    ROW(CRL_GET, PEER_API, 512, READ, op_crl_get),
    ROW(CRL_ENTRIES, PEER_ISSUER, 512, READ, op_crl_entries),
    ROW(CRL_PUT, PEER_ISSUER, STORE_CRL_BYTES_MAX + 512, WRITE, op_crl_put),
    ROW(STATUS, PEER_API, MESSAGE_MAX, READ, op_status),
};

const size_t store_operation_count = sizeof store_operations / sizeof store_operations[0];

bool operation_is_direct(uint16_t number)
{
    static const uint16_t direct[] = {
        STORE_OP_AUTHORIZE, STORE_OP_ASK, STORE_OP_AUDIT_ADD, STORE_OP_AUDIT_HEAD, STORE_OP_CRL_GET,
        STORE_OP_OPERATION_BEGIN, STORE_OP_OPERATION_RUN, STORE_OP_OPERATION_END, STORE_OP_OPERATION_DUE,
        STORE_OP_OPERATION_TAKE,  STORE_OP_OPERATION_HOLD,
    };
    for (size_t i = 0; i < sizeof direct / sizeof direct[0]; i++)
        if (direct[i] == number)
            return true;
    return false;
}

int operation_find(unsigned peer, uint16_t number, const struct store_operation **found)
{
    *found = NULL;
    for (size_t i = 0; i < store_operation_count; i++)
        if (store_operations[i].number == number && (store_operations[i].peers & peer)) {
            *found = &store_operations[i];
            return 0;
        }
    return E_DENIED;
}
