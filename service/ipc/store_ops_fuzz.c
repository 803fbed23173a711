/* SPDX-License-Identifier: BSD-2-Clause */
/* Records of the store: the first byte picks the message.  What parses must be
 * written back to the same bytes: there is one encoding of each message. */
#include <stdlib.h>
#include <string.h>

#include "service/ipc/store_access_ops.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DEVICE_MESSAGES(X) \
    X(device_get) X(reference_get) X(device) X(references) X(attest) X(wanted_request) \
    X(wanted) X(image_read) X(image_bytes) X(image_address) X(image_found) X(report)

static void same(struct span payload, const struct writer *w)
{
    if (w->err || !span_equal(payload, writer_view(w)))
        abort();
}

#define DEVICE_ONE(name)                                                     \
    static void one_##name(struct span payload, struct writer *w)            \
    {                                                                        \
        static struct store_##name in;                                       \
        if (store_##name##_parse(payload, &in) == 0) {                       \
            (void)!store_##name##_write(&in, w);                             \
            same(payload, w);                                                \
        }                                                                    \
    }
DEVICE_MESSAGES(DEVICE_ONE)

static void (*const device_messages[])(struct span payload, struct writer *w) = {
#define DEVICE_ROW(name) one_##name,
    DEVICE_MESSAGES(DEVICE_ROW)
#undef DEVICE_ROW
};

static const struct record_type *const api_messages[] = {
#define API_ROW(name) &store_##name##_type,
    STORE_API_MESSAGE_TABLE(API_ROW) STORE_ACCESS_MESSAGE_TABLE(API_ROW)
#undef API_ROW
};

enum {
    DEVICE_COUNT = sizeof device_messages / sizeof device_messages[0],
    API_COUNT = sizeof api_messages / sizeof api_messages[0],
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    unsigned pick = data[0] % (DEVICE_COUNT + API_COUNT);
    struct span payload = span_of(data + 1, size - 1);
    uint8_t *bytes = malloc(size + 64);
    if (!bytes)
        abort();
    struct writer w = writer_of(bytes, size + 64);
    if (pick < DEVICE_COUNT) {
        device_messages[pick](payload, &w);
    } else {
        const struct record_type *type = api_messages[pick - DEVICE_COUNT];
        void *in = malloc(type->size);
        if (!in)
            abort();
        if (record_parse(type, payload, in) == 0) {
            (void)!record_write(type, in, &w);
            same(payload, &w);
        }
        free(in);
    }
    free(bytes);
    return 0;
}
