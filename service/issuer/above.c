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

static int one_load(struct above *above, const char *path, X509 *root)
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
    if (len <= 0 || len > AUTHORITY_CERTIFICATE_MAX || X509_check_ca(x) != 1 || X509_verify(x, X509_get0_pubkey(root)) != 1) {
        X509_free(x);
        return E_SIGNATURE;
    }
    to->certificate_bytes = (size_t)i2d_X509(x, &der);
    to->x = x;
    above->count++;
    return 0;
}

void above_load(struct above *above, const char *folder, struct span root)
{
    char path[PATH_MAX];
    X509 *anchor = x509_of(root);
    DIR *dir = anchor ? opendir(folder) : NULL;
    for (struct dirent *e; dir && (e = readdir(dir)) != NULL;) {
        if (former_name_until(e->d_name, "issuing", ".pem") <= 0)
            continue;
        int err = snprintf(path, sizeof path, "%s/%s", folder, e->d_name) < (int)sizeof path ? one_load(above, path, anchor) : E_RANGE;
        if (err)
            fprintf(stderr, "issuer: %s/%s: %s: CAs of catalogs that this former issuing CA signed are not taken\n", folder, e->d_name,
                    err_text(err));
    }
    if (dir)
        closedir(dir);
    X509_free(anchor);
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
