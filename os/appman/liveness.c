/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/appman/liveness.h"

#include <stdio.h>

static const bool is_asked[SERVICES] = {[SERVICE_NETWORKD] = true, [SERVICE_AZURED] = true};

void liveness_begin(struct manager *m, enum service_name which)
{
    m->service[which].ping = (struct ping){.due_ms = m->now_ms() + LIVENESS_EVERY_MS};
}

static void ask(struct manager *m, enum service_name which)
{
    struct ping *p = &m->service[which].ping;
    if (p->awaited && ++p->missed >= LIVENESS_MISSED_MAX) {
        fprintf(stderr, "application-manager: %s does not answer: killed\n", service_program(which));
        service_kill(m, which);
        return;
    }
    if (p->awaited)
        return;
    p->awaited = true;
    p->missed = 0;
    struct os_message message = {.kind = OS_PING, .fd = -1, .u.ping = ++p->number};
    /* Not sent, because its channel is full or gone: it owes the answer all the same. */
    (void)!os_channel_send(m->service[which].channel, &message, 0);
}

int64_t liveness_run(struct manager *m)
{
    int64_t now = m->now_ms(), next = INT64_MAX;
    for (unsigned i = 0; i < SERVICES && !m->ending; i++) {
        struct service *s = &m->service[i];
        if (!is_asked[i] || s->pid <= 0 || s->channel < 0)
            continue;
        if (s->ping.due_ms <= now) {
            s->ping.due_ms = now + LIVENESS_EVERY_MS;
            ask(m, (enum service_name)i);
        }
        if (s->ping.due_ms < next)
            next = s->ping.due_ms;
    }
    return next;
}

int liveness_answer(struct service *s, uint32_t number)
{
    if (!s->ping.awaited || number != s->ping.number)
        return E_MALFORMED;
    s->ping.awaited = false;
    s->ping.missed = 0;
    return 0;
}
