/* SPDX-License-Identifier: BSD-2-Clause */
/* The certificate store of the device (abi/cert_store.h), asked of the OS over the application's channel. */
#include <applibs/certstore.h>

#include <errno.h>
#include <string.h>

#include "abi/app_channel.h"
#include "lib/cert_store_record.h"
#include "lib/ct.h"
#include "sdk/applibs/channel.h"

_Static_assert(CERTSTORE_MAX_IDENTIFIER_LENGTH == (int)CERT_ID_MAX && CERTSTORE_MAX_CERT_SIZE == (int)CERT_PEM_MAX &&
                   CERTSTORE_MAX_PRIVATE_KEY_PASSWORD_LENGTH == (int)CERT_PASSWORD_MAX && CERTSTORE_MAX_NAME_LENGTH == (int)CERT_NAME_MAX,
               "limits are the store's");

enum { PIECE_MAX = APP_CHANNEL_REQUEST_MAX - 8 };

static int fail(int error)
{
    errno = error;
    return -1;
}

static int errno_of(uint32_t error)
{
    switch (error) {
    case CERT_NOT_FOUND: return ENOENT;
    case CERT_INDEX_OUT_OF_RANGE: return ERANGE;
    case CERT_OUT_OF_SPACE: return ENOSPC;
    case CERT_PUBLIC_TOO_LONG:
    case CERT_PRIVATE_TOO_LONG:
    case CERT_PASSWORD_TOO_LONG: return ERANGE;
    case CERT_NOT_STAGED: return EAGAIN; /* another application of the same component is at it */
    case CERT_NOT_STORED: return EIO;
    case CERT_NOT_HERE: return ENOTSUP;
    default: return EINVAL;
    }
}

static int ask(const struct cert_ask *what, struct cert_answer *answer)
{
    uint8_t out[CERT_ASK_BYTES_MAX], in[CERT_ANSWER_BYTES_MAX];
    struct writer w = writer_of(out, sizeof out);
    size_t len;
    if (cert_ask_write(what, &w) != 0)
        return fail(EINVAL);
    if (channel_ask_some(APP_CALL_CERT, out, w.len, in, sizeof in, &len) != 0)
        return -1;
    struct cursor c = cursor_of(span_of(in, len));
    if (cert_answer_read(&c, answer) != 0 || cursor_end(&c) != 0)
        return fail(EIO);
    return answer->error ? fail(errno_of(answer->error)) : 0;
}

static int name(const char *identifier, char to[static CERT_ID_MAX + 1])
{
    if (!identifier)
        return fail(EFAULT);
    if (!cert_id_valid(identifier))
        return fail(EINVAL);
    strcpy(to, identifier);
    return 0;
}

/* Pieces of one part, behind what was sent already. */
static int stage(const char *bytes, size_t len, uint32_t *offset)
{
    uint8_t out[4 + PIECE_MAX];
    int result = 0;
    for (size_t at = 0; at < len && result == 0;) {
        size_t piece = len - at < PIECE_MAX ? len - at : PIECE_MAX;
        struct writer w = writer_of(out, sizeof out);
        writer_u32le(&w, *offset);
        writer_bytes(&w, bytes + at, piece);
        result = channel_ask(APP_CALL_CERT_STAGE, out, w.len, NULL, 0);
        at += piece;
        *offset += (uint32_t)piece;
    }
    ct_wipe(out, sizeof out);
    return result;
}

static int install(struct cert_ask *what, const char *cert, const char *key, const char *password)
{
    struct cert_answer answer;
    uint32_t offset = 0;
    if (stage(cert, what->cert_bytes, &offset) != 0 || stage(key, what->key_bytes, &offset) != 0 ||
        stage(password, what->password_bytes, &offset) != 0)
        return -1;
    return ask(what, &answer);
}

int CertStore_InstallClientCertificate(const char *identifier, const char *certBlob, size_t certBlobLength,
                                       const char *privateKeyBlob, size_t privateKeyBlobLength, const char *privateKeyPassword)
{
    struct cert_ask what = {.action = CERT_INSTALL, .type = CERT_CLIENT};
    size_t password = privateKeyPassword ? strlen(privateKeyPassword) : 0;
    if (!certBlob || !privateKeyBlob)
        return fail(EFAULT);
    if (name(identifier, what.id) != 0)
        return -1;
    if (!certBlobLength || certBlobLength > CERT_PEM_MAX || !privateKeyBlobLength || privateKeyBlobLength > CERT_PEM_MAX ||
        password > CERT_PASSWORD_MAX)
        return fail(ERANGE);
    what.cert_bytes = (uint16_t)certBlobLength;
    what.key_bytes = (uint16_t)privateKeyBlobLength;
    what.password_bytes = (uint16_t)password;
    return install(&what, certBlob, privateKeyBlob, privateKeyPassword ? privateKeyPassword : "");
}

int CertStore_InstallRootCACertificate(const char *identifier, const char *certBlob, size_t certBlobLength)
{
    struct cert_ask what = {.action = CERT_INSTALL, .type = CERT_ROOT_CA};
    if (!certBlob)
        return fail(EFAULT);
    if (name(identifier, what.id) != 0)
        return -1;
    if (!certBlobLength || certBlobLength > CERT_PEM_MAX)
        return fail(ERANGE);
    what.cert_bytes = (uint16_t)certBlobLength;
    return install(&what, certBlob, "", "");
}

static int named(enum cert_action action, const char *identifier, struct cert_answer *answer)
{
    struct cert_ask what = {.action = (uint8_t)action};
    return name(identifier, what.id) != 0 ? -1 : ask(&what, answer);
}

int CertStore_DeleteCertificate(const char *identifier)
{
    struct cert_answer answer;
    return named(CERT_DELETE, identifier, &answer);
}

int CertStore_MoveCertificate(const char *sourceIdentifier, const char *destIdentifier)
{
    struct cert_ask what = {.action = CERT_MOVE};
    struct cert_answer answer;
    if (name(sourceIdentifier, what.id) != 0 || name(destIdentifier, what.new_id) != 0)
        return -1;
    return ask(&what, &answer);
}

ssize_t CertStore_GetCertificateCount(void)
{
    const struct cert_ask what = {.action = CERT_SPACE};
    struct cert_answer answer;
    return ask(&what, &answer) == 0 ? (ssize_t)answer.count : -1;
}

ssize_t CertStore_GetAvailableSpace(void)
{
    const struct cert_ask what = {.action = CERT_SPACE};
    struct cert_answer answer;
    return ask(&what, &answer) == 0 ? (ssize_t)answer.available : -1;
}

int CertStore_GetCertificateIdentifierAt(size_t index, CertStore_Identifier *outIdentifier)
{
    const struct cert_ask what = {.action = CERT_AT, .index = index > UINT32_MAX ? UINT32_MAX : (uint32_t)index};
    struct cert_answer answer;
    if (!outIdentifier)
        return fail(EFAULT);
    if (ask(&what, &answer) != 0)
        return -1;
    memcpy(outIdentifier->identifier, answer.id, sizeof outIdentifier->identifier);
    return 0;
}

int CertStore_GetCertificateSubjectName(const char *identifier, CertStore_SubjectName *outSubjectName)
{
    struct cert_answer answer;
    if (!outSubjectName)
        return fail(EFAULT);
    if (named(CERT_SHOW, identifier, &answer) != 0)
        return -1;
    memcpy(outSubjectName->name, answer.subject, sizeof outSubjectName->name);
    return 0;
}

int CertStore_GetCertificateIssuerName(const char *identifier, CertStore_IssuerName *outIssuerName)
{
    struct cert_answer answer;
    if (!outIssuerName)
        return fail(EFAULT);
    if (named(CERT_SHOW, identifier, &answer) != 0)
        return -1;
    memcpy(outIssuerName->name, answer.issuer, sizeof outIssuerName->name);
    return 0;
}

static int date(uint64_t s, struct tm *to)
{
    time_t t = (time_t)s;
    return s <= INT64_MAX && gmtime_r(&t, to) ? 0 : fail(EIO);
}

int CertStore_GetCertificateNotBefore(const char *identifier, struct tm *outNotBefore)
{
    struct cert_answer answer;
    if (!outNotBefore)
        return fail(EFAULT);
    return named(CERT_SHOW, identifier, &answer) != 0 ? -1 : date(answer.not_before_s, outNotBefore);
}

int CertStore_GetCertificateNotAfter(const char *identifier, struct tm *outNotAfter)
{
    struct cert_answer answer;
    if (!outNotAfter)
        return fail(EFAULT);
    return named(CERT_SHOW, identifier, &answer) != 0 ? -1 : date(answer.not_after_s, outNotAfter);
}
