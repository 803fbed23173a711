/* SPDX-License-Identifier: BSD-2-Clause */
/* First byte chooses the method; what matches must keep the promises of routes.h. */
#include <stdlib.h>
#include <string.h>

#include "service/api/routes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct route_match match;
    if (size == 0)
        return 0;
    if (route_find((enum route_method)(data[0] % 6), span_of(data + 1, size - 1), &match) != 0)
        return 0;
    if (!match.route || !match.path_known || match.param_count > HTTP_PARAMS_MAX)
        abort();
    for (unsigned i = 0; i < match.param_count; i++) {
        size_t len = strnlen(match.param[i], 256);
        if (len == 0 || len > 255 || strchr(match.param[i], '/'))
            abort();
        for (size_t k = 0; k < len; k++)
            if ((uint8_t)match.param[i][k] < 0x20)
                abort();
    }
    return 0;
}
