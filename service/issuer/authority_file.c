/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/issuer/authority_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "service/issuer/issue.h"
#include "service/issuer/key_file.h"
#include "service/issuer/serial_log.h"

int text_file_read(const char *path, size_t max, char **text)
{
    *text = NULL;
    FILE *f = fopen(path, "re");
    if (!f)
        return errno == ENOENT ? E_NOT_FOUND : E_IO;
    char *buffer = malloc(max + 1);
    size_t len = buffer ? fread(buffer, 1, max + 1, f) : 0;
    int err = !buffer ? E_NOMEM : ferror(f) ? E_IO : len > max ? E_LIMIT : memchr(buffer, '\0', len) ? E_MALFORMED : 0;
    fclose(f);
    if (err) {
        free(buffer);
        return err;
    }
    buffer[len] = '\0';
    *text = buffer;
    return 0;
}

int service_token_name(const char *uri, const char *what, char text[static URI_TEXT_MAX + 1])
{
    struct token_uri name;
    char why[URI_WHY_BYTES], label[URI_LABEL_MAX + 32];
    int err = uri_parse(span_of(uri, strlen(uri)), &name, why);
    if (!err && (name.id.len || name.type != URI_TYPE_ANY)) {
        snprintf(why, sizeof why, "it is to name a token, and in \"object\" what the names of its keys begin with");
        err = E_UNSUPPORTED;
    }
    int n = err ? 0 : snprintf(label, sizeof label, "%.*s-%s", name.object.len ? (int)name.object.len : 10,
                               name.object.len ? (const char *)name.object.bytes : "perisphere", what);
    if (n < 0 || n > URI_LABEL_MAX) {
        snprintf(why, sizeof why, "too long as the beginning of a key's name");
        err = E_LIMIT;
    }
    if (err) {
        fprintf(stderr, "perisphered: %s: %s\n", uri, why);
        return err;
    }
    memcpy(name.object.bytes, label, (size_t)n);
    name.object.len = (size_t)n;
    return uri_format(&name, text, URI_TEXT_MAX + 1);
}

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
    err = certificate_make_said(&r, issuer ? issuer : ca, buffer, sizeof buffer, &der);
    if (!err)
        err = authority_adopt(ca, der);
    return err ? err : serial_log_offline(folder, &r, (uint64_t)time(NULL));
}
