/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/issuer/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "service/issuer/certificate.h"
#include "service/issuer/issue.h"
#include "service/issuer/key_file.h"

/* -- key -------------------------------------------------------------------- */

int seal_key_write(struct authority *key, const char *folder, struct authority *root, struct serial_log *serials)
{
    uint8_t serial[ISSUER_SERIAL_BYTES], buffer[8192];
    struct span der;
    char *text;
    int err = certificate_serial(serial);
    if (err)
        return err;
    uint64_t begin = (uint64_t)time(NULL) - ISSUER_BACKDATE_S;
    uint64_t end = begin + profile_table[PROFILE_SEAL].life_s;
    struct certificate_request r = {
        .profile = PROFILE_SEAL, .serial = serial, .not_before_s = begin,
        .not_after_s = end < root->not_after_s ? end : root->not_after_s,
        .common_name = span_of(ISSUER_SEAL_NAME, strlen(ISSUER_SEAL_NAME)),
        .point = key->point, .point_bytes = key->point_bytes,
    };
    if ((err = certificate_make(&r, root, buffer, sizeof buffer, &der)) != 0 ||
        (err = serials ? serial_log_add(serials, &r, (uint64_t)time(NULL))
                       : serial_log_offline(folder, &r, (uint64_t)time(NULL))) != 0)
        return err;
    if (der.len > sizeof key->certificate)
        return E_FULL;
    memcpy(key->certificate, der.at, der.len);
    key->certificate_bytes = der.len;
    if ((err = authority_text(key, true, true, span_of(NULL, 0), &text)) != 0)
        return err;
    err = key_file_write(folder, "audit.pem", span_of(text, strlen(text)), 0600);
    authority_text_free(text);
    return err;
}

int seal_certificate_read(struct authority *key, const char *path)
{
    uint8_t *to = key->certificate;
    FILE *f = fopen(path, "re");
    X509 *x = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
    int len = x ? i2d_X509(x, NULL) : -1;
    bool good = len > 0 && len <= AUTHORITY_CERTIFICATE_MAX && X509_check_private_key(x, key->key) == 1;
    key->certificate_bytes = good ? (size_t)i2d_X509(x, &to) : 0;
    X509_free(x);
    if (f)
        fclose(f);
    return good ? 0 : E_CORRUPT;
}

enum { RENEW_BEFORE_S = 365 * 86400 };

/* By the CA that signs now, for a year yet: else the same key gets another, and old seals verify by that too. */
static bool certificate_stands(const struct authority *key, const struct authority *root, uint64_t now_s)
{
    const uint8_t *at = key->certificate;
    X509 *x = d2i_X509(NULL, &at, (long)key->certificate_bytes);
    time_t ahead = (time_t)(now_s + RENEW_BEFORE_S);
    const bool ends = x && X509_cmp_time(X509_get0_notAfter(x), &ahead) < 0;
    const bool stands = x && X509_verify(x, root->key) == 1 && (!ends || root->not_after_s < now_s + RENEW_BEFORE_S);
    X509_free(x);
    return stands;
}

static int key_open(struct seals *seals, struct token *token, const char *folder, struct authority *root,
                    struct serial_log *serials)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/audit.pem", folder) >= (int)sizeof path)
        return E_RANGE;
    int err = authority_load(&seals->key, token, path, NULL);
    if (err == E_NOT_FOUND && access(path, F_OK) != 0) {
        err = authority_generate(&seals->key, false);
        return err ? err : seal_key_write(&seals->key, folder, root, serials);
    }
    if (err || (err = seal_certificate_read(&seals->key, path)) != 0)
        return err;
    return certificate_stands(&seals->key, root, (uint64_t)time(NULL)) ? 0 : seal_key_write(&seals->key, folder, root, serials);
}

/* -- file -------------------------------------------------------------------- */

static void seal_encode(const struct audit_seal *seal, uint8_t bytes[static SEAL_BYTES])
{
    for (int i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(seal->sequence >> (56 - 8 * i));
        bytes[8 + i] = (uint8_t)(seal->time_ms >> (56 - 8 * i));
    }
    memcpy(bytes + 16, seal->digest, sizeof seal->digest);
    memcpy(bytes + 48, seal->signature, sizeof seal->signature);
}

static void seal_decode(const uint8_t bytes[static SEAL_BYTES], struct audit_seal *seal)
{
    *seal = (struct audit_seal){0};
    for (int i = 0; i < 8; i++) {
        seal->sequence = seal->sequence << 8 | bytes[i];
        seal->time_ms = seal->time_ms << 8 | bytes[8 + i];
    }
    memcpy(seal->digest, bytes + 16, sizeof seal->digest);
    memcpy(seal->signature, bytes + 48, sizeof seal->signature);
}

static int seal_read(const struct seals *seals, uint64_t number, struct audit_seal *seal)
{
    uint8_t bytes[SEAL_BYTES];
    if (pread(seals->fd, bytes, sizeof bytes, (off_t)(number * SEAL_BYTES)) != (ssize_t)sizeof bytes)
        return E_IO;
    seal_decode(bytes, seal);
    return 0;
}

static int file_open(struct seals *seals, const char *folder)
{
    char path[PATH_MAX];
    struct stat st;
    if (snprintf(path, sizeof path, "%s/audit.seals", folder) >= (int)sizeof path)
        return E_RANGE;
    seals->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (seals->fd < 0 || fstat(seals->fd, &st) != 0)
        return E_IO;
    seals->count = (uint64_t)st.st_size / SEAL_BYTES;
    if ((uint64_t)st.st_size % SEAL_BYTES && ftruncate(seals->fd, (off_t)(seals->count * SEAL_BYTES)) != 0)
        return E_IO;
    return seals->count ? seal_read(seals, seals->count - 1, &seals->last) : 0;
}

int seals_open(struct seals *seals, struct token *token, const char *folder, struct authority *root,
               struct serial_log *serials)
{
    *seals = (struct seals){.fd = -1, .keep_ms = (uint64_t)ISSUER_AUDIT_KEEP_DAYS * 86400000};
    int err = key_open(seals, token, folder, root, serials);
    if (!err)
        err = file_open(seals, folder);
    if (err)
        fprintf(stderr, "issuer: %s: seals of the audit log: %s\n", folder, err_text(err));
    return err;
}

void seals_close(struct seals *seals)
{
    authority_release(&seals->key);
    if (seals->fd > 0)
        close(seals->fd);
    seals->fd = -1;
}

/* -- operations --------------------------------------------------------------- */

int seals_add(struct seals *seals, const struct issuer_audit_head *head, uint64_t now_ms)
{
    struct audit_seal seal = {.sequence = head->sequence, .time_ms = now_ms};
    uint8_t digest[SHA256_BYTES], bytes[SEAL_BYTES];
    if (head->sequence == 0)
        return E_RANGE;
    bool same = head->sequence == seals->last.sequence;
    if (head->sequence < seals->last.sequence || (same && memcmp(head->digest, seals->last.digest, 32) != 0))
        return E_CONFLICT;
    if (same)
        return 0;
    memcpy(seal.digest, head->digest, sizeof seal.digest);
    int err = audit_seal_digest(&seal, digest);
    if (!err)
        err = authority_sign_digest(&seals->key, digest, seal.signature);
    if (err)
        return err;
    seal_encode(&seal, bytes);
    off_t end = (off_t)(seals->count * SEAL_BYTES);
    errno = 0;
    if (pwrite(seals->fd, bytes, sizeof bytes, end) != (ssize_t)sizeof bytes || fdatasync(seals->fd) != 0) {
        err = errno == ENOSPC || errno == EDQUOT || errno == 0 ? E_FULL : E_IO;
        if (ftruncate(seals->fd, end) != 0)
            err = E_IO;
        return err;
    }
    seals->count++;
    seals->last = seal;
    return 0;
}

int seals_read(struct seals *seals, uint64_t after, struct issuer_seals *out)
{
    int err = 0;
    *out = (struct issuer_seals){.certificate = span_of(seals->key.certificate, seals->key.certificate_bytes)};
    while (!err && out->count < ISSUER_SEALS_MAX && after + out->count < seals->count) {
        err = seal_read(seals, after + out->count, &out->seal[out->count]);
        out->count++;
    }
    if (after + out->count < seals->count)
        out->next = after + out->count;
    return err;
}

/* Sequences only rise.  E_NOT_FOUND. */
static int seal_find(const struct seals *seals, uint64_t sequence, struct audit_seal *seal)
{
    uint64_t low = 0, high = seals->count;
    int err = 0;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if ((err = seal_read(seals, middle, seal)) != 0)
            return err;
        if (seal->sequence == sequence)
            return 0;
        if (seal->sequence < sequence)
            low = middle + 1;
        else
            high = middle;
    }
    return E_NOT_FOUND;
}

int seals_checkpoint(struct seals *seals, const struct issuer_audit_head *head, uint64_t now_ms, struct issuer_checkpoint *out)
{
    struct audit_seal seal;
    uint8_t digest[SHA256_BYTES];
    *out = (struct issuer_checkpoint){0};
    int err = seal_find(seals, head->sequence, &seal);
    if (err)
        return err;
    if (memcmp(seal.digest, head->digest, sizeof seal.digest) != 0)
        return E_CONFLICT;
    if (now_ms < seal.time_ms || now_ms - seal.time_ms < seals->keep_ms)
        return E_STATE;
    seal.time_ms = now_ms;
    err = audit_checkpoint_digest(&seal, digest);
    if (!err)
        err = authority_sign_digest(&seals->key, digest, out->signature);
    if (!err)
        out->time_ms = now_ms;
    return err;
}
