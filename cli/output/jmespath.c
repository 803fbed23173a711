/* SPDX-License-Identifier: BSD-2-Clause */
/* Nodes and a value to a value. */
#include "cli/output/jmespath.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

json_t *jmes_fail(struct jmes_run *run, const char *format, ...)
{
    if (!run->error[0]) {
        va_list args;
        va_start(args, format);
        vsnprintf(run->error, JMES_ERROR_MAX, format, args);
        va_end(args);
    }
    return NULL;
}

bool jmes_true(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_NULL:
    case JSON_FALSE: return false;
    case JSON_STRING: return json_string_length(value) > 0;
    case JSON_ARRAY: return json_array_size(value) > 0;
    case JSON_OBJECT: return json_object_size(value) > 0;
    default: return true;
    }
}

static json_t *field(json_t *value, const json_t *name)
{
    json_t *found = json_object_get(value, json_string_value(name));
    return found ? json_incref(found) : json_null();
}

static json_t *element(json_t *value, long long at)
{
    long long size = (long long)json_array_size(value);
    if (!json_is_array(value) || at >= size || at < -size)
        return json_null();
    return json_incref(json_array_get(value, (size_t)(at < 0 ? at + size : at)));
}

static long long bound(long long at, long long size, bool backwards)
{
    long long low = backwards ? -1 : 0, high = backwards ? size - 1 : size;
    if (at < 0)
        at = at < -size ? low : at + size;
    return at < low ? low : at > high ? high : at;
}

static json_t *slice(const struct jmes_node *n, json_t *value)
{
    if (!json_is_array(value))
        return json_null();
    long long size = (long long)json_array_size(value), step = n->has_step ? n->step : 1;
    bool back = step < 0;
    long long from = n->has_start ? bound(n->start, size, back) : back ? size - 1 : 0;
    long long to = n->has_stop ? bound(n->stop, size, back) : back ? -1 : size;
    json_t *out = json_array();
    /* a step beyond the list takes one element: no sum can overflow */
    if (step > size)
        step = size + 1;
    if (step < -size)
        step = -size - 1;
    for (long long i = from; back ? i > to : i < to; i += step)
        json_array_append(out, json_array_get(value, (size_t)i));
    return out;
}

static json_t *flatten(json_t *value)
{
    size_t i;
    json_t *item;
    if (!json_is_array(value))
        return json_null();
    json_t *out = json_array();
    json_array_foreach(value, i, item) {
        if (json_is_array(item))
            json_array_extend(out, item);
        else
            json_array_append(out, item);
    }
    return out;
}

/* Adds what right makes of item, unless it is null.  False: failed. */
static bool project_one(struct jmes_run *run, const struct jmes_node *n, json_t *item, json_t *out)
{
    if (n->kind == JMES_FILTER) {
        json_t *holds = jmes_eval(run, n->third, item);
        if (!holds)
            return false;
        bool yes = jmes_true(holds);
        json_decref(holds);
        if (!yes)
            return true;
    }
    json_t *made = jmes_eval(run, n->right, item);
    if (!made)
        return false;
    if (!json_is_null(made))
        json_array_append(out, made);
    json_decref(made);
    return true;
}

static json_t *project(struct jmes_run *run, const struct jmes_node *n, json_t *value)
{
    json_t *base = jmes_eval(run, n->left, value), *item;
    const char *key;
    size_t i;
    bool ok = base != NULL;
    if (!base)
        return NULL;
    if (n->kind == JMES_VALUES ? !json_is_object(base) : !json_is_array(base)) {
        json_decref(base);
        return json_null();
    }
    json_t *out = json_array();
    if (n->kind == JMES_VALUES) {
        json_object_foreach(base, key, item)
            ok = ok && project_one(run, n, item, out);
    } else {
        json_array_foreach(base, i, item)
            ok = ok && project_one(run, n, item, out);
    }
    json_decref(base);
    if (ok)
        return out;
    json_decref(out);
    return NULL;
}

static json_t *compare(enum jmes_compare op, const json_t *a, const json_t *b)
{
    bool numbers = json_is_number(a) && json_is_number(b);
    double x = json_number_value(a), y = json_number_value(b);
    bool whole = json_is_integer(a) && json_is_integer(b); /* beyond 2^53 doubles would be equal */
    bool equal = numbers && !whole ? x == y : json_equal(a, b);
    bool less = whole ? json_integer_value(a) < json_integer_value(b) : x < y;
    if (op == JMES_EQ || op == JMES_NE)
        return json_boolean((op == JMES_EQ) == equal);
    if (!numbers)
        return json_null();
    return json_boolean(op == JMES_LT ? less : op == JMES_LE ? less || equal
                        : op == JMES_GT ? !less && !equal : !less);
}

static json_t *two(struct jmes_run *run, const struct jmes_node *n, json_t *value)
{
    json_t *a = jmes_eval(run, n->left, value);
    if (!a || (n->kind == JMES_OR && jmes_true(a)) || (n->kind == JMES_AND && !jmes_true(a)))
        return a;
    json_t *b = jmes_eval(run, n->right, value);
    json_t *out = b && n->kind == JMES_COMPARE ? compare(n->op, a, b) : b;
    if (out != b)
        json_decref(b);
    json_decref(a);
    return out;
}

static json_t *select_many(struct jmes_run *run, const struct jmes_node *n, json_t *value)
{
    if (json_is_null(value))
        return json_null();
    json_t *out = n->kind == JMES_HASH ? json_object() : json_array();
    for (int i = n->left; i != JMES_NONE; i = run->jmes->node[i].next) {
        json_t *item = jmes_eval(run, i, value);
        if (!item) {
            json_decref(out);
            return NULL;
        }
        if (n->kind == JMES_HASH)
            json_object_set_new(out, json_string_value(run->jmes->node[i].key), item);
        else
            json_array_append_new(out, item);
    }
    return out;
}

static json_t *through_left(struct jmes_run *run, const struct jmes_node *n, json_t *value)
{
    json_t *base = jmes_eval(run, n->left, value);
    if (!base)
        return NULL;
    json_t *out = n->kind == JMES_NOT       ? json_boolean(!jmes_true(base))
                  : n->kind == JMES_FLATTEN ? flatten(base)
                                            : jmes_eval(run, n->right, base);
    json_decref(base);
    return out;
}

static json_t *eval(struct jmes_run *run, const struct jmes_node *n, json_t *value)
{
    switch (n->kind) {
    case JMES_IDENTITY: return json_incref(value);
    case JMES_FIELD: return field(value, n->literal);
    case JMES_LITERAL: return json_incref(n->literal);
    case JMES_INDEX: return element(value, n->start);
    case JMES_SLICE: return slice(n, value);
    case JMES_CHAIN:
    case JMES_NOT:
    case JMES_FLATTEN: return through_left(run, n, value);
    case JMES_LIST:
    case JMES_VALUES:
    case JMES_FILTER: return project(run, n, value);
    case JMES_COMPARE:
    case JMES_OR:
    case JMES_AND: return two(run, n, value);
    case JMES_MANY:
    case JMES_HASH: return select_many(run, n, value);
    case JMES_FUNCTION: return jmes_call(run, n, value);
    case JMES_REFERENCE: break;
    }
    return jmes_fail(run, "&... is an argument of some functions only");
}

json_t *jmes_eval(struct jmes_run *run, int node, json_t *value)
{
    /* Chains lean to the left: as deep as they are long. */
    if (run->depth == JMES_NODES_MAX)
        return jmes_fail(run, "nested too deeply");
    run->depth++;
    json_t *out = eval(run, &run->jmes->node[node], value);
    run->depth--;
    return out ? out : jmes_fail(run, "out of memory");
}

json_t *jmes_search(const struct jmes *jmes, json_t *value, char error[static JMES_ERROR_MAX])
{
    struct jmes_run run = {.jmes = jmes, .error = error};
    error[0] = 0;
    return jmes_eval(&run, jmes->root, value);
}
