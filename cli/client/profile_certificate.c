/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/client/profile_certificate.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>
#include <time.h>

static void date_write(const ASN1_TIME *time, char date[static 16])
{
    struct tm tm;
    *date = 0;
    if (ASN1_TIME_to_tm(time, &tm) == 1)
        strftime(date, 16, "%Y-%m-%d", &tm);
}

void profile_certificate_hint(const struct profile *profile, char hint[static PROFILE_HINT_BYTES])
{
    char date[16];
    *hint = 0;
    if (profile->token)
        return;
    FILE *file = fopen(profile->certificate, "r");
    X509 *x = file ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;
    if (x && X509_cmp_current_time(X509_get0_notAfter(x)) < 0) {
        date_write(X509_get0_notAfter(x), date);
        snprintf(hint, PROFILE_HINT_BYTES, "; your certificate ran out on %s: peri operator create makes a new one, where the service is", date);
    } else if (x && X509_cmp_current_time(X509_get0_notBefore(x)) > 0) {
        date_write(X509_get0_notBefore(x), date);
        snprintf(hint, PROFILE_HINT_BYTES, "; your certificate is good from %s on: is this computer's clock right?", date);
    }
    X509_free(x);
    if (file)
        fclose(file);
}
