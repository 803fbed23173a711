/* SPDX-License-Identifier: BSD-2-Clause */
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/asn.h>

#include "os/azured/device_time.h"

#include <time.h>

#include "os/azured/certificate_dates.h"
#include "os/azured/identities.h"

static uint64_t supposed_s; /* 0: nothing is supposed */
static uint64_t learned_s;  /* 0: not known */
static uint64_t learned_at_ms;

uint64_t device_time_s(void)
{
    return learned_s ? learned_s + (clock_ms() - learned_at_ms) / 1000 : (uint64_t)time(NULL);
}

bool device_time_known(void)
{
    return learned_s != 0;
}

void device_time_forget(void)
{
    learned_s = supposed_s = 0;
}

void device_time_suppose(uint64_t when_s)
{
    supposed_s = when_s;
}

void device_time_suppose_end(void)
{
    supposed_s = 0;
}

/* wolfSSL's clock. */
static time_t clock_read(time_t *to)
{
    time_t now = (time_t)(supposed_s ? supposed_s : device_time_s());
    if (to)
        *to = now;
    return now;
}

void device_time_init(void)
{
    (void)wc_SetTimeCb(clock_read); /* always 0 */
}

static int buffer_verify(WOLFSSL_CERT_MANAGER *manager, struct span der)
{
    return wolfSSL_CertManagerVerifyBuffer(manager, der.at, (long)der.len, WOLFSSL_FILETYPE_ASN1) == WOLFSSL_SUCCESS
               ? 0
               : E_DENIED;
}

/* wolfSSL lets whatever is loaded as an authority be one, and forgets the path length at one that has the name of who signed
 * it: a CA that may have none below it could put such a one between. */
static bool may_sign(struct span der)
{
    struct DecodedCert decoded;
    wc_InitDecodedCert(&decoded, der.at, (word32)der.len, NULL);
    bool yes = wc_ParseCert(&decoded, CERT_TYPE, NO_VERIFY, NULL) == 0 && decoded.isCA && !decoded.selfSigned &&
               decoded.extKeyUsage & KEYUSE_KEY_CERT_SIGN;
    wc_FreeDecodedCert(&decoded);
    return yes;
}

/* From the one nearest to the anchor to the leaf: each is verified before it may sign. */
int device_time_chain_verify(const struct span *der, size_t count, const char *anchor)
{
    WOLFSSL_CERT_MANAGER *manager = wolfSSL_CertManagerNew();
    if (!manager)
        return E_NOMEM;
    int err = wolfSSL_CertManagerLoadCA(manager, anchor, NULL) == WOLFSSL_SUCCESS ? 0 : E_DENIED;
    for (size_t i = count - 1; !err && i > 0; i--) {
        err = may_sign(der[i]) ? buffer_verify(manager, der[i]) : E_DENIED;
        if (!err && wolfSSL_CertManagerLoadCABuffer(manager, der[i].at, (long)der[i].len,
                                                    WOLFSSL_FILETYPE_ASN1) != WOLFSSL_SUCCESS)
            err = E_DENIED;
    }
    if (!err)
        err = buffer_verify(manager, der[0]);
    wolfSSL_CertManagerFree(manager);
    return err;
}

int device_time_learn(const struct attestation *answer, const char *anchor)
{
    uint64_t begin, end, now = answer->server_time_s;
    int err = certificate_dates(answer->der[0], &begin, &end);
    if (err)
        return err;
    if (now < begin || now > end || now - begin > DEVICE_TIME_LATE_S)
        return E_STALE;
    device_time_suppose(now);
    err = device_time_chain_verify(answer->der, answer->count, anchor);
    device_time_suppose_end();
    if (err)
        return err;
    learned_s = now;
    learned_at_ms = clock_ms();
    return 0;
}
