/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "machine/probe.h"

#include "chardev/char-fe.h"
#include "cpu.h"
#include "exec/address-spaces.h"
#include "hw/qdev-properties.h"
#include "hw/qdev-properties-system.h"
#include "hw/sysbus.h"
#include "machine/initiator.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "sysemu/qtest.h"
#include "sysemu/runstate.h"

enum { LINE_MAX_BYTES = 128 };

struct ProbeState {
    SysBusDevice parent_obj;

    CharBackend line_in;
    char line[LINE_MAX_BYTES];
    unsigned length;
    char answer[LINE_MAX_BYTES]; /* held back until the chip has been reset */
    bool waiting;
    QEMUBH *after_reset;
};

static const struct {
    enum mt3620_initiator initiator;
    enum mt3620_core core;
    ARMASIdx space;
    bool secure;
} initiators[] = {
    { MT3620_A7_SECURE, CORE_A7, ARMASIdx_S, true },
    { MT3620_A7_NORMAL, CORE_A7, ARMASIdx_NS, false },
    { MT3620_IO0, CORE_IO0, ARMASIdx_NS, false },
    { MT3620_IO1, CORE_IO1, ARMASIdx_NS, false },
    { MT3620_PLUTON, CORE_PLUTON, ARMASIdx_NS, false },
};

static void answer_send(ProbeState *s)
{
    qemu_chr_fe_write_all(&s->line_in, (const uint8_t *)s->answer, (int)strlen(s->answer));
    s->waiting = false;
    qemu_chr_fe_accept_input(&s->line_in);
}

static bool number(const char *text, int base, uint64_t *value)
{
    return text && qemu_strtou64(text, NULL, base, value) == 0;
}

static void access_run(ProbeState *s, char **word, unsigned words)
{
    bool write = word[0][0] == 'w';
    uint64_t width, addr, value = 0;

    if (words != (write ? 5u : 4u) || !number(word[2], 16, &width) ||
        !number(word[3], 16, &addr) || addr > UINT32_MAX ||
        (width != 1 && width != 2 && width != 4) || (write && !number(word[4], 16, &value))) {
        return;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(initiators); i++) {
        AddressSpace *space =
            cpu_get_address_space(qemu_get_cpu(initiators[i].core), initiators[i].space);
        MemTxAttrs attrs = {
            .secure = initiators[i].secure,
            .requester_id = (uint16_t)(initiators[i].initiator + 1),
        };
        uint8_t bytes[4];

        if (strcmp(word[1], initiator_name(initiators[i].initiator)) != 0) {
            continue;
        }
        stn_le_p(bytes, (int)width, value);
        if (address_space_rw(space, addr, attrs, bytes, width, write) != MEMTX_OK) {
            pstrcpy(s->answer, sizeof(s->answer), "refused\n");
        } else if (write) {
            pstrcpy(s->answer, sizeof(s->answer), "ok\n");
        } else {
            snprintf(s->answer, sizeof(s->answer), "ok %" PRIx64 "\n",
                     ldn_le_p(bytes, (int)width));
        }
        return;
    }
}

static void discard(void *opaque, const char *text)
{
}

static void step_run(ProbeState *s, char **word, unsigned words)
{
    g_autofree char *order = NULL;
    uint64_t ns;

    if (words != 2 || !number(word[1], 10, &ns) || !qtest_enabled()) {
        return;
    }
    /* QEMU's own test clock; its answer is not ours. */
    order = g_strdup_printf("clock_step %" PRIu64 "\n", ns);
    qtest_server_set_send_handler(discard, NULL);
    qtest_server_inproc_recv(NULL, order);
    pstrcpy(s->answer, sizeof(s->answer), "ok\n");
}

static void line_run(ProbeState *s)
{
    g_auto(GStrv) word = g_strsplit(s->line, " ", 8);
    unsigned words = g_strv_length(word);

    pstrcpy(s->answer, sizeof(s->answer), "bad\n");
    s->waiting = true;
    if (words > 0 && (strcmp(word[0], "r") == 0 || strcmp(word[0], "w") == 0)) {
        access_run(s, word, words);
    } else if (words == 1 && strcmp(word[0], "reset") == 0) {
        pstrcpy(s->answer, sizeof(s->answer), "ok\n");
        qemu_system_reset_request(SHUTDOWN_CAUSE_HOST_QMP_SYSTEM_RESET);
    } else if (words > 0 && strcmp(word[0], "step") == 0) {
        step_run(s, word, words);
    }
    if (!qemu_reset_requested_get()) {
        answer_send(s);
    }
}

static int probe_can_read(void *opaque)
{
    ProbeState *s = opaque;

    return s->waiting ? 0 : 1;
}

static void probe_read(void *opaque, const uint8_t *byte, int size)
{
    ProbeState *s = opaque;

    if (*byte != '\n') {
        if (s->length < LINE_MAX_BYTES - 1) {
            s->line[s->length++] = (char)*byte;
        }
        return;
    }
    s->line[s->length] = '\0';
    s->length = 0;
    line_run(s);
}

static void probe_after_reset(void *opaque)
{
    ProbeState *s = opaque;

    if (s->waiting) {
        answer_send(s);
    }
}

/* Other blocks may still be due in this same reset, so the answer waits for the main loop. */
static void probe_reset(DeviceState *dev)
{
    qemu_bh_schedule(MT3620_PROBE_DEVICE(dev)->after_reset);
}

static void probe_realize(DeviceState *dev, Error **errp)
{
    ProbeState *s = MT3620_PROBE_DEVICE(dev);

    s->after_reset = qemu_bh_new(probe_after_reset, s);
    qemu_chr_fe_set_handlers(&s->line_in, probe_can_read, probe_read, NULL, NULL, s, NULL, true);
}

static Property probe_properties[] = {
    DEFINE_PROP_CHR("chardev", ProbeState, line_in),
    DEFINE_PROP_END_OF_LIST(),
};

static void probe_class_init(ObjectClass *class, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(class);

    dc->realize = probe_realize;
    dc->reset = probe_reset;
    dc->user_creatable = false;
    device_class_set_props(dc, probe_properties);
}

static const TypeInfo probe_types[] = {
    {
        .name = TYPE_MT3620_PROBE_DEVICE,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(ProbeState),
        .class_init = probe_class_init,
    },
};

DEFINE_TYPES(probe_types)
