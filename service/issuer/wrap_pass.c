/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/issuer/wrap_pass.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/guid.h"

void wrap_pass_begin(struct wrap_pass *pass) { *pass = (struct wrap_pass){.after = {.first = true}}; }

static bool is_closed(int err) { return err == E_KEY_UNKNOWN || err == E_CORRUPT || err == E_VERSION; }

static int page_take(struct wrap_pass *pass, struct wrap_ring *ring, struct store_ca_page *page,
                     struct wrap_pass_page *out)
{
    for (uint32_t i = 0; i < page->count; i++) {
        char guid[GUID_TEXT_BYTES];
        bool resealed;
        struct store_ca *ca = &page->at[i];
        int err = catalog_record_reseal(ring, ca, out->sealed[out->cas.count], &resealed);
        if (is_closed(err)) {
            guid_format(ca->tenant, guid);
            fprintf(stderr, "issuer: CA %" PRIu64 " of catalog %s is left as it was sealed: %s\n", ca->number, guid, err_text(err));
            pass->unopened++;
        } else if (err) {
            return err;
        }
        if (resealed)
            out->cas.at[out->cas.count++] = *ca;
    }
    return 0;
}

int wrap_pass_step(struct wrap_pass *pass, struct wrap_ring *ring, struct span reply, struct wrap_pass_page *out,
                   bool *done)
{
    struct store_ca_page *page = malloc(sizeof *page);
    *done = false;
    out->cas.count = 0;
    int err = page ? record_parse(&store_ca_page_type, reply, page) : E_NOMEM;
    if (!err && pass->seen + page->count > page->total)
        err = E_CONFLICT; /* it would never end */
    if (!err)
        err = page_take(pass, ring, page, out);
    if (!err) {
        *done = page->count == 0;
        pass->total = page->total;
        pass->seen += page->count;
        pass->resealed += out->cas.count;
    }
    if (!err && page->count) {
        const struct store_ca *last = &page->at[page->count - 1];
        pass->after = (struct store_ca_after){.number = last->number};
        memcpy(pass->after.tenant, last->tenant, sizeof pass->after.tenant);
    }
    free(page);
    return err;
}
