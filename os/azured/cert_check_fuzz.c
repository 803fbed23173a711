/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Certificates, keys and passwords for the certificate store, as somebody at the cable or an application brings them.
 *   off size field
 *     0    1 type           enum cert_type, and any other
 *     1    1 form of the certificate, row of labels: 0 as it is, else put into PEM here, so that what is changed is DER
 *     2    1 form of the key
 *     3    1 bytes of the password
 *     4    2 bytes of the certificate, little-endian
 *     6      password, certificate, key
 */
#include <stdlib.h>

#include "lib/base64.h"
#include "os/azured/cert_check.h"
#include "tests/check.h"

enum { LINE_BYTES = 48, TEXT_MAX = CERT_PEM_MAX + 1024 };

static const char *const labels[] = {NULL,          "CERTIFICATE",     "PRIVATE KEY", "EC PRIVATE KEY",
                                     "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY"};

static void line_put(struct writer *w, const char *before, const char *label, const char *after)
{
    writer_bytes(w, before, strlen(before));
    writer_bytes(w, label, strlen(label));
    writer_bytes(w, after, strlen(after));
}

/* In memory of exactly its size. */
static struct span text_make(struct span bytes, unsigned form)
{
    static uint8_t room[TEXT_MAX];
    struct writer w = writer_of(room, sizeof room);
    const char *label = labels[form % (sizeof labels / sizeof *labels)];
    if (label)
        line_put(&w, "-----BEGIN ", label, "-----\n");
    for (size_t at = 0; label && at < bytes.len; at += LINE_BYTES) {
        base64_encode(span_of(bytes.at + at, bytes.len - at < LINE_BYTES ? bytes.len - at : LINE_BYTES), &w);
        writer_u8(&w, '\n');
    }
    if (label)
        line_put(&w, "-----END ", label, "-----\n");
    else
        writer_bytes(&w, bytes.at, bytes.len);
    uint8_t *exact = malloc(w.len ? w.len : 1);
    REQUIRE(exact != NULL);
    memcpy(exact, room, w.len);
    return span_of(exact, w.len);
}

static void description_check(struct span cert)
{
    struct cert_answer answer = {0};
    bool good = cert_describe(cert, &answer);
    REQUIRE(memchr(answer.subject, 0, sizeof answer.subject) && memchr(answer.issuer, 0, sizeof answer.issuer));
    REQUIRE(good || (answer.not_before_s == 0 && answer.not_after_s == 0 && !answer.subject[0] && !answer.issuer[0]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cursor c = cursor_of(span_of(data, size));
    uint8_t type = cursor_u8(&c), cert_form = cursor_u8(&c), key_form = cursor_u8(&c), password_bytes = cursor_u8(&c);
    uint16_t cert_bytes = cursor_u16le(&c);
    struct span password = cursor_bytes(&c, password_bytes), cert_part = cursor_bytes(&c, cert_bytes),
                key_part = cursor_bytes(&c, c.left);
    if (c.err)
        return 0;
    struct span cert = text_make(cert_part, cert_form), key = key_part.len ? text_make(key_part, key_form) : key_part;
    enum cert_error error = cert_check(type, cert, key, password);
    struct cert_answer answer;
    if (type != CERT_CLIENT && type != CERT_ROOT_CA)
        REQUIRE(error == CERT_TYPE_INVALID);
    if (error == CERT_OK)
        REQUIRE(cert_describe(cert, &answer) && (type == CERT_CLIENT) == (key.len > 0) &&
                (type == CERT_CLIENT || password.len == 0));
    description_check(cert);
    description_check(key);
    /* Where none is needed, a password is one too many; where an empty one opened the key, another does not. */
    if (error == CERT_OK && type == CERT_CLIENT && password.len == 0)
        REQUIRE(cert_check(type, cert, key, span_of("x", 1)) != CERT_OK);
    free((void *)(uintptr_t)cert.at);
    if (key_part.len)
        free((void *)(uintptr_t)key.at);
    return 0;
}
