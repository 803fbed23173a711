/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Certificate store of the device: names, numbers and limits are the original's.  Capability CertStore: EACCES without it.
 * The store is the device's: what one application puts there another one, or somebody at the cable, can replace or remove.
 * All functions that return int or ssize_t: -1 with errno where they fail; EFAULT for NULL, EAGAIN while the OS service is
 * starting, ENOTSUP where the device has no store.  No function gives a private key or a password back.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CERTSTORE_MAX_IDENTIFIER_LENGTH 16
#define CERTSTORE_MAX_CERT_SIZE 8192
#define CERTSTORE_MAX_PRIVATE_KEY_PASSWORD_LENGTH 256
#define CERTSTORE_MAX_NAME_LENGTH 300

typedef struct CertStore_Identifier {
    char identifier[CERTSTORE_MAX_IDENTIFIER_LENGTH + 1];
} CertStore_Identifier;

typedef struct CertStore_SubjectName {
    char name[CERTSTORE_MAX_NAME_LENGTH + 1];
} CertStore_SubjectName;

typedef struct CertStore_IssuerName {
    char name[CERTSTORE_MAX_NAME_LENGTH + 1];
} CertStore_IssuerName;

/* PEM; lengths without the terminator; password NULL for a key that is not encrypted.  Replaces what has this identifier.
 * ERANGE: a length is 0 or too large; ENOSPC; EINVAL: no identifier, no certificate, not its key, the password is wrong or
 * not needed. */
int CertStore_InstallClientCertificate(const char *identifier, const char *certBlob, size_t certBlobLength,
                                       const char *privateKeyBlob, size_t privateKeyBlobLength, const char *privateKeyPassword);
int CertStore_InstallRootCACertificate(const char *identifier, const char *certBlob, size_t certBlobLength);
int CertStore_DeleteCertificate(const char *identifier); /* ENOENT */
/* What stood under destIdentifier is gone.  ENOENT: no sourceIdentifier. */
int CertStore_MoveCertificate(const char *sourceIdentifier, const char *destIdentifier);

ssize_t CertStore_GetCertificateCount(void);
int CertStore_GetCertificateIdentifierAt(size_t index, CertStore_Identifier *outIdentifier); /* ERANGE */
ssize_t CertStore_GetAvailableSpace(void); /* bytes */

/* EINVAL, ENOENT.  Names as "/C=US/CN=name"; times are UTC. */
int CertStore_GetCertificateSubjectName(const char *identifier, CertStore_SubjectName *outSubjectName);
int CertStore_GetCertificateIssuerName(const char *identifier, CertStore_IssuerName *outIssuerName);
int CertStore_GetCertificateNotBefore(const char *identifier, struct tm *outNotBefore);
int CertStore_GetCertificateNotAfter(const char *identifier, struct tm *outNotAfter);

#ifdef __cplusplus
}
#endif
