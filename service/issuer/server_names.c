/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/issuer/server_names.h"

#include <string.h>

#include "service/issuer/der.h"

bool server_name_good(const char *name)
{
    size_t len = strlen(name);
    return len > 0 && len <= SERVER_NAME_MAX && name[0] != '.' && name[0] != '-' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") == len;
}

struct span server_names_write(const char *const *names, size_t count, uint8_t *buffer, size_t cap)
{
    static const uint8_t v4[4] = {127, 0, 0, 1}, v6[16] = {[15] = 1};
    struct der d = der_of(buffer, cap);
    size_t mark = der_mark(&d);
    der_item(&d, 0x87, v6, sizeof v6);
    der_item(&d, 0x87, v4, sizeof v4);
    der_item(&d, 0x82, "localhost", 9);
    for (size_t i = count; i-- > 0;)
        der_item(&d, 0x82, names[i], strlen(names[i]));
    der_wrap(&d, DER_SEQUENCE, mark);
    return der_view(&d);
}
