/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/issuer/above.h"

#include <dirent.h>
#include <limits.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "service/ipc/former_name.h"

static X509 *x509_of(struct span der)
{
    const uint8_t *at = der.at;
    return d2i_X509(NULL, &at, (long)der.len);
}

/* The present root, and those before it, by their own certificates in this folder. */
enum { ROOTS_MAX = 8 };
struct roots {
    unsigned count;
    X509 *at[ROOTS_MAX];
};

static void roots_load(struct roots *roots, DIR *dir, const char *folder, X509 *present)
{
    char path[PATH_MAX];
    roots->at[roots->count++] = present;
    for (struct dirent *e; roots->count < ROOTS_MAX && (e = readdir(dir)) != NULL;)
        if (former_name_until(e->d_name, "root", ".pem") > 0 && snprintf(path, sizeof path, "%s/%s", folder, e->d_name) < (int)sizeof path &&
            certificate_file_read(path, &roots->at[roots->count]) == 0)
            roots->count++;
}

static bool roots_signed(const struct roots *roots, X509 *x)
{
    for (unsigned i = 0; i < roots->count; i++)
        if (X509_verify(x, X509_get0_pubkey(roots->at[i])) == 1)
            return true;
    return false;
}

static int one_load(struct above *above, const char *path, const struct roots *roots)
{
    struct above_former *to = &above->former[above->count];
    uint8_t *der = to->certificate;
    X509 *x;
    if (above->count == ABOVE_FORMER_MAX)
        return E_LIMIT;
    int err = certificate_file_read(path, &x);
    if (err)
        return err;
    const int len = i2d_X509(x, NULL);
    if (len <= 0 || len > AUTHORITY_CERTIFICATE_MAX || X509_check_ca(x) != 1 || !roots_signed(roots, x)) {
        X509_free(x);
        return E_SIGNATURE;
    }
    to->certificate_bytes = (size_t)i2d_X509(x, &der);
    to->x = x;
    above->count++;
    return 0;
}

static void formers_load(struct above *above, DIR *dir, const char *folder, const struct roots *roots)
{
    char path[PATH_MAX];
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        if (former_name_until(e->d_name, "issuing", ".pem") <= 0)
            continue;
        int err = snprintf(path, sizeof path, "%s/%s", folder, e->d_name) < (int)sizeof path ? one_load(above, path, roots) : E_RANGE;
        if (err)
            fprintf(stderr, "issuer: %s/%s: %s: CAs of catalogs that this former issuing CA signed are not taken\n", folder, e->d_name,
                    err_text(err));
    }
}

void above_load(struct above *above, const char *folder, struct span root)
{
    struct roots roots = {0};
    X509 *present = x509_of(root);
    DIR *dir = present ? opendir(folder) : NULL;
    if (dir) {
        roots_load(&roots, dir, folder, present);
        rewinddir(dir);
        formers_load(above, dir, folder, &roots);
        closedir(dir);
    }
    for (unsigned i = 1; i < roots.count; i++)
        X509_free(roots.at[i]);
    X509_free(present);
}

bool above_signed(const struct above *above, struct authority *ca)
{
    ca->above = span_of(NULL, 0);
    if (authority_signed_by(ca, above->now))
        return true;
    X509 *x = x509_of(span_of(ca->certificate, ca->certificate_bytes));
    bool found = false;
    for (unsigned i = 0; x && !found && i < above->count; i++) {
        const struct above_former *former = &above->former[i];
        found = X509_verify(x, X509_get0_pubkey(former->x)) == 1;
        if (found)
            ca->above = span_of(former->certificate, former->certificate_bytes);
    }
    X509_free(x);
    return found;
}

void above_release(struct above *above)
{
    for (unsigned i = 0; i < above->count; i++)
        X509_free(above->former[i].x);
    memset(above, 0, sizeof *above);
}
