/* SPDX-License-Identifier: BSD-2-Clause */
/* On the MCU nobody makes dumps yet (docs/spec/crash-dump.md, "Missing"): no key is fetched for them. */
#include "os/azured/dumps.h"

#include <string.h>

void dumps_init(struct dumps *dumps, int folder, const char *anchor)
{
    memset(dumps, 0, sizeof *dumps);
    dumps->folder = folder;
    dumps->anchor = anchor;
}

void dumps_release(struct dumps *dumps)
{
    (void)dumps;
}

void dumps_consent(struct dumps *dumps, const struct dump_consent *consent)
{
    (void)dumps;
    (void)consent;
}

int dumps_take(struct dumps *dumps, struct key_guard *keys, const struct os_message *message)
{
    (void)dumps;
    (void)keys;
    (void)message;
    return E_DENIED;
}

void dumps_work(struct dumps *dumps, struct service_link *service, uint64_t now_s)
{
    (void)dumps;
    (void)service;
    (void)now_s;
}
