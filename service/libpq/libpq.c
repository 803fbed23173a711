/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/libpq/libpq.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    size_t offset;
} functions[] = {
#define LIBPQ_ROW(function) {#function, offsetof(struct libpq, function)},
    LIBPQ_TABLE(LIBPQ_ROW)
#undef LIBPQ_ROW
};

int libpq_load(const struct libpq **libpq)
{
    static struct libpq table;
    static bool loaded;
    *libpq = &table;
    if (loaded)
        return 0;
    void *library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
    for (size_t i = 0; library && i < sizeof functions / sizeof functions[0]; i++) {
        void *function = dlsym(library, functions[i].name);
        if (!function)
            library = NULL;
        else
            memcpy((char *)&table + functions[i].offset, &function, sizeof function);
    }
    loaded = library != NULL;
    if (loaded)
        return 0;
    fprintf(stderr, "store: a PostgreSQL database needs the library libpq (Debian package libpq5): %s\n", dlerror());
    return E_UNSUPPORTED;
}
