/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/store/database/transfer.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "lib/crypto.h"

static int name_take(char name[static TRANSFER_NAME_BYTES], const char *text)
{
    return text && snprintf(name, TRANSFER_NAME_BYTES, "%s", text) < TRANSFER_NAME_BYTES ? 0 : E_LIMIT;
}

int transfer_column_add(struct transfer_schema *schema, const char *table, const char *column, enum value_kind kind,
                        bool numbers)
{
    struct transfer_table *t = schema->tables ? &schema->table[schema->tables - 1] : NULL;
    if (!table)
        return E_LIMIT;
    if (!t || strcmp(t->name, table) != 0) {
        if (schema->tables == TRANSFER_TABLES_MAX)
            return E_LIMIT;
        t = &schema->table[schema->tables++];
        *t = (struct transfer_table){.columns = 0};
        if (name_take(t->name, table) != 0)
            return E_LIMIT;
    }
    if (t->columns == TRANSFER_COLUMNS_MAX)
        return E_LIMIT;
    struct transfer_column *c = &t->column[t->columns++];
    c->kind = kind;
    t->numbers |= numbers;
    return name_take(c->name, column);
}

int transfer_columns_write(const struct transfer_table *table, char *text, size_t cap)
{
    size_t len = 0;
    for (size_t i = 0; i < table->columns; i++) {
        int n = snprintf(text + len, cap - len, "%s\"%s\"", i ? ", " : "", table->column[i].name);
        if (n < 0 || (size_t)n >= cap - len)
            return E_RANGE;
        len += (size_t)n;
    }
    return 0;
}

static const struct transfer_table *table_find(const struct transfer_schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->tables; i++)
        if (strcmp(schema->table[i].name, name) == 0)
            return &schema->table[i];
    return NULL;
}

static bool columns_equal(const struct transfer_table *a, const struct transfer_table *b)
{
    bool equal = a->columns == b->columns && a->numbers == b->numbers;
    for (size_t i = 0; equal && i < a->columns; i++)
        equal = strcmp(a->column[i].name, b->column[i].name) == 0 && a->column[i].kind == b->column[i].kind;
    return equal;
}

static int table_missing(const char *name)
{
    fprintf(stderr, "store: table %s is not alike on both sides: both must be of this program's schema, %d\n", name,
            DATABASE_SCHEMA);
    return E_VERSION;
}

int transfer_schema_compare(const struct transfer_schema *a, const struct transfer_schema *b)
{
    for (size_t i = 0; i < a->tables; i++) {
        const struct transfer_table *other = table_find(b, a->table[i].name);
        if (!other || !columns_equal(&a->table[i], other))
            return table_missing(a->table[i].name);
    }
    for (size_t i = 0; i < b->tables; i++)
        if (!table_find(a, b->table[i].name))
            return table_missing(b->table[i].name);
    return 0;
}

/* Of each value its kind, its length or itself, and its bytes. */
int transfer_sum_add(struct transfer_sum *sum, const struct transfer_table *table, const struct value *values)
{
    uint64_t head[TRANSFER_COLUMNS_MAX][2];
    struct span parts[2 * TRANSFER_COLUMNS_MAX];
    uint8_t digest[SHA256_BYTES];
    for (size_t i = 0; i < table->columns; i++) {
        const struct value *v = &values[i];
        head[i][0] = htole64((uint64_t)v->kind);
        head[i][1] = htole64(v->kind == VALUE_NUMBER ? v->number : v->bytes.len);
        parts[2 * i] = span_of(head[i], sizeof head[i]);
        parts[2 * i + 1] = v->bytes;
    }
    int err = crypto_sha256(parts, 2 * table->columns, digest);
    if (err)
        return err;
    for (size_t i = 0; i < 4; i++) {
        uint64_t lane;
        memcpy(&lane, digest + 8 * i, sizeof lane);
        sum->digest[i] += le64toh(lane);
    }
    sum->rows++;
    return 0;
}
