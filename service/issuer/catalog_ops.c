/* SPDX-License-Identifier: BSD-2-Clause */
/* The operations on catalogs' CAs, and the making of one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/guid.h"
#include "service/issuer/state.h"

_Static_assert((int)STORE_CAS_MAX == (int)ISSUER_AUTHORITIES_MAX, "what the store has can be shown");

enum { OLD_FILE_MAX = 8192 };

/* -- a new one ------------------------------------------------------------------ */

static int anchor_make(struct issuer *issuer, struct certificate_request *r, uint64_t now_s, struct catalog_ca *ca)
{
    struct span anchor;
    int err = certificate_serial(ca->anchor_serial);
    r->serial = ca->anchor_serial;
    if (!err)
        err = certificate_make(r, &ca->authority, ca->anchor, sizeof ca->anchor, &anchor);
    if (!err)
        err = serial_log_add(&issuer->serials, r, now_s);
    if (err)
        return err;
    memmove(ca->anchor, anchor.at, anchor.len);
    ca->anchor_bytes = anchor.len;
    return 0;
}

static int ca_make(struct issuer *issuer, const uint8_t id[static GUID_BYTES], uint64_t now_s, struct catalog_ca *ca)
{
    uint8_t serial[ISSUER_SERIAL_BYTES], buffer[AUTHORITY_CERTIFICATE_MAX];
    char guid[GUID_TEXT_BYTES], name[64];
    struct span der;
    guid_format(id, guid);
    snprintf(name, sizeof name, "Perisphere %s", guid);
    if (now_s >= issuer->root.not_after_s)
        return E_STATE;
    int err = authority_generate(&ca->authority, false);
    if (err || (err = certificate_serial(serial)) != 0)
        return err;
    uint64_t end = now_s - ISSUER_BACKDATE_S + profile_table[PROFILE_CATALOG].life_s;
    struct certificate_request r = {
        .profile = PROFILE_CATALOG, .serial = serial, .not_before_s = now_s - ISSUER_BACKDATE_S,
        .not_after_s = end < issuer->root.not_after_s ? end : issuer->root.not_after_s,
        .common_name = span_of(name, strlen(name)),
        .organisation = span_of(issuer->organisation, strlen(issuer->organisation)),
        .point = ca->authority.point, .point_bytes = ca->authority.point_bytes,
    };
    err = certificate_make(&r, &issuer->root, buffer, sizeof buffer, &der);
    if (!err)
        err = authority_adopt(&ca->authority, der);
    if (!err)
        err = serial_log_add(&issuer->serials, &r, now_s);
    return err ? err : anchor_make(issuer, &r, now_s, ca);
}

/* The store is asked to keep ca; what it keeps comes back by issuer_bring(). */
static int put_want(struct issuer *issuer, const uint8_t id[static GUID_BYTES], const struct catalog_ca *ca,
                    bool can_wait)
{
    int err = catalog_record_seal(&issuer->catalogs.wrap.now, id, ca, issuer->sealed, &issuer->want.ca);
    if (err)
        return err;
    issuer->want.what = ISSUER_WANTS_CA_KEPT;
    issuer->want.can_wait = can_wait;
    return E_BUSY;
}

static int next_want(struct issuer *issuer, const struct catalog *catalog, uint64_t now_s, bool can_wait)
{
    struct catalog_ca *ca = calloc(1, sizeof *ca);
    int err = ca ? ca_make(issuer, catalog->id, now_s, ca) : E_NOMEM;
    if (!err) {
        ca->number = catalog->count ? catalog->ca[0]->number + 1 : 1;
        ca->active_s = catalog_next_active(catalog, now_s);
        err = put_want(issuer, catalog->id, ca, can_wait);
    }
    if (ca)
        authority_release(&ca->authority);
    free(ca);
    return err;
}

/* -- where they were before the store kept them ----------------------------------- */

static bool old_path(const struct issuer *issuer, const uint8_t id[static GUID_BYTES], char path[static PATH_MAX])
{
    char guid[GUID_TEXT_BYTES];
    guid_format(id, guid);
    return issuer->old_folder[0] && snprintf(path, PATH_MAX, "%s/%s.key", issuer->old_folder, guid) < PATH_MAX &&
           access(path, F_OK) == 0;
}

static int old_read(const char *path, struct catalog_ca *ca)
{
    uint8_t text[OLD_FILE_MAX];
    FILE *f = fopen(path, "re");
    size_t len = f ? fread(text, 1, sizeof text, f) : 0;
    int err = f && !ferror(f) ? authority_parse(&ca->authority, span_of(text, len), ca->anchor, &ca->anchor_bytes)
                              : E_IO;
    OPENSSL_cleanse(text, sizeof text);
    if (f)
        fclose(f);
    if (!err)
        err = authority_serial(span_of(ca->anchor, ca->anchor_bytes), ca->anchor_serial);
    if (err)
        fprintf(stderr, "issuer: %s: %s\n", path, err_text(err));
    return err;
}

static int old_want(struct issuer *issuer, const uint8_t id[static GUID_BYTES], const char *path)
{
    struct catalog_ca *ca = calloc(1, sizeof *ca);
    int err = ca ? old_read(path, ca) : E_NOMEM;
    if (!err) {
        ca->number = 1;
        err = put_want(issuer, id, ca, false);
    }
    if (ca)
        authority_release(&ca->authority);
    free(ca);
    return err;
}

/* -- getting one ------------------------------------------------------------------ */

int issuer_catalog_get(struct issuer *issuer, const uint8_t id[static GUID_BYTES], uint64_t now_s, unsigned how,
                       struct catalog **found)
{
    char path[PATH_MAX];
    struct catalog *catalog = catalogs_find(&issuer->catalogs, id);
    *found = NULL;
    if (!catalog || (!issuer->brought && ((how & ISSUER_CATALOG_NOW) || now_s < catalog->fetched_s ||
                                          now_s - catalog->fetched_s >= CATALOG_FRESH_S))) {
        if (guid_is_zero(id))
            return E_RANGE;
        issuer->want = (struct issuer_want){.what = ISSUER_WANTS_CAS};
        memcpy(issuer->want.ca.tenant, id, GUID_BYTES);
        return E_BUSY;
    }
    if (catalog->count == 0 && old_path(issuer, id, path))
        return old_want(issuer, id, path);
    if (catalog->count == 0 && !(how & ISSUER_CATALOG_CREATE))
        return E_NOT_FOUND;
    if (catalog_due(catalog, issuer->root.not_after_s, now_s)) {
        bool can_wait = catalog_signer(catalog, now_s) != NULL;
        int err = next_want(issuer, catalog, now_s, can_wait);
        if (err == E_BUSY || !can_wait)
            return err;
        issuer_want_fail(issuer, id, now_s);
    }
    *found = catalog;
    return 0;
}

const struct issuer_want *issuer_want(const struct issuer *issuer) { return &issuer->want; }

int issuer_bring(struct issuer *issuer, const uint8_t id[static GUID_BYTES], struct span reply, uint64_t now_s)
{
    struct store_cas *cas = malloc(sizeof *cas);
    char path[PATH_MAX];
    int err = cas ? record_parse(&store_cas_type, reply, cas) : E_NOMEM;
    if (!err)
        err = catalogs_bring(&issuer->catalogs, id, cas, now_s);
    if (err) {
        char guid[GUID_TEXT_BYTES];
        guid_format(id, guid);
        fprintf(stderr, "issuer: the CA of catalog %s, as the store has it: %s%s\n", guid, err_text(err),
                err == E_KEY_UNKNOWN ? ": issuer/wrap.key of this data folder is not the one that it was sealed with, nor another key there" : "");
    }
    /* It is in the store for good, or the store has another: the file's time is over. */
    if (!err && cas->count && old_path(issuer, id, path) && unlink(path) != 0)
        fprintf(stderr, "issuer: %s: %s: the store has this key now, remove the file\n", path, strerror(errno));
    free(cas);
    return err;
}

void issuer_want_fail(struct issuer *issuer, const uint8_t id[static GUID_BYTES], uint64_t now_s)
{
    char guid[GUID_TEXT_BYTES];
    struct catalog *catalog = catalogs_find(&issuer->catalogs, id);
    if (catalog)
        catalog->renew_after_s = now_s + CATALOG_RETRY_S;
    guid_format(id, guid);
    fprintf(stderr, "issuer: the CA of catalog %s could not be renewed; the next attempt is in %d s\n", guid,
            CATALOG_RETRY_S);
}

void issuer_again(struct issuer *issuer, enum issuer_want_kind brought) { issuer->brought = brought; }

/* -- operations ------------------------------------------------------------------- */

static struct span certificate_of(const struct authority *a) { return span_of(a->certificate, a->certificate_bytes); }

static int authorities_reply(const struct issuer *issuer, const struct catalog *catalog, uint64_t now_s,
                             struct writer *reply)
{
    struct issuer_authorities out = {.root = span_of(issuer->anchor, issuer->anchor_bytes), .count = (uint32_t)catalog->count};
    for (size_t i = 0; i < catalog->count; i++) {
        const struct catalog_ca *ca = catalog->ca[i];
        struct issuer_authority *to = &out.at[i];
        to->status = (uint16_t)catalog_ca_status(catalog, ca, now_s);
        memcpy(to->serial, ca->authority.serial, sizeof to->serial);
        memcpy(to->anchor_serial, ca->anchor_serial, sizeof to->anchor_serial);
        to->not_before_s = ca->authority.not_before_s;
        to->not_after_s = ca->authority.not_after_s;
        to->active_s = ca->active_s;
        to->certificate = certificate_of(&ca->authority);
        to->anchor = span_of(ca->anchor, ca->anchor_bytes);
        to->issuing = issuer_issuing(issuer, &ca->authority);
    }
    return record_write(&issuer_authorities_type, &out, reply);
}

static int list(struct issuer *issuer, struct span payload, uint64_t now_s, unsigned how, struct writer *reply)
{
    struct issuer_catalog_request r;
    struct catalog *catalog;
    int err = issuer_catalog_request_parse(payload, &r);
    if (!err)
        err = issuer_catalog_get(issuer, r.catalog, now_s, how, &catalog);
    return err ? err : authorities_reply(issuer, catalog, now_s, reply);
}

int issuer_catalog_create(struct issuer *issuer, struct span payload, uint64_t now_s, struct writer *reply)
{
    return list(issuer, payload, now_s, ISSUER_CATALOG_NOW | ISSUER_CATALOG_CREATE, reply);
}

int issuer_catalog_list(struct issuer *issuer, struct span payload, uint64_t now_s, struct writer *reply)
{
    return list(issuer, payload, now_s, ISSUER_CATALOG_NOW, reply);
}

/* Runs again once the store has kept the next one; that it was made is then seen by its age. */
int issuer_catalog_renew(struct issuer *issuer, struct span payload, uint64_t now_s, struct writer *reply)
{
    struct issuer_catalog_request r;
    struct catalog *catalog;
    bool made = issuer->brought == ISSUER_WANTS_CA_KEPT;
    int err = issuer_catalog_request_parse(payload, &r);
    if (!err)
        err = issuer_catalog_get(issuer, r.catalog, now_s, ISSUER_CATALOG_NOW, &catalog);
    if (err)
        return err;
    if (made)
        return authorities_reply(issuer, catalog, now_s, reply);
    const struct catalog_ca *oldest = catalog->ca[catalog->count - 1];
    if ((catalog->ca[0]->active_s > now_s && !catalog_ca_ahead(catalog->ca[0], now_s)) ||
        (catalog->count == STORE_CAS_MAX && catalog_ca_status(catalog, oldest, now_s) <= ISSUER_CA_INACTIVE))
        return E_CONFLICT;
    return next_want(issuer, catalog, now_s, false);
}

int issuer_prove_possession(struct issuer *issuer, struct span payload, uint64_t now_s, struct writer *reply)
{
    struct issuer_possession_request r;
    struct catalog *catalog;
    struct authority throwaway; /* nobody will ever hold the leaf's key */
    uint8_t serial[ISSUER_SERIAL_BYTES], buffer[ISSUER_CERTIFICATE_MAX];
    struct span der;
    int err = issuer_possession_request_parse(payload, &r);
    if (!err)
        err = issuer_catalog_get(issuer, r.catalog, now_s, 0, &catalog);
    if (err)
        return err;
    struct catalog_ca *ca = catalog_ca_of(catalog, r.serial);
    if (!ca)
        return E_NOT_FOUND;
    uint64_t begin = now_s - ISSUER_BACKDATE_S, end = begin + profile_table[PROFILE_POSSESSION].life_s;
    if (ca->revoked_s || end > ca->authority.not_after_s)
        return E_STALE;
    if ((err = certificate_serial(serial)) != 0 || (err = authority_generate(&throwaway, false)) != 0)
        return err;
    struct certificate_request leaf = {
        .profile = PROFILE_POSSESSION, .serial = serial, .not_before_s = begin, .not_after_s = end,
        .common_name = r.code, .point = throwaway.point, .point_bytes = throwaway.point_bytes,
    };
    err = certificate_make(&leaf, &ca->authority, buffer, sizeof buffer, &der);
    if (!err)
        err = serial_log_add(&issuer->serials, &leaf, now_s);
    if (!err)
        err = issuer_leaf_reply(issuer, &leaf, der, NULL, reply);
    authority_release(&throwaway);
    return err;
}
