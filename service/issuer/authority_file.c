/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/issuer/authority_file.h"

#include <string.h>
#include <time.h>

#include "service/issuer/issue.h"
#include "service/issuer/key_file.h"
#include "service/issuer/serial_log.h"

int text_file_write(const char *folder, const char *name, const char *text, mode_t mode)
{
    return key_file_write(folder, name, span_of(text, strlen(text)), mode);
}

int authority_file_write(const char *folder, const char *name, const struct authority *a, bool key)
{
    char *text;
    int err = authority_text(a, key, !key, span_of(NULL, 0), &text);
    if (!err)
        err = text_file_write(folder, name, text, key ? 0600 : 0644);
    authority_text_free(text);
    return err;
}

int authority_certify(const char *folder, struct authority *ca, struct authority *issuer, enum profile_id profile,
                      const char *common_name, const char *organisation)
{
    uint8_t serial[ISSUER_SERIAL_BYTES], buffer[AUTHORITY_CERTIFICATE_MAX];
    struct span der;
    uint64_t begin = (uint64_t)time(NULL) - ISSUER_BACKDATE_S, end = begin + profile_table[profile].life_s;
    int err = certificate_serial(serial);
    if (err)
        return err;
    struct certificate_request r = {
        .profile = profile, .serial = serial, .not_before_s = begin,
        .not_after_s = issuer && issuer->not_after_s < end ? issuer->not_after_s : end,
        .common_name = span_of(common_name, strlen(common_name)),
        .organisation = span_of(organisation, strlen(organisation)),
        .point = ca->point, .point_bytes = ca->point_bytes,
    };
    err = certificate_make(&r, issuer ? issuer : ca, buffer, sizeof buffer, &der);
    if (!err)
        err = authority_adopt(ca, der);
    return err ? err : serial_log_offline(folder, &r, (uint64_t)time(NULL));
}
