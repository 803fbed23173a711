/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Image packages, of a catalog or of the provider.  Taken in as they are: the
 * keys that sign images are not on the service, so nothing here signs, and the
 * device decides by the signature.  Immutable: the same id with other bytes is
 * a conflict.
 */
#include <string.h>

#include "lib/guid.h"
#include "lib/image.h"
#include "lib/utf8.h"
#include "service/store/operations.h"

/* Which types may be uploaded where. */
static bool type_allowed(uint16_t type, bool provider)
{
    switch (type) {
    case IMAGE_TYPE_APPLICATIONS:
    case IMAGE_TYPE_CUSTOMER_BOARD_CONFIG:
        return !provider;
    case IMAGE_TYPE_ONE_BL:
    case IMAGE_TYPE_PLUTON_RUNTIME:
    case IMAGE_TYPE_SECURITY_MONITOR:
    case IMAGE_TYPE_NORMAL_WORLD_DTB:
    case IMAGE_TYPE_NORMAL_WORLD_KERNEL:
    case IMAGE_TYPE_ROOT_FS:
    case IMAGE_TYPE_SERVICES:
    case IMAGE_TYPE_TRUSTED_KEYSTORE:
        return provider;
    default:
        return false;
    }
}

struct found {
    uint64_t id;
    uint8_t digest[32];
    uint8_t reference[32];
};

static int image_find(struct store *store, uint64_t catalog, const uint8_t image[static 16],
                      struct found *found)
{
    struct statement *s = statement_get(&store->db, catalog ? STATEMENT_IMAGE_FIND : STATEMENT_IMAGE_FIND_OS);
    int at = 1;
    if (catalog)
        bind_number(s, at++, catalog);
    bind_bytes(s, at, image, 16);
    int got = statement_step(&store->db, s);
    *found = (struct found){0};
    if (got == 1) {
        found->id = column_number(s, 0);
        column_exact(s, 1, found->digest, sizeof found->digest);
        column_exact(s, 4, found->reference, sizeof found->reference);
    }
    statement_done(s);
    return got < 0 ? got : got == 1 ? 0 : E_NOT_FOUND;
}

static int image_answer(struct store *store, uint64_t id, bool created, struct answer *answer)
{
    struct statement *s = statement_get(&store->db, STATEMENT_IMAGE_ROW);
    bind_number(s, 1, id);
    int err = row_one(store, s, row_image, answer);
    return err ? err : answer_rows(answer, created, 0);
}

/* A package named by its GUID, below the catalog that scope names or the provider. */
static int image_at(struct store *store, const struct store_scope *scope, struct found *found)
{
    struct place place = {0};
    uint8_t image[16];
    int err = scope->catalog.len ? place_find(store, scope, PLACE_CATALOG, &place) : 0;
    if (err)
        return err;
    if (guid_parse(scope->name, image) != 0)
        return E_NOT_FOUND;
    return image_find(store, place.catalog, image, found);
}

int op_image_get(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    struct found found;
    int err = record_parse(&store_query_type, payload, &query);
    if (!err)
        err = image_at(store, &query.scope, &found);
    return err ? err : image_answer(store, found.id, false, answer);
}

int op_image_list(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    struct place place;
    int err = query_place(store, payload, PLACE_CATALOG, &query, &place);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_IMAGE_LIST);
    bind_number(s, 1, place.catalog);
    page_bind(s, 2, &query);
    return row_list(store, s, row_image, &store_row_image_type, &query, answer);
}

/* E_CONFLICT while a deployment names it. */
int op_image_delete(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    struct found found;
    int err = record_parse(&store_query_type, payload, &query);
    if (!err)
        err = image_at(store, &query.scope, &found);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_ROLLOUT_FORGET); /* of those that ended */
    bind_number(s, 1, found.id);
    err = statement_run(&store->db, s);
    if (err)
        return err;
    s = statement_get(&store->db, STATEMENT_IMAGE_DELETE);
    bind_number(s, 1, found.id);
    err = statement_run(&store->db, s);
    if (!err)
        err = package_remove(store, found.digest);
    return err ? err : answer_rows(answer, false, 0);
}

/* A program of a host, by the first bytes of its file. */
static bool is_program(struct span body)
{
    static const uint8_t elf[4] = {0x7F, 'E', 'L', 'F'};
    return body.len >= sizeof elf && memcmp(body.at, elf, sizeof elf) == 0;
}

/* What boot measures: the signed bytes; the body alone for a root of trust that is a
 * program, because it measures its own file. */
static int reference_of(const struct image *image, uint8_t digest[static SHA256_BYTES])
{
    if (image->meta.type == IMAGE_TYPE_PLUTON_RUNTIME && is_program(image->body))
        return crypto_sha256(&image->body, 1, digest);
    return image_digest(image, digest);
}

/* The same image under another signature: each chip of a build is signed by itself, and
 * any of them may be where a release comes from.  What is stored stays. */
static bool is_signed_anew(const struct image *image, const struct found *found)
{
    uint8_t digest[SHA256_BYTES];
    return image_digest(image, digest) == 0 && memcmp(digest, found->reference, sizeof digest) == 0;
}

static struct abi_identity first_identity(bool has, const struct image_abi *abi)
{
    return has && abi->count ? abi->at[0] : (struct abi_identity){0};
}

static int image_insert(struct store *store, uint64_t catalog, uint16_t boundary, const struct image *image,
                        const uint8_t digest[static 32], uint64_t *id)
{
    const struct image_meta *m = &image->meta;
    struct abi_identity provides = first_identity(m->has_provides, &m->provides);
    struct abi_identity depends = first_identity(m->has_depends, &m->depends);
    uint8_t reference[SHA256_BYTES];
    int err = reference_of(image, reference);
    if (!err)
        err = package_put(store, digest, image->file);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_IMAGE_INSERT);
    bind_number_or_null(s, 1, catalog);
    bind_bytes(s, 2, m->id, sizeof m->id);
    bind_bytes(s, 3, m->component, sizeof m->component);
    bind_number(s, 4, m->type);
    bind_text(s, 5, span_of(m->name, strlen(m->name)));
    bind_number(s, 6, boundary);
    bind_bytes(s, 7, digest, 32);
    bind_bytes(s, 8, reference, sizeof reference);
    bind_number(s, 9, image->file.len);
    bind_number(s, 10, provides.version);
    bind_number(s, 11, provides.type);
    bind_number(s, 12, depends.version);
    bind_number(s, 13, depends.type);
    bind_number(s, 14, database_now_ms(&store->db));
    err = statement_run(&store->db, s);
    *id = database_inserted(&store->db);
    return err;
}

/* Parses and checks all that can be checked without the database. */
static int package_check(const struct store_image_put *put, bool provider, struct image *image)
{
    uint8_t named[16];
    if (image_parse(put->package, image) != 0)
        return E_MALFORMED;
    if (guid_is_zero(image->meta.id) || guid_is_zero(image->meta.component) ||
        !utf8_valid(span_of(image->meta.name, strlen(image->meta.name))))
        return E_MALFORMED;
    if (!type_allowed(image->meta.type, provider))
        return E_UNSUPPORTED;
    if (put->scope.name.len &&
        (guid_parse(put->scope.name, named) != 0 || !guid_equal(named, image->meta.id)))
        return E_BINDING;
    return 0;
}

static int image_take(struct store *store, const struct store_image_put *put, uint64_t *id, bool *created)
{
    struct place place = {0};
    struct image image;
    struct found found;
    uint8_t digest[SHA256_BYTES];
    bool provider = put->scope.catalog.len == 0;
    int err = provider ? 0 : place_find(store, &put->scope, PLACE_CATALOG, &place);
    if (!err)
        err = package_check(put, provider, &image);
    if (!err)
        err = crypto_sha256(&image.file, 1, digest);
    if (err)
        return err;
    err = image_find(store, place.catalog, image.meta.id, &found);
    *created = err == E_NOT_FOUND;
    if (*created)
        return image_insert(store, place.catalog, put->boundary, &image, digest, id);
    *id = found.id;
    if (!err && memcmp(found.digest, digest, sizeof digest) != 0 && !(provider && is_signed_anew(&image, &found)))
        err = E_CONFLICT;
    return err;
}

int op_image_put(struct store *store, struct span payload, struct answer *answer)
{
    struct store_image_put put;
    uint64_t id = 0;
    bool created = false;
    int err = record_parse(&store_image_put_type, payload, &put);
    if (err)
        return err;
    err = image_take(store, &put, &id, &created);
    return err ? err : image_answer(store, id, created, answer);
}

