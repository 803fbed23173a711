/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/networkd/filter.h"

#include <stdio.h>
#include <stdlib.h>

#include <nftables/libnftables.h>

#include "os/networkd/filter_nft_text.h"

struct filter {
    struct nft_ctx *nft;
    struct filter_setup setup;
    char text[FILTER_TEXT_MAX];
};

struct filter *filter_new(const struct filter_setup *setup)
{
    struct filter *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->setup = *setup;
    f->nft = nft_ctx_new(NFT_CTX_DEFAULT);
    if (!f->nft || nft_ctx_buffer_error(f->nft) || nft_ctx_buffer_output(f->nft)) {
        filter_free(f);
        return NULL;
    }
    return f;
}

void filter_free(struct filter *filter)
{
    if (!filter)
        return;
    if (filter->nft)
        nft_ctx_free(filter->nft);
    free(filter);
}

static int run(struct filter *filter, struct writer *w)
{
    writer_u8(w, 0);
    if (w->err)
        return w->err;
    if (nft_run_cmd_from_buffer(filter->nft, (const char *)w->at) == 0)
        return 0;
    const char *text = nft_ctx_get_error_buffer(filter->nft);
    fprintf(stderr, "networkd: nftables: %.200s\n", text && *text ? text : "no detail");
    return E_UNSUPPORTED;
}

int filter_begin(struct filter *filter)
{
    struct writer w = writer_of(filter->text, sizeof filter->text);
    filter_text_table(&w, filter->setup.uid_base, filter->setup.uid_count);
    return run(filter, &w);
}

int filter_set(struct filter *filter, const struct os_policy *policy,
               const struct os_addresses *addresses)
{
    struct writer w = writer_of(filter->text, sizeof filter->text);
    filter_text_policy(&w, filter->setup.uid_base, policy, addresses);
    return run(filter, &w);
}

int filter_remove(struct filter *filter, uint32_t uid)
{
    struct writer w = writer_of(filter->text, sizeof filter->text);
    filter_text_remove(&w, filter->setup.uid_base, uid);
    return run(filter, &w);
}

int filter_end(struct filter *filter)
{
    struct writer w = writer_of(filter->text, sizeof filter->text);
    filter_text_end(&w, filter->setup.uid_base);
    return run(filter, &w);
}
