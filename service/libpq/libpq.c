/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/libpq/libpq.h"

#include <dlfcn.h>
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

const char *const libpq_file_options[LIBPQ_FILE_OPTIONS] = {"sslrootcert", "sslcert", "sslkey", "sslcrl", "sslcrldir", "passfile"};

bool libpq_file_is_relative(const PQconninfoOption *option)
{
    const char *name = option->val;
    if (!name || !*name || *name == '/' || strcmp(name, "system") == 0) /* what OpenSSL trusts, from libpq 16 on */
        return false;
    for (size_t i = 0; i < LIBPQ_FILE_OPTIONS; i++)
        if (strcmp(option->keyword, libpq_file_options[i]) == 0)
            return true;
    return false;
}

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
