/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TLS client authentication whose private key stays in the root of trust:
 * wolfSSL's private-key callback hands the digest to the OS.
 */
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/ecc.h>

#include <tlsutils/deviceauth.h>
#include <tlsutils/deviceauth_curl.h>

#include <unistd.h>

#include "abi/app_channel.h"
#include "sdk/applibs/channel.h"

enum { DIGEST_BYTES = 32, SCALAR_BYTES = 32 };

const char *DeviceAuth_GetCertificatePath(void)
{
    return access(APP_PATH_CERTIFICATE, R_OK) == 0 ? APP_PATH_CERTIFICATE : NULL;
}

static int sign(WOLFSSL *ssl, const unsigned char *in, unsigned int in_bytes, unsigned char *out,
                word32 *out_bytes, const unsigned char *key, unsigned int key_bytes, void *context)
{
    unsigned char raw[2 * SCALAR_BYTES];
    (void)ssl, (void)key, (void)key_bytes, (void)context;
    /* P-256 with SHA-256 is the only scheme the device's key is used in. */
    if (in_bytes != DIGEST_BYTES ||
        channel_ask(APP_CALL_SIGN_DIGEST, in, in_bytes, raw, sizeof raw) != 0)
        return -1;
    return wc_ecc_rs_raw_to_sig(raw, SCALAR_BYTES, raw + SCALAR_BYTES, SCALAR_BYTES, out, out_bytes);
}

DeviceAuthSslResult DeviceAuth_SslCtxFunc(void *sslctx)
{
    WOLFSSL_CTX *ctx = sslctx;
    const char *path = DeviceAuth_GetCertificatePath();
    if (!ctx || !path ||
        wolfSSL_CTX_use_certificate_chain_file(ctx, path) != WOLFSSL_SUCCESS)
        return DeviceAuthSslResult_GetTenantCertificateError;
    wolfSSL_CTX_SetEccSignCb(ctx, sign);
    return DeviceAuthSslResult_Success;
}
