/* SPDX-License-Identifier: BSD-2-Clause */
#include "pluton/testing/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pluton/testing/call.h"

const uint8_t device_tenant[16] = {0xca, 0x7a, 0x10, 0x60};

static void must(bool good, const char *rule)
{
    if (good)
        return;
    fprintf(stderr, "device: %s\n", rule);
    abort();
}

void device_init(struct device *d, uint32_t lifecycle)
{
    enum { ALL = PLUTON_RIGHT_ATTESTATION };
    static uint8_t room[FIXTURE_IMAGE_MAX];
    struct fuses fuses;
    struct image image;

    memset(d, 0, sizeof *d);
    fixture_init(&d->fixture);
    hal_memory_init(&d->hal, d->fixture.key[FIXTURE_ROOT].public_key);
    must(fuse_row_read(d->hal.row, &fuses) == 0, "fuses");
    fuses.lifecycle = lifecycle;
    must(fuse_row_write(&fuses, d->hal.row) == 0, "fuses");
    must(pluton_boot(&d->pluton, &d->hal) == 0, "boot");

    struct writer w = writer_of(room, sizeof room);
    fixture_keystore(&d->fixture, FIXTURE_ROOT, DEVICE_VERSION, &w);
    must(pluton_boot_keystore(&d->pluton, writer_view(&w)) == 0, "keystore");
    w = writer_of(room, sizeof room);
    fixture_image(&d->fixture, FIXTURE_OS, FIXTURE_OS, IMAGE_TYPE_SECURITY_MONITOR, DEVICE_VERSION,
                  span_of("monitor", 8), &w);
    must(pluton_boot_monitor(&d->pluton, writer_view(&w), &image) == 0, "monitor");

    const struct span tenant = span_of(device_tenant, sizeof device_tenant);
    must(device_call(d, ALL, PLUTON_GENERATE_CLIENT_AUTH_KEY, tenant) == 0, "generate");
    must(device_call(d, ALL, PLUTON_COMMIT_CLIENT_AUTH_KEY, tenant) == 0, "commit");
    must(device_call(d, ALL, PLUTON_GENERATE_CLIENT_AUTH_KEY, tenant) == 0, "generate");
}

void device_release(struct device *d)
{
    fixture_release(&d->fixture);
    hal_memory_release(&d->hal);
}

int device_datagram(struct device *d, uint32_t rights, struct span request)
{
    static struct pluton before;
    static struct hal hal_before;
    struct writer reply = writer_of(d->room, sizeof d->room);
    const uint16_t command = request.len >= 2 ? (uint16_t)(request.at[0] | request.at[1] << 8) : 0;

    memcpy(&before, &d->pluton, sizeof before);
    memcpy(&hal_before, &d->hal, sizeof hal_before);
    must(pluton_call(&d->pluton, rights, request, &reply) == 0, "always a reply");
    const int status = call_read(writer_view(&reply), command, &d->answer);
    must(status >= 0, "the reply is well-formed");
    must(!hal_memory_leaks(&d->hal, writer_view(&reply)), "a reply carries a private key");
    if (status != PLUTON_OK && status != PLUTON_HARDWARE) {
        must(memcmp(&before, &d->pluton, sizeof before) == 0,
             "a refused call changes no byte of state");
        must(memcmp(&hal_before, &d->hal, sizeof hal_before) == 0,
             "a refused call touches no fuse, key or noise");
    }
    if (status == PLUTON_HARDWARE) { /* its mark is in health and hardware_failed alone */
        before.health = d->pluton.health;
        before.hardware_failed = d->pluton.hardware_failed;
        must(memcmp(&before, &d->pluton, sizeof before) == 0, "a failed call changes nothing else");
    }
    return status;
}

int device_call(struct device *d, uint32_t rights, uint16_t command, struct span payload)
{
    static uint8_t request[CALL_DATAGRAM_MAX + 1];
    struct writer w = writer_of(request, sizeof request);
    call_write(&w, command, payload);
    must(w.err == 0, "request fits");
    return device_datagram(d, rights, writer_view(&w));
}
