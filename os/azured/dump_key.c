/* SPDX-License-Identifier: BSD-2-Clause */
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/asn.h>

#include "os/azured/dump_key.h"

#include <stdio.h>
#include <string.h>

#include "abi/device_api.h"
#include "lib/cbor.h"
#include "lib/guid.h"
#include "os/azured/device_time.h"

/* The OS CA, as wolfSSL writes names: by this name the signer was found, and another CA below the anchor has not got it, and can
 * sign none that has.  A CA for something else, as that of servers, has no business here, whoever has its key. */
static bool signer_good(const char *issuer)
{
    static const char begin[] = "/CN=" CRASH_DUMP_SIGNER_NAME;
    return strncmp(issuer, begin, sizeof begin - 1) == 0 && (issuer[sizeof begin - 1] == '\0' || issuer[sizeof begin - 1] == '/');
}

/* No other certificate of the service has these two: its issuer gives them to this key alone. */
static int purpose_check(struct span der, const uint8_t catalog[static 16])
{
    char guid[GUID_TEXT_BYTES], name[sizeof CRASH_DUMP_CERTIFICATE_NAME + GUID_TEXT_BYTES];
    struct DecodedCert decoded;
    guid_format(catalog, guid);
    int len = snprintf(name, sizeof name, "%s %s", CRASH_DUMP_CERTIFICATE_NAME, guid);
    wc_InitDecodedCert(&decoded, der.at, (word32)der.len, NULL);
    bool good = wc_ParseCert(&decoded, CERT_TYPE, NO_VERIFY, NULL) == 0 && !decoded.isCA && decoded.extKeyUsageSet &&
                decoded.extKeyUsage == KEYUSE_KEY_AGREE && decoded.subjectCN && decoded.subjectCNLen == len &&
                memcmp(decoded.subjectCN, name, (size_t)len) == 0 && signer_good(decoded.issuer);
    wc_FreeDecodedCert(&decoded);
    return good ? 0 : E_BINDING;
}

/* The point behind the algorithm identifiers of a P-256 key. */
static int point_find(struct span der, uint8_t public[static HPKE_PUBLIC_BYTES])
{
    static const uint8_t before[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
                                     0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
    const uint8_t *at = memmem(der.at, der.len, before, sizeof before);
    size_t rest = at ? der.len - (size_t)(at - der.at) : 0;
    if (rest < sizeof before + HPKE_PUBLIC_BYTES)
        return E_RANGE;
    memcpy(public, at + sizeof before, HPKE_PUBLIC_BYTES);
    return hpke_public_check(public);
}

int dump_key_take(struct span answer, const uint8_t catalog[static 16], const char *anchor,
                  uint8_t public[static HPKE_PUBLIC_BYTES])
{
    struct span der[DEVICE_API_CERTIFICATES_MAX];
    struct cursor c = cursor_of(answer);
    memset(public, 0, HPKE_PUBLIC_BYTES);
    cbor_expect_map(&c, 1);
    cbor_expect_int(&c, 1);
    size_t count = cbor_get_array(&c);
    if (!c.err && (count == 0 || count > DEVICE_API_CERTIFICATES_MAX))
        cursor_fail(&c, E_LIMIT);
    for (size_t i = 0; i < count && !c.err; i++) {
        der[i] = cbor_get_bytes(&c);
        if (!c.err && der[i].len == 0)
            cursor_fail(&c, E_LIMIT);
    }
    int err = cursor_end(&c);
    if (!err)
        err = device_time_chain_verify(der, count, anchor);
    if (!err)
        err = purpose_check(der[0], catalog);
    if (!err)
        err = point_find(der[0], public);
    if (err)
        memset(public, 0, HPKE_PUBLIC_BYTES);
    return err;
}
