/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * device.conf: how this machine wants its device run.
 * Source: docs/spec/compartment.md section 6.  One JSON object (RFC 8259);
 * an unknown or repeated key, a wrong type or a value out of range is refused,
 * because a setting that is silently ignored is a hole.
 *
 *   service_url        text, needed by azured; 1..511 characters
 *   trust_anchor       text, path of a PEM file, needed by azured
 *   restart_delay_ms   1..60000, default 1000: base of the back-off
 *   app_memory_kib     0 (default: no limit) or 256..4194304
 *   uid_base           1000..2000000000, default 61200: applications use
 *                      uid_base .. uid_base + UID_MAP_MAX - 1
 *   update_notice_ms   100..600000, default 10000: for applications to react to the first and to
 *                      the last notice of an update
 *   trial_ms           1000..1200000, default 1200000: a system on trial that is not well by then restarts
 *                      the device
 *   service_interface  text, where gatewayd listens: address, or address:port (443).  Without
 *                      it there is no local interface
 *   allow_missing      array of names of enum part that may be missing here
 */
#ifndef PERI_OS_CONFIG_DEVICE_CONF_H
#define PERI_OS_CONFIG_DEVICE_CONF_H

#include "lib/cursor.h"

/* What a compartment is made of.  "namespaces" cannot be missing: without them
 * an application would have no root of its own. */
#define PART_TABLE(X)                   \
    X(UID, "uid")                       \
    X(NAMESPACES, "namespaces")         \
    X(LANDLOCK, "landlock")             \
    X(SECCOMP, "seccomp")               \
    X(CGROUP_MEMORY, "cgroup-memory")   \
    X(NETWORK_FILTER, "network-filter")

enum part {
#define PART_ENUM(name, text) PART_##name,
    PART_TABLE(PART_ENUM)
#undef PART_ENUM
    PARTS
};

const char *part_name(enum part part);

enum {
    DEVICE_CONF_BYTES_MAX = 16384,
    DEVICE_CONF_TEXT_MAX = 511,
    DEVICE_CONF_UID_MIN = 1000,
    DEVICE_CONF_UID_MAX = 2000000000,
};

struct device_conf {
    char service_url[DEVICE_CONF_TEXT_MAX + 1];
    char trust_anchor[DEVICE_CONF_TEXT_MAX + 1];
    char service_interface[DEVICE_CONF_TEXT_MAX + 1];
    uint32_t restart_delay_ms;
    uint32_t app_memory_kib;
    uint32_t uid_base;
    uint32_t update_notice_ms;
    uint32_t trial_ms;
    unsigned allow_missing; /* bit 1 << enum part */
};

/* 0, E_MALFORMED, E_DUPLICATE, E_LIMIT, E_UNSUPPORTED (a key or part that does
 * not exist), E_MORE, E_TRAILING.  The defaults on failure. */
int device_conf_parse(struct span text, struct device_conf *conf) MUST_CHECK;
/* Port of service_url, 443 when it names none; 0 when there is no service_url or its port is none. */
uint16_t device_conf_service_port(const struct device_conf *conf);

#endif
