/* SPDX-License-Identifier: BSD-2-Clause */
#include "pluton/host/noise.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/types.h>

int noise_read(uint8_t *at, size_t len)
{
    while (len > 0) {
        const ssize_t got = getrandom(at, len, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return E_ENTROPY;
        at += got;
        len -= (size_t)got;
    }
    return 0;
}
