/* SPDX-License-Identifier: BSD-2-Clause */
/* The built-in functions of JMESPath.  The table at the end is all there are. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output/jmespath.h"

/* What an argument may be, bits. */
enum {
    A_NUMBER = 1 << 0, A_STRING = 1 << 1, A_BOOLEAN = 1 << 2, A_ARRAY = 1 << 3, A_OBJECT = 1 << 4,
    A_NULL = 1 << 5, A_REFERENCE = 1 << 6,
    A_NUMBERS = 1 << 7, /* an array of numbers only */
    A_STRINGS = 1 << 8, /* an array of strings only */
    A_ANY = A_NUMBER | A_STRING | A_BOOLEAN | A_ARRAY | A_OBJECT | A_NULL,
};

enum { ARGS_MAX = 16 };

struct args {
    struct jmes_run *run;
    int count;
    json_t *at[ARGS_MAX];     /* NULL for a reference */
    int reference[ARGS_MAX];  /* its node */
};

static int kind_of(const json_t *v)
{
    static const int kinds[] = {
        [JSON_OBJECT] = A_OBJECT, [JSON_ARRAY] = A_ARRAY, [JSON_STRING] = A_STRING,
        [JSON_INTEGER] = A_NUMBER, [JSON_REAL] = A_NUMBER, [JSON_TRUE] = A_BOOLEAN,
        [JSON_FALSE] = A_BOOLEAN, [JSON_NULL] = A_NULL,
    };
    return kinds[json_typeof(v)];
}

static bool all_are(json_t *array, int kind)
{
    size_t i;
    json_t *item;
    if (!json_is_array(array))
        return false;
    json_array_foreach(array, i, item)
        if (kind_of(item) != kind)
            return false;
    return true;
}

static json_t *number(double x)
{
    if (!isfinite(x))
        return json_null();
    return x == floor(x) && fabs(x) < 9007199254740992.0 ? json_integer((json_int_t)x) : json_real(x);
}

static json_t *f_abs(struct args *a)
{
    json_int_t whole = json_integer_value(a->at[0]);
    if (json_is_integer(a->at[0]) && whole != INT64_MIN)
        return json_integer(whole < 0 ? -whole : whole);
    return json_real(fabs(json_number_value(a->at[0])));
}

static json_t *f_ceil(struct args *a)
{
    return json_is_integer(a->at[0]) ? json_incref(a->at[0]) : number(ceil(json_real_value(a->at[0])));
}

static json_t *f_floor(struct args *a)
{
    return json_is_integer(a->at[0]) ? json_incref(a->at[0]) : number(floor(json_real_value(a->at[0])));
}

static double sum(json_t *array)
{
    double total = 0;
    size_t i;
    json_t *item;
    json_array_foreach(array, i, item)
        total += json_number_value(item);
    return total;
}

static json_t *f_sum(struct args *a) { return number(sum(a->at[0])); }

static json_t *f_avg(struct args *a)
{
    size_t size = json_array_size(a->at[0]);
    return size ? number(sum(a->at[0]) / (double)size) : json_null();
}

static json_t *f_contains(struct args *a)
{
    size_t i;
    json_t *item;
    if (json_is_string(a->at[0]))
        return json_boolean(json_is_string(a->at[1]) &&
                            strstr(json_string_value(a->at[0]), json_string_value(a->at[1])));
    json_array_foreach(a->at[0], i, item)
        if (json_equal(item, a->at[1]))
            return json_true();
    return json_false();
}

static json_t *f_starts_with(struct args *a)
{
    size_t n = json_string_length(a->at[1]);
    return json_boolean(strncmp(json_string_value(a->at[0]), json_string_value(a->at[1]), n) == 0);
}

static json_t *f_ends_with(struct args *a)
{
    size_t all = json_string_length(a->at[0]), n = json_string_length(a->at[1]);
    return json_boolean(n <= all && strcmp(json_string_value(a->at[0]) + all - n, json_string_value(a->at[1])) == 0);
}

static json_t *f_join(struct args *a)
{
    size_t room = 1, len = 0, i, glue = json_string_length(a->at[0]);
    json_t *item;
    json_array_foreach(a->at[1], i, item)
        room += json_string_length(item) + glue;
    char *text = malloc(room);
    if (!text)
        return NULL;
    text[0] = 0;
    json_array_foreach(a->at[1], i, item)
        len += (size_t)snprintf(text + len, room - len, "%s%s", i ? json_string_value(a->at[0]) : "",
                                json_string_value(item));
    json_t *out = json_stringn(text, len);
    free(text);
    return out;
}

static json_t *f_keys(struct args *a)
{
    json_t *out = json_array(), *value;
    const char *key;
    json_object_foreach(a->at[0], key, value)
        json_array_append_new(out, json_string(key));
    return out;
}

static json_t *f_values(struct args *a)
{
    json_t *out = json_array(), *value;
    const char *key;
    json_object_foreach(a->at[0], key, value)
        json_array_append(out, value);
    return out;
}

/* Characters, not bytes. */
static json_t *f_length(struct args *a)
{
    json_int_t n = 0;
    if (json_is_string(a->at[0]))
        for (const char *c = json_string_value(a->at[0]); *c; c++)
            n += (*c & 0xC0) != 0x80;
    else
        n = (json_int_t)(json_is_array(a->at[0]) ? json_array_size(a->at[0]) : json_object_size(a->at[0]));
    return json_integer(n);
}

static json_t *f_map(struct args *a)
{
    json_t *out = json_array(), *item;
    size_t i;
    json_array_foreach(a->at[1], i, item) {
        json_t *made = jmes_eval(a->run, a->reference[0], item);
        if (!made) {
            json_decref(out);
            return NULL;
        }
        json_array_append_new(out, made);
    }
    return out;
}

static json_t *f_merge(struct args *a)
{
    json_t *out = json_object();
    for (int i = 0; i < a->count; i++)
        json_object_update(out, a->at[i]);
    return out;
}

static json_t *f_not_null(struct args *a)
{
    for (int i = 0; i < a->count; i++)
        if (!json_is_null(a->at[i]))
            return json_incref(a->at[i]);
    return json_null();
}

static json_t *f_to_array(struct args *a)
{
    return json_is_array(a->at[0]) ? json_incref(a->at[0]) : json_pack("[O]", a->at[0]);
}

static json_t *f_to_string(struct args *a)
{
    if (json_is_string(a->at[0]))
        return json_incref(a->at[0]);
    char *text = json_dumps(a->at[0], JSON_ENCODE_ANY | JSON_COMPACT);
    json_t *out = text ? json_string(text) : NULL;
    free(text);
    return out;
}

static json_t *f_to_number(struct args *a)
{
    if (json_is_number(a->at[0]))
        return json_incref(a->at[0]);
    json_t *out = json_is_string(a->at[0]) ? json_loads(json_string_value(a->at[0]), JSON_DECODE_ANY, NULL) : NULL;
    if (json_is_number(out))
        return out;
    json_decref(out);
    return json_null();
}

static json_t *f_type(struct args *a)
{
    static const char *const names[] = {
        [JSON_OBJECT] = "object", [JSON_ARRAY] = "array", [JSON_STRING] = "string",
        [JSON_INTEGER] = "number", [JSON_REAL] = "number", [JSON_TRUE] = "boolean",
        [JSON_FALSE] = "boolean", [JSON_NULL] = "null",
    };
    return json_string(names[json_typeof(a->at[0])]);
}

/* Bytes in reverse, each character's own order kept. */
static json_t *reverse_text(const char *text, size_t len)
{
    char *out = malloc(len + 1);
    if (!out)
        return NULL;
    for (size_t i = 0, end = len; i < len;) {
        size_t n = 1;
        while (i + n < len && (text[i + n] & 0xC0) == 0x80)
            n++;
        end -= n;
        memcpy(out + end, text + i, n);
        i += n;
    }
    json_t *value = json_stringn(out, len);
    free(out);
    return value;
}

static json_t *f_reverse(struct args *a)
{
    if (json_is_string(a->at[0]))
        return reverse_text(json_string_value(a->at[0]), json_string_length(a->at[0]));
    json_t *out = json_array();
    for (size_t i = json_array_size(a->at[0]); i > 0; i--)
        json_array_append(out, json_array_get(a->at[0], i - 1));
    return out;
}

/* -- order: by a key, which is the element itself for sort, min and max ------------------ */

struct ranked {
    json_t *item, *key;
    size_t at; /* equal keys keep their order */
};

static int key_order(const json_t *a, const json_t *b)
{
    if (json_is_string(a))
        return strcmp(json_string_value(a), json_string_value(b));
    double x = json_number_value(a), y = json_number_value(b);
    return (x > y) - (x < y);
}

static int rank_order(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;
    int order = key_order(a->key, b->key);
    return order ? order : (a->at > b->at) - (a->at < b->at);
}

/* All keys must be numbers, or all strings.  NULL: failed, or the array is empty (*count 0). */
static struct ranked *rank(struct args *a, int by, size_t *count)
{
    json_t *array = a->at[0];
    size_t size = json_array_size(array), made = 0;
    struct ranked *rows = size ? calloc(size, sizeof *rows) : NULL;
    int kind = 0;
    *count = size;
    for (; rows && made < size; made++) {
        struct ranked *r = &rows[made];
        r->item = json_array_get(array, made);
        r->at = made;
        r->key = by == JMES_NONE ? json_incref(r->item) : jmes_eval(a->run, by, r->item);
        if (!r->key)
            break;
        int this = kind_of(r->key);
        if ((this != A_NUMBER && this != A_STRING) || (kind && this != kind)) {
            json_decref(r->key);
            jmes_fail(a->run, "keys to sort by must be all numbers or all strings");
            break;
        }
        kind = this;
    }
    if (!rows || made == size)
        return rows;
    while (made > 0)
        json_decref(rows[--made].key);
    free(rows);
    return NULL;
}

static void rank_release(struct ranked *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        json_decref(rows[i].key);
    free(rows);
}

static json_t *sorted(struct args *a, int by)
{
    size_t count;
    struct ranked *rows = rank(a, by, &count);
    if (!rows)
        return count ? NULL : json_array();
    qsort(rows, count, sizeof *rows, rank_order);
    json_t *out = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append(out, rows[i].item);
    rank_release(rows, count);
    return out;
}

static json_t *extreme(struct args *a, int by, int sign)
{
    size_t count, best = 0;
    struct ranked *rows = rank(a, by, &count);
    if (!rows)
        return count ? NULL : json_null();
    for (size_t i = 1; i < count; i++)
        if (sign * key_order(rows[i].key, rows[best].key) > 0)
            best = i;
    json_t *out = json_incref(rows[best].item);
    rank_release(rows, count);
    return out;
}

static json_t *f_sort(struct args *a) { return sorted(a, JMES_NONE); }
static json_t *f_sort_by(struct args *a) { return sorted(a, a->reference[1]); }
static json_t *f_max(struct args *a) { return extreme(a, JMES_NONE, 1); }
static json_t *f_max_by(struct args *a) { return extreme(a, a->reference[1], 1); }
static json_t *f_min(struct args *a) { return extreme(a, JMES_NONE, -1); }
static json_t *f_min_by(struct args *a) { return extreme(a, a->reference[1], -1); }

static const struct function {
    const char *name;
    int count;     /* arguments; 0: one or more, each as the first */
    int takes[2];
    json_t *(*run)(struct args *args);
} functions[] = {
    {"abs", 1, {A_NUMBER}, f_abs},
    {"avg", 1, {A_NUMBERS}, f_avg},
    {"ceil", 1, {A_NUMBER}, f_ceil},
    {"contains", 2, {A_ARRAY | A_STRING, A_ANY}, f_contains},
    {"ends_with", 2, {A_STRING, A_STRING}, f_ends_with},
    {"floor", 1, {A_NUMBER}, f_floor},
    {"join", 2, {A_STRING, A_STRINGS}, f_join},
    {"keys", 1, {A_OBJECT}, f_keys},
    {"length", 1, {A_STRING | A_ARRAY | A_OBJECT}, f_length},
    {"map", 2, {A_REFERENCE, A_ARRAY}, f_map},
    {"max", 1, {A_NUMBERS | A_STRINGS}, f_max},
    {"max_by", 2, {A_ARRAY, A_REFERENCE}, f_max_by},
    {"merge", 0, {A_OBJECT}, f_merge},
    {"min", 1, {A_NUMBERS | A_STRINGS}, f_min},
    {"min_by", 2, {A_ARRAY, A_REFERENCE}, f_min_by},
    {"not_null", 0, {A_ANY}, f_not_null},
    {"reverse", 1, {A_STRING | A_ARRAY}, f_reverse},
    {"sort", 1, {A_NUMBERS | A_STRINGS}, f_sort},
    {"sort_by", 2, {A_ARRAY, A_REFERENCE}, f_sort_by},
    {"starts_with", 2, {A_STRING, A_STRING}, f_starts_with},
    {"sum", 1, {A_NUMBERS}, f_sum},
    {"to_array", 1, {A_ANY}, f_to_array},
    {"to_number", 1, {A_ANY}, f_to_number},
    {"to_string", 1, {A_ANY}, f_to_string},
    {"type", 1, {A_ANY}, f_type},
    {"values", 1, {A_OBJECT}, f_values},
};

static const struct function *find(const char *name)
{
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (strcmp(functions[i].name, name) == 0)
            return &functions[i];
    return NULL;
}

int jmes_function_find(const char *name)
{
    const struct function *f = find(name);
    return f ? f->count : -1;
}

static bool fits(json_t *value, int takes)
{
    if (!value)
        return takes & A_REFERENCE;
    return kind_of(value) & takes || (takes & A_NUMBERS && all_are(value, A_NUMBER)) ||
           (takes & A_STRINGS && all_are(value, A_STRING));
}

json_t *jmes_call(struct jmes_run *run, const struct jmes_node *node, json_t *value)
{
    const struct function *f = find(json_string_value(node->literal));
    struct args args = {.run = run};
    json_t *out = NULL;
    bool ok = true;
    for (int i = node->left; ok && i != JMES_NONE; i = run->jmes->node[i].next, args.count++) {
        const struct jmes_node *item = &run->jmes->node[i];
        if (args.count == ARGS_MAX) {
            jmes_fail(run, "%s(): more than %d arguments", f->name, ARGS_MAX);
            ok = false;
            break;
        }
        args.reference[args.count] = item->left;
        args.at[args.count] = item->kind == JMES_REFERENCE ? NULL : jmes_eval(run, i, value);
        ok = args.at[args.count] || item->kind == JMES_REFERENCE;
        if (ok && !fits(args.at[args.count], f->takes[f->count ? args.count : 0])) {
            jmes_fail(run, "%s(): argument %d has the wrong type", f->name, args.count + 1);
            ok = false;
        }
    }
    if (ok)
        out = f->run(&args);
    for (int i = 0; i < args.count; i++)
        json_decref(args.at[i]);
    return out;
}
