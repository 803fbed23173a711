/* SPDX-License-Identifier: BSD-2-Clause */
/* From the rows of statements to the rows of replies: one function a table. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lib/guid.h"
#include "service/store/operations.h"

enum { PAGE_DEFAULT = 100 };

/* -- the reply's buffer ------------------------------------------------------ */

static int answer_room(struct answer *answer, size_t more)
{
    size_t cap = answer->cap ? answer->cap : 512;
    while (cap - answer->len < more)
        cap *= 2;
    if (cap == answer->cap)
        return 0;
    uint8_t *at = realloc(answer->at, cap);
    if (!at)
        return E_NOMEM;
    answer->at = at;
    answer->cap = cap;
    return 0;
}

int answer_add(struct answer *answer, const struct record_type *type, const void *in)
{
    size_t room = record_bytes(type, in);
    int err = answer_room(answer, room);
    if (err)
        return err;
    struct writer w = writer_of(answer->at + answer->len, room);
    err = record_write(type, in, &w);
    if (!err)
        answer->len += w.len;
    return err;
}

int answer_list(struct answer *answer, bool created, uint64_t next, uint32_t skip)
{
    struct answer whole = {0};
    struct store_rows rows = {created, next, skip, span_of(answer->at, answer->len)};
    int err = answer_add(&whole, &store_rows_type, &rows);
    if (err) {
        answer_release(&whole);
        return err;
    }
    answer_release(answer);
    *answer = whole;
    return 0;
}

int answer_rows(struct answer *answer, bool created, uint64_t next)
{
    return answer_list(answer, created, next, 0);
}

void answer_release(struct answer *answer)
{
    free(answer->at);
    *answer = (struct answer){0};
}

/* -- one function a table ---------------------------------------------------- */

int row_catalog(struct store *store, struct statement *s, struct answer *answer)
{
    (void)store;
    struct store_row_catalog row = {
        .subscription = column_span(s, 0),
        .resource_group = column_span(s, 1),
        .name = column_span(s, 2),
        .tags = column_span(s, 3),
        .created_by = column_span(s, 5),
        .modified_by = column_span(s, 6),
        .created_ms = column_number(s, 7),
        .modified_ms = column_number(s, 8),
    };
    column_exact(s, 4, row.tenant, sizeof row.tenant);
    return answer_add(answer, &store_row_catalog_type, &row);
}

int row_product(struct store *store, struct statement *s, struct answer *answer)
{
    (void)store;
    struct store_row_product row = {column_span(s, 0), column_span(s, 1)};
    return answer_add(answer, &store_row_product_type, &row);
}

int row_group(struct store *store, struct statement *s, struct answer *answer)
{
    (void)store;
    struct store_row_group row = {
        .product = column_span(s, 0),
        .name = column_span(s, 1),
        .description = column_span(s, 2),
        .feed = (uint16_t)column_number(s, 3),
        .policy = (uint16_t)column_number(s, 4),
        .boundary = (uint16_t)column_number(s, 5),
        .crash_dumps = column_number(s, 6) != 0,
        .has_deployment = column_number(s, 7) != 0,
    };
    return answer_add(answer, &store_row_group_type, &row);
}

static struct span or_default(struct span name, bool claimed)
{
    return name.len || !claimed ? name : span_of(".default", 8);
}

int row_device(struct store *store, struct statement *s, struct answer *answer)
{
    (void)store;
    struct span catalog = column_span(s, 2);
    struct store_row_device row = {
        .subscription = column_span(s, 0),
        .resource_group = column_span(s, 1),
        .catalog = catalog,
        .product = or_default(column_span(s, 3), catalog.len != 0),
        .group = or_default(column_span(s, 4), catalog.len != 0),
        .chip_sku = column_span(s, 6),
        .available_os = column_span(s, 7),
        .installed_os = column_span(s, 8),
        .registered_ms = column_number(s, 9),
        .last_request_s = column_number(s, 10),
        .last_os_update_s = column_number(s, 11),
    };
    column_exact(s, 5, row.device_id, sizeof row.device_id);
    return answer_add(answer, &store_row_device_type, &row);
}

int row_image(struct store *store, struct statement *s, struct answer *answer)
{
    struct store_row_image row = {
        .type = (uint16_t)column_number(s, 2),
        .boundary = (uint16_t)column_number(s, 3),
        .name = column_span(s, 4),
        .file_bytes = column_number(s, 5),
        .created_ms = column_number(s, 6),
    };
    column_exact(s, 0, row.image, sizeof row.image);
    column_exact(s, 1, row.component, sizeof row.component);
    int err = image_address_write(store, column_number(s, 7), row.address);
    return err ? err : answer_add(answer, &store_row_image_type, &row);
}

int images_of(struct store *store, enum statement_id id, uint64_t owner, struct answer *images)
{
    struct statement *s = statement_get(&store->db, id);
    int got, err = 0;
    bind_number(s, 1, owner);
    while (!err && (got = statement_step(&store->db, s)) != 0)
        err = got < 0 ? got : row_image(store, s, images);
    statement_done(s);
    return err;
}

int number_get(struct store *store, struct statement *s, uint64_t *number)
{
    int got = statement_step(&store->db, s);
    *number = got == 1 ? column_number(s, 0) : 0;
    statement_done(s);
    return got < 0 ? got : 0;
}

int row_deployment(struct store *store, struct statement *s, struct answer *answer)
{
    struct answer images = {0};
    int err = images_of(store, STATEMENT_IMAGE_OF_DEPLOYMENT, column_number(s, 4), &images);
    struct store_row_deployment row = {
        .product = column_span(s, 0),
        .group = column_span(s, 1),
        .created_ms = column_number(s, 3),
        .images = span_of(images.at, images.len),
    };
    column_exact(s, 2, row.deployment, sizeof row.deployment);
    if (!err)
        err = answer_add(answer, &store_row_deployment_type, &row);
    answer_release(&images);
    return err;
}

int row_release(struct store *store, struct statement *s, struct answer *answer)
{
    struct answer images = {0};
    int err = images_of(store, STATEMENT_IMAGE_OF_RELEASE, column_number(s, 6), &images);
    struct store_row_release row = {
        .version = column_span(s, 0),
        .feed = (uint16_t)column_number(s, 1),
        .state = (uint16_t)column_number(s, 2),
        .hardware = (uint16_t)column_number(s, 3),
        .sequence = column_number(s, 4),
        .created_ms = column_number(s, 5),
        .images = span_of(images.at, images.len),
    };
    if (!err)
        err = answer_add(answer, &store_row_release_type, &row);
    answer_release(&images);
    return err;
}

int row_insight(struct store *store, struct statement *s, struct answer *answer)
{
    (void)store;
    struct store_row_insight row = {
        .category = (uint16_t)column_number(s, 1),
        .description = column_span(s, 2),
        .first_s = column_number(s, 3),
        .last_s = column_number(s, 4),
        .count = (uint32_t)column_number(s, 5),
        .of_os = column_number(s, 6) != 0,
    };
    column_exact(s, 0, row.device_id, sizeof row.device_id);
    return answer_add(answer, &store_row_insight_type, &row);
}

/* -- walking ------------------------------------------------------------------ */

int row_one(struct store *store, struct statement *s, row_add *add, struct answer *answer)
{
    int got = statement_step(&store->db, s);
    int err = got < 0 ? got : got == 0 ? E_NOT_FOUND : add(store, s, answer);
    statement_done(s);
    return err;
}

uint32_t page_limit(const struct store_query *query)
{
    return query->limit ? query->limit : PAGE_DEFAULT;
}

void page_bind(struct statement *s, int at, const struct store_query *query)
{
    bool filtered = query->filter.len != 0;
    uint64_t limit = filtered ? STORE_SCAN_MAX : page_limit(query);
    bind_number(s, at, query->after);
    bind_number(s, at + 1, limit + 1); /* one more: is there a next page */
    bind_number(s, at + 2, filtered ? 0 : query->skip);
}

int row_page(struct store *store, struct statement *s, row_add *add, uint32_t limit, struct answer *answer)
{
    uint64_t last = 0, next = 0;
    uint32_t count = 0;
    int got, err = 0;
    while (!err && (got = statement_step(&store->db, s)) != 0) {
        if (got < 0) {
            err = got;
        } else if (count++ == limit) {
            next = last;
            break;
        } else {
            last = column_number(s, column_count(s) - 1);
            err = add(store, s, answer);
        }
    }
    statement_done(s);
    return err ? err : answer_rows(answer, false, next);
}

/* The row that was added last, as its record's struct. */
static int row_look(const struct answer *answer, size_t mark, const struct record_type *type, void *row, size_t cap)
{
    struct cursor c = cursor_of(span_of(answer->at + mark, answer->len - mark));
    if (type->size > cap)
        return E_INTERNAL;
    record_get(type, &c, row);
    return cursor_end(&c);
}

uint32_t scan_limit(const struct store *store) { return store->scan_max ? store->scan_max : STORE_SCAN_MAX; }

/* Texts are sealed in the database, so that it can compare them but not look into them: rows
 * are opened here first and chosen afterwards. */
static int rows_choose(struct store *store, struct statement *s, row_add *add, const struct record_type *type,
                       const struct store_query *query, const struct filter *filter, uint64_t beyond, struct answer *answer)
{
    _Alignas(max_align_t) uint8_t row[512];
    uint64_t last = query->after, next = 0;
    uint32_t count = 0, seen = 0, skip = query->skip;
    int got = 0, err = 0;
    while (!err && (got = statement_step(&store->db, s)) == 1) {
        size_t mark = answer->len;
        if (seen++ == scan_limit(store)) {
            next = last;
            break;
        }
        err = add(store, s, answer);
        if (!err)
            err = row_look(answer, mark, type, row, sizeof row);
        bool fits = !err && filter_matches(filter, row);
        if (fits && !skip && count == page_limit(query)) {
            answer->len = mark;
            next = last;
            break;
        }
        last = column_number(s, column_count(s) - 1);
        if (fits && !skip)
            count++;
        else
            answer->len = mark;
        if (fits && skip)
            skip--;
    }
    statement_done(s);
    err = err ? err : got < 0 ? got : 0;
    next = next ? next : beyond;
    return err ? err : answer_list(answer, false, next, next ? skip : 0);
}

int row_list(struct store *store, struct statement *s, row_add *add, const struct record_type *type,
             const struct store_query *query, struct answer *answer)
{
    return row_list_within(store, s, add, type, query, 0, answer);
}

int row_list_within(struct store *store, struct statement *s, row_add *add, const struct record_type *type,
                    const struct store_query *query, uint64_t beyond, struct answer *answer)
{
    static struct filter filter; /* one thread */
    char reason[FILTER_REASON_MAX];
    const struct filter_list *list = filter_list_of(type);
    if (!query->filter.len)
        return row_page(store, s, add, page_limit(query), answer);
    int err = list ? filter_parse(list, query->filter, &filter, reason) : E_UNSUPPORTED;
    return err ? err : rows_choose(store, s, add, type, query, &filter, beyond, answer);
}

int random_guid(uint8_t guid[static 16])
{
    if (getrandom(guid, 16, 0) != 16)
        return E_ENTROPY;
    guid_from_random(guid);
    return 0;
}
