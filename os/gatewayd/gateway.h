/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * State of gatewayd and what a handler gets.
 * Source: docs/spec/local-rest.md.  One thread, one connection at a time.
 * Rights: a monitor channel with QUERY and SIDELOAD, a root-of-trust channel with
 * SECURITY_STATE, a channel to the application manager, and its own folder.
 */
#ifndef PERI_OS_GATEWAYD_GATEWAY_H
#define PERI_OS_GATEWAYD_GATEWAY_H

#include "os/gatewayd/request.h"
#include "os/gatewayd/rest_error.h"
#include "os/ipc/monitor_client.h"
#include "os/ipc/os_channel.h"
#include "os/ipc/trust.h"

enum {
    GATEWAY_ANSWER_MAX = 65536,
    GATEWAY_BODY_MAX = 1024, /* of a request, except settings and packages */
    GATEWAY_SETTINGS_MAX = 2048, /* a proxy with all its limits used fits */
    GATEWAY_CERTIFICATE_MAX = 24576, /* certificate, key and password with all their limits used, line ends escaped */
    GATEWAY_PIECE_MAX = 3072, /* of a package: what the kernel of the MCU copies fits a page, as larger ones may be hard to find */
    GATEWAY_APP_WAIT_MS = 10000,
    GATEWAY_PROXY_WAIT_MS = 5000, /* for azured's word */
    GATEWAY_STATUS_WAIT_MS = 1000,
    GATEWAY_LOG_MAX = 49152, /* newest bytes of GET /log */
};

struct answer {
    int status;
    const char *type;
    struct writer body;
    bool restart; /* the device, once the answer is out */
};

struct gateway {
    struct monitor_client monitor;
    struct rot *rot;
    int channel;  /* to the application manager */
    int folder;   /* own, O_DIRECTORY */
    int log;      /* folder of the applications' logs, or -1 */
    int signals;  /* signalfd: readable = asked to end */
    bool attested; /* the manager says: the service has attested the OS */
    bool ending, broken; /* broken: a sibling is gone or out of step */

    struct {
        size_t count;
        struct os_app_status at[MONITOR_COMPONENTS_MAX];
    } apps; /* as the manager last said */

    struct {
        uint32_t handle, next; /* handle 0: nothing is open */
        bool verified;
        uint8_t component[16], image[16];
        size_t filled; /* bytes of block */
        uint8_t block[GATEWAY_PIECE_MAX];
    } stage;

    struct os_proxy_state proxy; /* as azured last said; its number: of our question */
    uint32_t proxy_number;       /* of our last question */

    /* refused requests: how many since the last report of one */
    uint64_t refused, reported_ms;

    size_t body_len;
    char argument[64]; /* what stood for the last part of the path; "" = nothing */
    struct os_cert_answer certificates; /* as azured last answered */
    uint32_t certificate_number;        /* of our last question */
    uint8_t body[GATEWAY_CERTIFICATE_MAX]; /* last: pages of it that no request needs are never touched */
};

/* Takes what the manager has said; waits at most wait_ms.  False when the channel is gone. */
bool gateway_listen(struct gateway *g, int wait_ms);
/* NULL: not present. */
const struct os_app_status *gateway_app(const struct gateway *g, const uint8_t component[static 16]);
int gateway_send(struct gateway *g, const struct os_message *message) MUST_CHECK;
/* Error of a monitor call that failed; marks the gateway broken when the channel is. */
uint32_t rest_of_monitor(struct gateway *g, int err);
/* The same for the root of trust; otherwise: what a refusal means here. */
uint32_t rest_of_rot(struct gateway *g, int err, uint32_t otherwise);
uint64_t gateway_now_ms(void);

/* Handlers: 0, or an enum rest_error (or category 7); the answer is theirs after 0. */
typedef uint32_t handler(struct gateway *g, struct answer *a);
handler device_capabilities, device_capabilities_store, device_capabilities_apply,
    device_capabilities_drop, device_capabilities_forget, device_security_state,
    device_manufacturing_state, device_manufacturing_set, device_status, device_os_version,
    device_abi_versions, device_restart;
handler app_status, app_status_all, app_control, app_quota, app_memory, app_remove;
handler update_install, update_images, update_staged;
handler net_status, net_interfaces, net_interface;
handler proxy_show, proxy_apply, proxy_delete;
handler certs_list, certs_space, certs_show, certs_add, certs_delete;
handler log_get;

/* Asks azured of the network proxy, or has it change it, and waits at most wait_ms for its word, which is in g->proxy
 * then.  proxy: with OS_PROXY_APPLY.  0, or why not. */
uint32_t proxy_ask(struct gateway *g, enum os_proxy_action action, const struct network_proxy *proxy, int wait_ms);

/* A body that is a package: pieces go to the monitor as they come. */
uint32_t update_stage_begin(struct gateway *g, uint64_t length);
uint32_t update_stage_piece(struct gateway *g, struct span bytes);
/* Drops what was not finished; what is verified stays staged. */
void update_stage_end(struct gateway *g);
/* At the start: the capability file that was stored, if there is one. */
void capabilities_restore(struct gateway *g);

#endif
