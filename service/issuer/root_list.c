/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The revocation list of a root that is off line: which issuing CAs it signed are not to be believed any more.  Made where the root is,
 * carried to relying parties like root.pem.
 * Source: docs/spec/certificates.md, "Root off line".
 * File revoked in the root's folder, one line a certificate, which only grows:
 *   serial (32 hex digits) time (Unix s) reason (RFC 5280) end of the certificate (Unix s)
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "lib/hex.h"
#include "service/ipc/service_init.h"
#include "service/issuer/authority_file.h"
#include "service/issuer/crl.h"
#include "service/issuer/key_file.h"
#include "service/issuer/root_ceremony.h"

enum { REVOKED_MAX = 256, LINE_BYTES = 96, FILE_MAX = REVOKED_MAX * LINE_BYTES, DAY_S = 86400 };

struct revoked {
    size_t count;
    struct revoked_one {
        struct store_crl_entry entry;
        uint64_t end_s;
    } at[REVOKED_MAX];
};

static int fail(const char *what, const char *subject, int err)
{
    fprintf(stderr, "perisphered: %s \"%s\": %s\n", what, subject, err_text(err));
    return err;
}

static int path_of(const char *folder, const char *name, char path[static PATH_MAX])
{
    return snprintf(path, PATH_MAX, "%s/%s", folder, name) < PATH_MAX ? 0 : E_RANGE;
}

static int line_parse(const char *line, struct revoked_one *one)
{
    char serial[33];
    int end = 0;
    if (sscanf(line, "%32[0-9a-f] %" SCNu64 " %" SCNu16 " %" SCNu64 "%n", serial, &one->entry.revoked_s, &one->entry.reason, &one->end_s,
               &end) != 4 || line[end] != '\0' || one->entry.reason > STORE_REASON_LAST)
        return E_CORRUPT;
    return hex_decode(span_of(serial, strlen(serial)), one->entry.serial, sizeof one->entry.serial) == 0 ? 0 : E_CORRUPT;
}

static int revoked_read(const char *folder, struct revoked *all)
{
    char path[PATH_MAX], *text, *rest = NULL;
    all->count = 0;
    int err = path_of(folder, "revoked", path);
    if (!err)
        err = text_file_read(path, FILE_MAX, &text);
    if (err)
        return err == E_NOT_FOUND ? 0 : fail("cannot read", path, err);
    for (char *line = strtok_r(text, "\n", &rest); !err && line; line = strtok_r(NULL, "\n", &rest))
        err = all->count == REVOKED_MAX ? E_LIMIT : line_parse(line, &all->at[all->count++]);
    free(text);
    return err ? fail("not what revoked certificates are kept in:", path, err) : 0;
}

static int revoked_write(const char *folder, const struct revoked *all)
{
    char *text = malloc(FILE_MAX + 1), serial[33];
    size_t len = 0;
    if (!text)
        return E_NOMEM;
    for (size_t i = 0; i < all->count; i++) {
        hex_encode(all->at[i].entry.serial, sizeof all->at[i].entry.serial, serial);
        len += (size_t)snprintf(text + len, FILE_MAX + 1 - len, "%s %" PRIu64 " %u %" PRIu64 "\n", serial, all->at[i].entry.revoked_s,
                                (unsigned)all->at[i].entry.reason, all->at[i].end_s);
    }
    int err = key_file_write(folder, "revoked", span_of(text, len), 0644);
    free(text);
    return err;
}

/* A certificate that this root signed, and not its own. */
static int certificate_take(const char *path, const struct authority *root, struct revoked_one *one)
{
    X509 *x;
    int err = certificate_file_read(path, &x);
    if (err)
        return fail("not a certificate:", path, err);
    uint8_t *der = NULL;
    const int len = i2d_X509(x, &der);
    if (X509_verify(x, root->key) != 1 || EVP_PKEY_eq(X509_get0_pubkey(x), root->key) == 1)
        err = fail("not a certificate that this root signed:", path, E_SIGNATURE);
    if (!err)
        err = len > 0 ? authority_serial(span_of(der, (size_t)len), one->entry.serial) : E_CORRUPT;
    if (!err)
        err = certificate_file_end(path, &one->end_s);
    OPENSSL_free(der);
    X509_free(x);
    return err;
}

static int reason_find(const char *word, uint16_t *reason)
{
    static const struct {
        const char *text;
        uint16_t number;
    } rows[] = {
#define REASON_ROW(name, number, text) {text, number},
        STORE_REASON_TABLE(REASON_ROW)
#undef REASON_ROW
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcasecmp(word, rows[i].text) == 0) {
            *reason = rows[i].number;
            return 0;
        }
    return fail("a reason is one of RFC 5280's words, such as cACompromise or superseded, not", word, E_RANGE);
}

/* The first word counts: a date of revocation never moves. */
static int revoked_add(const char *folder, const struct service_root_list *list, const struct authority *root, struct revoked *all)
{
    struct revoked_one one = {.entry.revoked_s = (uint64_t)time(NULL)};
    int err = list->reason ? reason_find(list->reason, &one.entry.reason) : 0;
    if (!err)
        err = certificate_take(list->certificate, root, &one);
    for (size_t i = 0; !err && i < all->count; i++)
        if (memcmp(all->at[i].entry.serial, one.entry.serial, sizeof one.entry.serial) == 0)
            return 0;
    if (!err && all->count == REVOKED_MAX)
        err = fail("no more certificates can be revoked in", folder, E_LIMIT);
    if (err)
        return err;
    all->at[all->count++] = one;
    err = revoked_write(folder, all);
    return err ? fail("cannot write below", folder, err) : 0;
}

/* A list of before is written over, and no other file: a name that was mistyped may be that of root.key. */
static int out_check(const char *out)
{
    FILE *f = fopen(out, "re");
    if (!f)
        return errno == ENOENT ? 0 : fail("cannot read", out, E_IO);
    X509_CRL *before = d2i_X509_CRL_fp(f, NULL);
    fclose(f);
    int err = before ? 0 : fail("will not write over what is no revocation list (DER):", out, E_EXISTS);
    X509_CRL_free(before);
    ERR_clear_error();
    return err;
}

/* DER; what has run out is on it no more. */
static int list_write(const struct service_root_list *list, struct authority *root, const struct revoked *all)
{
    const uint64_t now_s = (uint64_t)time(NULL);
    struct store_crl_entries *entries = calloc(1, sizeof *entries);
    uint8_t *bytes = malloc(crl_bytes_max(REVOKED_MAX));
    char folder[PATH_MAX];
    const char *slash = strrchr(list->out, '/');
    struct span der;
    int err = entries && bytes ? 0 : E_NOMEM;
    for (size_t i = 0; !err && i < all->count; i++)
        if (all->at[i].end_s > now_s)
            entries->at[entries->count++] = all->at[i].entry;
    if (!err)
        err = crl_make(root, entries, now_s, now_s - CRL_BACKDATE_S, now_s + (uint64_t)list->days * DAY_S, bytes,
                       crl_bytes_max(REVOKED_MAX), &der);
    if (!err && snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - list->out) + 1 : 1, slash ? list->out : ".") >= (int)sizeof folder)
        err = E_RANGE;
    if (!err)
        err = key_file_write(folder, slash ? slash + 1 : list->out, der, 0644);
    free(entries);
    free(bytes);
    return err ? fail("cannot write", list->out, err) : 0;
}

int service_root_list_make(const char *folder, const struct service_root_list *list, unsigned *count)
{
    char key[PATH_MAX], certificate[PATH_MAX];
    struct authority root = {0};
    struct revoked *all = calloc(1, sizeof *all);
    *count = 0;
    int err = all ? path_of(folder, "root.key", key) : E_NOMEM;
    if (!err)
        err = path_of(folder, "root.pem", certificate);
    if (!err)
        err = out_check(list->out);
    if (!err && (err = authority_load(&root, NULL, key, certificate)) != 0)
        (void)fail("cannot read", key, err);
    if (!err)
        err = revoked_read(folder, all);
    if (!err && list->certificate)
        err = revoked_add(folder, list, &root, all);
    if (!err)
        err = list_write(list, &root, all);
    if (!err)
        *count = (unsigned)all->count;
    authority_release(&root);
    free(all);
    return err;
}
