/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/ipc/filter.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "lib/guid.h"
#include "lib/hex.h"

enum { TEXT_OF_HEX = 128, VALUE_TEXT_MAX = TEXT_OF_HEX + 1 };

/* What one row says; a text, or a number, or nothing. */
struct value {
    bool is_null;
    struct span text;
    uint64_t number;
    char room[VALUE_TEXT_MAX];
};

static bool is_text(enum filter_kind kind)
{
    return kind == FILTER_TEXT || kind == FILTER_HEX || kind == FILTER_GUID || kind == FILTER_CHOICE ||
           kind == FILTER_SWITCH || kind == FILTER_FIXED;
}

/* -- reading ------------------------------------------------------------------- */

struct parser {
    const struct filter_list *list;
    struct span whole;
    size_t at;
    unsigned depth;
    struct filter *filter;
    char *reason;
    int err;
};

static int refuse(struct parser *p, const char *expected)
{
    if (!p->err)
        snprintf(p->reason, FILTER_REASON_MAX, "$filter: at character %zu: expected %s", p->at + 1, expected);
    p->err = p->err ? p->err : E_MALFORMED;
    return p->err;
}

static int too_much(struct parser *p, const char *what)
{
    if (!p->err)
        snprintf(p->reason, FILTER_REASON_MAX, "$filter: %s", what);
    p->err = p->err ? p->err : E_LIMIT;
    return p->err;
}

static uint8_t peek(const struct parser *p) { return p->at < p->whole.len ? p->whole.at[p->at] : 0; }

static void space_skip(struct parser *p)
{
    while (peek(p) == ' ' || peek(p) == '\t')
        p->at++;
}

static bool is_letter(uint8_t c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }
static bool is_digit(uint8_t c) { return c >= '0' && c <= '9'; }

/* Letters and slashes; empty when something else stands there. */
static struct span word_look(struct parser *p)
{
    size_t len = 0;
    space_skip(p);
    struct span rest = span_of(p->whole.at + p->at, p->whole.len - p->at);
    while (len < rest.len && (is_letter(rest.at[len]) || (len && (is_digit(rest.at[len]) || rest.at[len] == '/'))))
        len++;
    return span_of(rest.at, len);
}

static bool word_is(struct span word, const char *text)
{
    return word.len == strlen(text) && strncasecmp((const char *)word.at, text, word.len) == 0;
}

static bool word_take(struct parser *p, const char *text)
{
    struct span word = word_look(p);
    if (!word_is(word, text))
        return false;
    p->at += word.len;
    return true;
}

static bool mark_take(struct parser *p, uint8_t mark)
{
    space_skip(p);
    if (peek(p) != mark)
        return false;
    p->at++;
    return true;
}

static uint8_t node_add(struct parser *p, struct filter_node node)
{
    if (p->filter->count == FILTER_NODES_MAX) {
        (void)too_much(p, "it has more than 64 parts");
        return 0;
    }
    p->filter->node[p->filter->count] = node;
    return (uint8_t)p->filter->count++;
}

/* Names the properties there are, as far as they fit. */
static int field_refuse(struct parser *p)
{
    char names[FILTER_REASON_MAX] = "";
    size_t len = 0;
    for (size_t i = 0; i < p->list->count && len < sizeof names; i++)
        len += (size_t)snprintf(names + len, sizeof names - len, "%s%s", i ? ", " : "one of ", p->list->fields[i].name);
    return refuse(p, names);
}

static const struct filter_field *field_take(struct parser *p)
{
    static const char prefix[] = "properties/";
    struct span word = word_look(p), name = word;
    if (name.len > sizeof prefix - 1 && strncasecmp((const char *)name.at, prefix, sizeof prefix - 1) == 0)
        name = span_of(name.at + sizeof prefix - 1, name.len - (sizeof prefix - 1));
    for (size_t i = 0; i < p->list->count; i++)
        if (word_is(name, p->list->fields[i].name)) {
            p->at += word.len;
            return &p->list->fields[i];
        }
    (void)field_refuse(p);
    return NULL;
}

/* 'text' into the filter's own memory; a quote stands twice. */
static int text_take(struct parser *p, struct filter_node *node)
{
    struct filter *f = p->filter;
    size_t start = f->used;
    if (!mark_take(p, '\''))
        return refuse(p, "a text in single quotes");
    for (; p->at < p->whole.len; p->at++) {
        if (peek(p) == '\'') {
            if (p->at + 1 == p->whole.len || p->whole.at[p->at + 1] != '\'') {
                p->at++;
                node->at = (uint16_t)start;
                node->len = (uint16_t)(f->used - start);
                return 0;
            }
            p->at++;
        }
        f->text[f->used++] = (char)peek(p); /* never longer than what was read */
    }
    return refuse(p, "the quote that ends the text");
}

/* count digits into *value; false: others stand there. */
static bool digits(struct span s, size_t at, size_t count, int *value)
{
    *value = 0;
    for (size_t i = at; i < at + count; i++) {
        if (i >= s.len || !is_digit(s.at[i]))
            return false;
        *value = *value * 10 + (s.at[i] - '0');
    }
    return true;
}

static bool zone_read(struct span s, size_t at, int *offset_s)
{
    int hours, minutes;
    *offset_s = 0;
    if (at == s.len)
        return true; /* UTC */
    if (at + 1 == s.len)
        return (s.at[at] | 0x20) == 'z';
    if ((s.at[at] != '+' && s.at[at] != '-') || s.len - at != 6 || s.at[at + 3] != ':' ||
        !digits(s, at + 1, 2, &hours) || !digits(s, at + 4, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *offset_s = (s.at[at] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
    return true;
}

/* YYYY-MM-DD, and hh:mm, :ss, a fraction and a zone as far as they are there. */
static bool time_read(struct span s, uint64_t *ms)
{
    struct tm tm = {0}, back;
    int year, month, day, fraction = 0, offset_s = 0;
    size_t at = 10;
    if (!digits(s, 0, 4, &year) || !digits(s, 5, 2, &month) || !digits(s, 8, 2, &day) || s.at[4] != '-' ||
        s.at[7] != '-')
        return false;
    if (s.len > at && (s.at[at] | 0x20) == 't') {
        if (!digits(s, 11, 2, &tm.tm_hour) || !digits(s, 14, 2, &tm.tm_min) || s.at[13] != ':')
            return false;
        at = 16;
        if (s.len > at && s.at[at] == ':') {
            if (!digits(s, 17, 2, &tm.tm_sec))
                return false;
            at = 19;
        }
        if (s.len > at && s.at[at] == '.') {
            int unit = 100;
            for (at++; at < s.len && is_digit(s.at[at]); at++, unit /= 10)
                fraction += (s.at[at] - '0') * unit;
        }
    }
    if (!zone_read(s, at, &offset_s))
        return false;
    tm.tm_year = year - 1900;
    tm.tm_mon = month - 1;
    tm.tm_mday = day;
    struct tm given = tm;
    time_t seconds = timegm(&tm);
    if (year < 1970 || !gmtime_r(&seconds, &back) || back.tm_mday != given.tm_mday || back.tm_mon != given.tm_mon ||
        back.tm_hour != given.tm_hour || back.tm_min != given.tm_min || back.tm_sec != given.tm_sec)
        return false;
    seconds -= offset_s;
    *ms = (uint64_t)(seconds < 0 ? 0 : seconds) * 1000 + (uint64_t)fraction;
    return true;
}

/* A time stands bare, as OData 4 has it, or in quotes, as clients of ARM write it. */
static int time_take(struct parser *p, struct filter_node *node)
{
    struct span text;
    space_skip(p);
    size_t before = p->at;
    if (peek(p) == '\'') {
        if (text_take(p, node) != 0)
            return p->err;
        text = span_of((const uint8_t *)p->filter->text + node->at, node->len);
    } else {
        while (peek(p) && peek(p) != ' ' && peek(p) != ')')
            p->at++;
        text = span_of(p->whole.at + before, p->at - before);
    }
    if (time_read(text, &node->number))
        return 0;
    p->at = before;
    return refuse(p, "a time like 2026-01-31T12:00:00Z");
}

static int number_take(struct parser *p, struct filter_node *node)
{
    space_skip(p);
    if (!is_digit(peek(p)))
        return refuse(p, "a number");
    for (; is_digit(peek(p)); p->at++) {
        if (node->number > INT64_MAX / 10 - 1)
            return too_much(p, "a number is too large");
        node->number = node->number * 10 + (uint64_t)(peek(p) - '0');
    }
    return 0;
}

static int bool_take(struct parser *p, struct filter_node *node)
{
    if (word_take(p, "true"))
        node->number = 1;
    else if (!word_take(p, "false"))
        return refuse(p, "true or false");
    return 0;
}

/* What a choice can never be is a mistake, not an empty list. */
static int choice_check(struct parser *p, const struct filter_node *node)
{
    char known[FILTER_REASON_MAX] = "";
    size_t len = 0;
    struct span text = span_of((const uint8_t *)p->filter->text + node->at, node->len);
    for (const struct filter_choice *c = node->field->choices; c->text; c++)
        if (word_is(text, c->text))
            return 0;
    for (const struct filter_choice *c = node->field->choices; c->text && len < sizeof known; c++)
        len += (size_t)snprintf(known + len, sizeof known - len, "%s'%s'", len ? ", " : "one of ", c->text);
    return refuse(p, known);
}

static int literal_take(struct parser *p, struct filter_node *node)
{
    if (word_take(p, "null")) {
        node->is_null = true;
        return 0;
    }
    switch (node->field->kind) {
    case FILTER_BOOL:
        return bool_take(p, node);
    case FILTER_COUNT:
    case FILTER_NUMBER:
        return number_take(p, node);
    case FILTER_TIME_S:
    case FILTER_TIME_MS:
        return time_take(p, node);
    case FILTER_CHOICE:
    case FILTER_SWITCH:
        return text_take(p, node) == 0 ? choice_check(p, node) : p->err;
    default:
        return text_take(p, node);
    }
}

static uint8_t comparison(struct parser *p)
{
    static const struct {
        const char *word;
        enum filter_operation operation;
    } words[] = {{"eq", FILTER_EQ}, {"ne", FILTER_NE}, {"gt", FILTER_GT},
                 {"ge", FILTER_GE}, {"lt", FILTER_LT}, {"le", FILTER_LE}};
    struct filter_node node = {.field = field_take(p)};
    size_t i = 0;
    if (!node.field)
        return 0;
    while (i < sizeof words / sizeof words[0] && !word_take(p, words[i].word))
        i++;
    if (i == sizeof words / sizeof words[0]) {
        (void)refuse(p, "eq, ne, gt, ge, lt or le");
        return 0;
    }
    node.operation = (uint8_t)words[i].operation;
    return literal_take(p, &node) == 0 ? node_add(p, node) : 0;
}

/* startswith(property, 'text') */
static uint8_t function(struct parser *p, enum filter_operation operation)
{
    struct filter_node node = {.operation = (uint8_t)operation};
    if (!mark_take(p, '('))
        (void)refuse(p, "(");
    else if ((node.field = field_take(p)) == NULL)
        return 0;
    else if (!is_text(node.field->kind))
        (void)refuse(p, "a property that is a text");
    else if (!mark_take(p, ','))
        (void)refuse(p, ", and a text");
    else if (text_take(p, &node) == 0 && !mark_take(p, ')'))
        (void)refuse(p, ")");
    return p->err ? 0 : node_add(p, node);
}

static uint8_t condition(struct parser *p);

static uint8_t one(struct parser *p)
{
    uint8_t node = 0;
    if (p->err || ++p->depth > FILTER_DEPTH_MAX) {
        (void)too_much(p, "it is more than 16 deep");
        return 0;
    }
    if (word_take(p, "not")) {
        uint8_t inner = one(p);
        node = p->err ? 0 : node_add(p, (struct filter_node){.operation = FILTER_NOT, .left = inner});
    } else if (mark_take(p, '(')) {
        node = condition(p);
        if (!p->err && !mark_take(p, ')'))
            (void)refuse(p, "and, or, or )");
    } else if (word_take(p, "startswith")) {
        node = function(p, FILTER_STARTS);
    } else if (word_take(p, "endswith")) {
        node = function(p, FILTER_ENDS);
    } else if (word_take(p, "contains")) {
        node = function(p, FILTER_CONTAINS);
    } else {
        node = comparison(p);
    }
    p->depth--;
    return node;
}

static uint8_t chain(struct parser *p, const char *word, enum filter_operation operation,
                     uint8_t (*part)(struct parser *p))
{
    uint8_t left = part(p);
    while (!p->err && word_take(p, word)) {
        uint8_t right = part(p);
        if (!p->err)
            left = node_add(p, (struct filter_node){.operation = (uint8_t)operation, .left = left, .right = right});
    }
    return left;
}

static uint8_t any(struct parser *p) { return chain(p, "and", FILTER_AND, one); }
static uint8_t condition(struct parser *p) { return chain(p, "or", FILTER_OR, any); }

int filter_parse(const struct filter_list *list, struct span text, struct filter *filter,
                 char reason[static FILTER_REASON_MAX])
{
    struct parser p = {.list = list, .whole = text, .filter = filter, .reason = reason};
    memset(filter, 0, sizeof *filter);
    *reason = '\0';
    if (text.len > FILTER_TEXT_MAX)
        return too_much(&p, "it has more than 1024 bytes");
    if (text.len == 0)
        return refuse(&p, "a condition");
    filter->root = condition(&p);
    space_skip(&p);
    if (!p.err && p.at != text.len)
        (void)refuse(&p, "and, or, or the end");
    if (p.err)
        memset(filter, 0, sizeof *filter);
    return p.err;
}

/* -- applying ------------------------------------------------------------------- */

static uint64_t number_load(const uint8_t *at, size_t width)
{
    uint64_t v = 0;
    uint32_t v32 = 0;
    uint16_t v16 = 0;
    if (width == sizeof v)
        memcpy(&v, at, sizeof v);
    else if (width == sizeof v32)
        memcpy(&v32, at, sizeof v32);
    else
        memcpy(&v16, at, sizeof v16);
    return width == sizeof v ? v : width == sizeof v32 ? v32 : v16;
}

static void choice_load(const struct filter_field *field, uint16_t number, struct value *value)
{
    value->is_null = true;
    for (const struct filter_choice *c = field->choices; c->text && value->is_null; c++)
        if (c->number == number) {
            value->text = span_of(c->text, strlen(c->text));
            value->is_null = false;
        }
}

static void value_load(const struct filter_field *field, const void *row, struct value *value)
{
    const uint8_t *at = (const uint8_t *)row + field->offset;
    *value = (struct value){0};
    switch (field->kind) {
    case FILTER_TEXT:
        memcpy(&value->text, at, sizeof value->text);
        value->is_null = value->text.len == 0;
        break;
    case FILTER_HEX:
        hex_encode(at, TEXT_OF_HEX / 2, value->room);
        value->text = span_of(value->room, TEXT_OF_HEX);
        break;
    case FILTER_GUID:
        guid_format(at, value->room);
        value->text = span_of(value->room, strlen(value->room));
        break;
    case FILTER_CHOICE:
        choice_load(field, (uint16_t)number_load(at, sizeof(uint16_t)), value);
        break;
    case FILTER_SWITCH:
        choice_load(field, *at != 0, value);
        break;
    case FILTER_FIXED:
        value->text = span_of(field->choices->text, strlen(field->choices->text));
        break;
    case FILTER_BOOL:
        value->number = *at != 0;
        break;
    case FILTER_COUNT:
        value->number = number_load(at, sizeof(uint32_t));
        break;
    case FILTER_NUMBER:
        value->number = number_load(at, sizeof(uint64_t));
        break;
    case FILTER_TIME_S:
    case FILTER_TIME_MS:
        value->number = number_load(at, sizeof(uint64_t));
        value->is_null = value->number == 0;
        if (field->kind == FILTER_TIME_S)
            value->number = value->number > UINT64_MAX / 1000 ? UINT64_MAX : value->number * 1000;
        break;
    }
}

static uint8_t small(uint8_t c) { return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c; }

static bool begins(struct span text, size_t at, struct span part)
{
    if (text.len - at < part.len)
        return false;
    for (size_t i = 0; i < part.len; i++)
        if (small(text.at[at + i]) != small(part.at[i]))
            return false;
    return true;
}

static bool contains(struct span text, struct span part)
{
    for (size_t at = 0; at <= text.len; at++)
        if (begins(text, at, part))
            return true;
    return false;
}

static int text_order(struct span a, struct span b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    for (size_t i = 0; i < len; i++)
        if (small(a.at[i]) != small(b.at[i]))
            return small(a.at[i]) < small(b.at[i]) ? -1 : 1;
    return a.len == b.len ? 0 : a.len < b.len ? -1 : 1;
}

static bool order_holds(enum filter_operation operation, int order)
{
    switch (operation) {
    case FILTER_EQ:
        return order == 0;
    case FILTER_NE:
        return order != 0;
    case FILTER_GT:
        return order > 0;
    case FILTER_GE:
        return order >= 0;
    case FILTER_LT:
        return order < 0;
    case FILTER_LE:
        return order <= 0;
    default:
        return false;
    }
}

static bool compare(const struct filter *filter, const struct filter_node *node, const void *row)
{
    struct value value;
    struct span text = span_of((const uint8_t *)filter->text + node->at, node->len);
    value_load(node->field, row, &value);
    bool given_null = node->is_null || (node->field->kind == FILTER_TEXT && node->len == 0 &&
                                        (node->operation == FILTER_EQ || node->operation == FILTER_NE));
    switch (node->operation) {
    case FILTER_STARTS:
        return begins(value.text, 0, text);
    case FILTER_ENDS:
        return value.text.len >= text.len && begins(value.text, value.text.len - text.len, text);
    case FILTER_CONTAINS:
        return contains(value.text, text);
    default:
        break;
    }
    if (value.is_null || given_null)
        return node->operation == FILTER_EQ   ? value.is_null == given_null
               : node->operation == FILTER_NE ? value.is_null != given_null
                                              : false;
    int order = is_text(node->field->kind) ? text_order(value.text, text)
                : value.number == node->number ? 0
                : value.number < node->number  ? -1
                                               : 1;
    return order_holds((enum filter_operation)node->operation, order);
}

/* Parts stand behind those that they are made of, so one pass in order has them all. */
bool filter_matches(const struct filter *filter, const void *row)
{
    bool holds[FILTER_NODES_MAX];
    for (size_t i = 0; i < filter->count; i++) {
        const struct filter_node *node = &filter->node[i];
        switch (node->operation) {
        case FILTER_AND:
            holds[i] = holds[node->left] && holds[node->right];
            break;
        case FILTER_OR:
            holds[i] = holds[node->left] || holds[node->right];
            break;
        case FILTER_NOT:
            holds[i] = !holds[node->left];
            break;
        default:
            holds[i] = compare(filter, node, row);
            break;
        }
    }
    return filter->count && holds[filter->root];
}

/* Downwards through "and" alone. */
bool filter_requires(const struct filter *filter, const char *field, struct span *value)
{
    bool needed[FILTER_NODES_MAX] = {false};
    needed[filter->root] = filter->count != 0;
    for (size_t i = filter->count; i-- > 0;) {
        const struct filter_node *node = &filter->node[i];
        if (!needed[i])
            continue;
        if (node->operation == FILTER_AND)
            needed[node->left] = needed[node->right] = true;
        if (node->operation == FILTER_EQ && !node->is_null && strcmp(node->field->name, field) == 0) {
            *value = span_of((const uint8_t *)filter->text + node->at, node->len);
            return true;
        }
    }
    return false;
}
