/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/ipc/oidc_ops.h"

#include <string.h>

#include "lib/cbor.h"

#define RECORD_STRUCT struct oidc_token
static const struct record_field token_fields[] = {R_BYTES(token, OIDC_TOKEN_MAX)};
const struct record_type oidc_token_type = {sizeof(RECORD_STRUCT), sizeof token_fields / sizeof token_fields[0],
                                            token_fields};
#undef RECORD_STRUCT

int oidc_identity_write(const struct oidc_identity *in, struct writer *w)
{
    cbor_put_array(w, 2);
    cbor_put_text(w, in->name, in->name_len);
    cbor_put_uint(w, in->not_after_s);
    return w->err;
}

int oidc_identity_parse(struct span payload, struct oidc_identity *out)
{
    struct cursor c = cursor_of(payload);
    memset(out, 0, sizeof *out);
    cbor_expect_array(&c, 2);
    struct span name = cbor_get_text(&c);
    uint64_t end = cbor_get_uint(&c);
    if (name.len == 0 || name.len > OIDC_NAME_MAX)
        cursor_fail(&c, E_LIMIT);
    for (size_t i = 0; i < name.len && i < OIDC_NAME_MAX; i++)
        if (name.at[i] < 0x20 || name.at[i] > 0x7e)
            cursor_fail(&c, E_MALFORMED);
    int err = cursor_end(&c);
    if (err)
        return err;
    memcpy(out->name, name.at, name.len);
    out->name_len = (uint16_t)name.len;
    out->not_after_s = end;
    return 0;
}
