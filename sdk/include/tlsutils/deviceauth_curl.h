/* SPDX-License-Identifier: BSD-2-Clause */
/* TLS client authentication with the device's key, for wolfSSL and curl on it. */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    DeviceAuthSslResult_Success = 0,
    DeviceAuthSslResult_GetTenantIdError = 1,
    DeviceAuthSslResult_GetTenantCertificateError = 2,
    DeviceAuthSslResult_EnableHwSignError = 3,
} DeviceAuthSslResult;

/* sslctx: a WOLFSSL_CTX.  Loads the certificate chain and makes the context sign
 * with the device's key. */
DeviceAuthSslResult DeviceAuth_SslCtxFunc(void *sslctx);

#ifdef __cplusplus
}
#endif
