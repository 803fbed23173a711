/* SPDX-License-Identifier: BSD-2-Clause */
/* Routes about the device itself: identity, life-cycle, capabilities, versions, restart. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "abi/image.h"
#include "lib/guid.h"
#include "lib/hex.h"
#include "os/gatewayd/body.h"
#include "os/gatewayd/json_write.h"
#include "os/gatewayd/store.h"

static const char *const lifecycle_names[LIFECYCLE_COUNT] = {
#define LIFECYCLE_NAME(name, number, text) [LIFECYCLE_##name] = text,
    LIFECYCLE_TABLE(LIFECYCLE_NAME)
#undef LIFECYCLE_NAME
};

static uint32_t nothing(struct answer *a)
{
    writer_bytes(&a->body, "{}", 2);
    return 0;
}

/* -- capabilities ---------------------------------------------------------------- */

uint32_t device_capabilities(struct gateway *g, struct answer *a)
{
    uint16_t list[CAPABILITY_SLOTS];
    int err = rot_capabilities(g->rot, list);
    if (err)
        return rest_of_rot(g, err, REST_INTERNAL);
    struct json_writer j = json_writer_of(&a->body);
    json_open(&j, '{');
    json_name(&j, "device_capabilities");
    json_open(&j, '[');
    for (size_t i = 0; i < CAPABILITY_SLOTS; i++)
        if (list[i])
            json_uint(&j, list[i]);
    json_close(&j);
    json_close(&j);
    return 0;
}

/* Which images may run depends on them: the manager looks again. */
static uint32_t apply(struct gateway *g, struct span file)
{
    struct os_message changed = {.kind = OS_CHANGED, .fd = -1};
    int err = rot_capabilities_apply(g->rot, file);
    if (err)
        return rest_of_rot(g, err, REST_INVALID_CAPABILITY);
    return gateway_send(g, &changed) ? REST_INTERNAL : 0;
}

uint32_t device_capabilities_apply(struct gateway *g, struct answer *a)
{
    uint32_t error = g->body_len == CAPABILITY_FILE_BYTES ? apply(g, span_of(g->body, g->body_len))
                                                          : REST_INVALID_CAPABILITY;
    return error ? error : device_capabilities(g, a);
}

uint32_t device_capabilities_store(struct gateway *g, struct answer *a)
{
    /* First in force, which checks it; only what is good is kept. */
    uint32_t error = device_capabilities_apply(g, a);
    if (!error && store_write(g->folder, STORE_CAPABILITY, span_of(g->body, g->body_len)))
        error = REST_INTERNAL;
    return error;
}

uint32_t device_capabilities_drop(struct gateway *g, struct answer *a)
{
    uint32_t error = apply(g, span_of(NULL, 0));
    return error ? error : device_capabilities(g, a);
}

uint32_t device_capabilities_forget(struct gateway *g, struct answer *a)
{
    if (store_remove(g->folder, STORE_CAPABILITY))
        return REST_INTERNAL;
    return device_capabilities_drop(g, a);
}

void capabilities_restore(struct gateway *g)
{
    uint8_t file[CAPABILITY_FILE_BYTES + 1];
    size_t len;
    int err = store_read(g->folder, STORE_CAPABILITY, file, sizeof file, &len);
    if (err == E_NOT_FOUND)
        return;
    if (!err && len != CAPABILITY_FILE_BYTES)
        err = E_LENGTH;
    uint32_t error = err ? REST_INVALID_CAPABILITY : apply(g, span_of(file, len));
    if (error) /* kept: a keystore that does not know its key may be replaced again */
        fprintf(stderr, "gatewayd: stored capability file is not taken: error %u\n", (unsigned)error);
}

/* -- identity and life-cycle ------------------------------------------------------- */

uint32_t device_security_state(struct gateway *g, struct answer *a)
{
    struct rot_identity id;
    char hex[2 * sizeof id.device_id + 1];
    int err = rot_identity(g->rot, &id);
    if (err)
        return rest_of_rot(g, err, REST_INTERNAL);
    hex_encode(id.device_id, sizeof id.device_id, hex);
    struct json_writer j = json_writer_of(&a->body);
    json_open(&j, '{');
    json_member_text(&j, "securityState", id.lifecycle == LIFECYCLE_BLANK ? "BLANK" : "SECURE");
    json_member_text(&j, "deviceIdentifier", hex);
    json_member_text(&j, "deviceIdentityPublicKey", hex);
    json_close(&j);
    return 0;
}

uint32_t device_manufacturing_state(struct gateway *g, struct answer *a)
{
    struct rot_identity id;
    int err = rot_identity(g->rot, &id);
    if (err)
        return rest_of_rot(g, err, REST_INTERNAL);
    struct json_writer j = json_writer_of(&a->body);
    json_open(&j, '{');
    json_member_text(&j, "manufacturingState", lifecycle_names[id.lifecycle]);
    json_close(&j);
    return 0;
}

uint32_t device_manufacturing_set(struct gateway *g, struct answer *a)
{
    char name[32];
    uint32_t error = body_text(g, "manufacturingState", name, sizeof name);
    if (error)
        return error;
    for (unsigned i = LIFECYCLE_MODULE1_COMPLETE; i < LIFECYCLE_COUNT; i++)
        if (strcmp(name, lifecycle_names[i]) == 0) {
            int err = rot_lifecycle_set(g->rot, (enum lifecycle)i);
            return err ? rest_of_rot(g, err, REST_STATE_IS_FINAL) : device_manufacturing_state(g, a);
        }
    return REST_INVALID_JSON_DATA;
}

/* -- versions, up-time, restart --------------------------------------------------- */

uint32_t device_status(struct gateway *g, struct answer *a)
{
    struct timespec t;
    (void)g;
    clock_gettime(CLOCK_BOOTTIME, &t);
    struct json_writer j = json_writer_of(&a->body);
    json_open(&j, '{');
    json_member_uint(&j, "uptime", (uint64_t)t.tv_sec);
    json_close(&j);
    return 0;
}

/* The image of the OS that runs: the service's list of releases says more of it. */
uint32_t device_os_version(struct gateway *g, struct answer *a)
{
    struct monitor_components set;
    char id[GUID_TEXT_BYTES] = "";
    int err = monitor_get_components(&g->monitor, &set);
    if (err)
        return rest_of_monitor(g, err);
    for (size_t i = 0; i < set.count; i++)
        if (set.at[i].type == IMAGE_TYPE_SERVICES)
            guid_format(set.at[i].image, id);
    struct json_writer j = json_writer_of(&a->body);
    json_open(&j, '{');
    json_member_text(&j, "osversion", id);
    json_close(&j);
    return 0;
}

uint32_t device_abi_versions(struct gateway *g, struct answer *a)
{
    static const char *const names[] = {[IMAGE_IDENTITY_SECURE_WORLD_RUNTIME] = "SecureWorldRuntime",
                                        [IMAGE_IDENTITY_OS_RUNTIME] = "OSRuntime",
                                        [IMAGE_IDENTITY_APPLICATION_RUNTIME] = "ApplicationRuntime"};
    struct monitor_abi abi;
    int err = monitor_get_abi(&g->monitor, &abi);
    if (err)
        return rest_of_monitor(g, err);
    struct json_writer j = json_writer_of(&a->body);
    json_open(&j, '{');
    for (size_t i = 0; i < abi.count; i++)
        if (abi.at[i].type < sizeof names / sizeof *names && names[abi.at[i].type])
            json_member_uint(&j, names[abi.at[i].type], abi.at[i].version);
    json_close(&j);
    return 0;
}

uint32_t device_restart(struct gateway *g, struct answer *a)
{
    (void)g;
    a->restart = true;
    return nothing(a);
}
