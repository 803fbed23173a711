/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text to nodes: a parser by binding powers, as the specification's grammar is
 * ambiguous without them.  A projection ends where what follows binds less than
 * PROJECTION_STOP.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output/jmespath.h"

enum token_kind {
    T_END, T_NAME, T_QUOTED, T_LITERAL, T_NUMBER, T_CURRENT, T_REFERENCE,
    T_RBRACKET, T_RPAREN, T_COMMA, T_RBRACE, T_COLON,
    T_PIPE, T_OR, T_AND, T_COMPARE, T_FLATTEN, T_STAR, T_FILTER, T_DOT, T_NOT,
    T_LBRACE, T_LBRACKET, T_LPAREN, T_BAD,
};

enum { PROJECTION_STOP = 10 };

static const int power[] = {
    [T_PIPE] = 1, [T_OR] = 2, [T_AND] = 3, [T_COMPARE] = 5, [T_FLATTEN] = 9, [T_STAR] = 20,
    [T_FILTER] = 21, [T_DOT] = 40, [T_NOT] = 45, [T_LBRACE] = 50, [T_LBRACKET] = 55, [T_LPAREN] = 60,
    [T_BAD] = 0,
};

struct parser {
    struct jmes *jmes;
    const char *text, *at; /* at: behind the current token */
    const char *begin;     /* of the current token */
    enum token_kind kind;
    enum jmes_compare op;
    long long number;
    json_t *value; /* of T_NAME, T_QUOTED, T_LITERAL; ours until taken */
    char *error;
    bool failed;
    unsigned depth;
};

__attribute__((format(printf, 2, 3))) static int refuse(struct parser *p, const char *format, ...)
{
    if (p->failed)
        return JMES_NONE;
    p->failed = true;
    p->kind = T_END;
    char why[96];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    snprintf(p->error, JMES_ERROR_MAX, "at character %zu: %s", (size_t)(p->begin - p->text) + 1, why);
    return JMES_NONE;
}

/* -- tokens -------------------------------------------------------------------------- */

static bool name_begins(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* From the opening mark to the closing one; NULL without one.  A backslash takes the next
 * character with it. */
static const char *quote_end(const char *from, char mark)
{
    for (const char *c = from + 1; *c; c++) {
        if (*c == '\\' && c[1])
            c++;
        else if (*c == mark)
            return c;
    }
    return NULL;
}

/* The text between two marks, `\mark` undone; malloc'd. */
static char *unquote(const char *from, const char *end, char mark)
{
    char *text = malloc((size_t)(end - from) + 1);
    size_t n = 0;
    for (const char *c = from + 1; text && c < end; c++) {
        if (*c == '\\' && c[1] == mark)
            c++;
        text[n++] = *c;
    }
    if (text)
        text[n] = 0;
    return text;
}

static void token_quoted(struct parser *p, char mark)
{
    const char *end = quote_end(p->begin, mark);
    if (!end) {
        refuse(p, "%c without its end", mark);
        return;
    }
    p->at = end + 1;
    if (mark == '"') { /* a JSON string, escapes and all */
        p->kind = T_QUOTED;
        p->value = json_loadb(p->begin, (size_t)(end + 1 - p->begin), JSON_DECODE_ANY, NULL);
    } else {
        char *text = unquote(p->begin, end, mark);
        p->kind = T_LITERAL;
        if (text)
            p->value = mark == '\'' ? json_string(text) : json_loads(text, JSON_DECODE_ANY, NULL);
        free(text);
    }
    if (!p->value)
        refuse(p, mark == '`' ? "the text between ` and ` is not JSON" : "this is no string");
}

static void token_number(struct parser *p)
{
    char *end;
    errno = 0;
    p->kind = T_NUMBER;
    p->number = strtoll(p->begin, &end, 10);
    if (errno || end == p->begin || (*p->begin == '-' && end == p->begin + 1))
        refuse(p, "a whole number is expected");
    else
        p->at = end;
}

static void token_name(struct parser *p)
{
    const char *end = p->begin;
    while (name_begins(*end) || (*end >= '0' && *end <= '9'))
        end++;
    p->kind = T_NAME;
    p->at = end;
    p->value = json_stringn(p->begin, (size_t)(end - p->begin));
    if (!p->value)
        refuse(p, "out of memory");
}

static const struct {
    const char *text;
    enum token_kind kind;
    enum jmes_compare op;
} marks[] = { /* the longer one first */
    {"||", T_OR, 0}, {"&&", T_AND, 0}, {"[?", T_FILTER, 0}, {"[]", T_FLATTEN, 0},
    {"==", T_COMPARE, JMES_EQ}, {"!=", T_COMPARE, JMES_NE}, {"<=", T_COMPARE, JMES_LE},
    {">=", T_COMPARE, JMES_GE}, {"<", T_COMPARE, JMES_LT}, {">", T_COMPARE, JMES_GT},
    {"!", T_NOT, 0}, {"|", T_PIPE, 0}, {"&", T_REFERENCE, 0}, {"[", T_LBRACKET, 0},
    {"]", T_RBRACKET, 0}, {"(", T_LPAREN, 0}, {")", T_RPAREN, 0}, {"{", T_LBRACE, 0},
    {"}", T_RBRACE, 0}, {",", T_COMMA, 0}, {":", T_COLON, 0}, {".", T_DOT, 0}, {"*", T_STAR, 0},
    {"@", T_CURRENT, 0},
};

static void advance(struct parser *p)
{
    if (p->failed)
        return;
    json_decref(p->value);
    p->value = NULL;
    p->at += strspn(p->at, " \t\r\n");
    p->begin = p->at;
    if (*p->at == 0) {
        p->kind = T_END;
        return;
    }
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (strncmp(p->at, marks[i].text, strlen(marks[i].text)) == 0) {
            p->kind = marks[i].kind;
            p->op = marks[i].op;
            p->at += strlen(marks[i].text);
            return;
        }
    if (*p->at == '"' || *p->at == '\'' || *p->at == '`')
        token_quoted(p, *p->at);
    else if (*p->at == '-' || (*p->at >= '0' && *p->at <= '9'))
        token_number(p);
    else if (name_begins(*p->at))
        token_name(p);
    else
        refuse(p, "'%c' is not expected", *p->at);
}

static void expect(struct parser *p, enum token_kind kind, const char *what)
{
    if (p->kind != kind || p->failed)
        refuse(p, "%s is expected", what);
    else
        advance(p);
}

static json_t *value_take(struct parser *p)
{
    json_t *value = p->value;
    p->value = NULL;
    return value;
}

/* -- nodes --------------------------------------------------------------------------- */

static int node_new(struct parser *p, enum jmes_kind kind, int left, int right)
{
    if (p->failed)
        return JMES_NONE;
    if (p->jmes->count == JMES_NODES_MAX)
        return refuse(p, "the expression is too long");
    struct jmes_node *n = &p->jmes->node[p->jmes->count];
    *n = (struct jmes_node){.kind = kind, .left = left, .right = right, .third = JMES_NONE, .next = JMES_NONE};
    return p->jmes->count++;
}

static int identity(struct parser *p) { return node_new(p, JMES_IDENTITY, JMES_NONE, JMES_NONE); }

static int expression(struct parser *p, int bound);

/* `[` is behind us: up to the `]`. */
static int many(struct parser *p)
{
    int list = node_new(p, JMES_MANY, JMES_NONE, JMES_NONE), last = JMES_NONE;
    do {
        if (last != JMES_NONE)
            advance(p);
        int item = expression(p, 0);
        if (p->failed)
            return JMES_NONE;
        if (last == JMES_NONE)
            p->jmes->node[list].left = item;
        else
            p->jmes->node[last].next = item;
        last = item;
    } while (p->kind == T_COMMA);
    expect(p, T_RBRACKET, "']'");
    return list;
}

/* `{` is behind us.  Each child is a chain of its own, so that it can hold the key. */
static int hash(struct parser *p)
{
    int list = node_new(p, JMES_HASH, JMES_NONE, JMES_NONE), last = JMES_NONE;
    do {
        if (last != JMES_NONE)
            advance(p);
        if (p->kind != T_NAME && p->kind != T_QUOTED)
            return refuse(p, "a name is expected");
        json_t *key = value_take(p);
        advance(p);
        expect(p, T_COLON, "':'");
        int value = expression(p, 0);
        int item = node_new(p, JMES_CHAIN, identity(p), value);
        if (item == JMES_NONE) {
            json_decref(key);
            return JMES_NONE;
        }
        p->jmes->node[item].key = key;
        if (last == JMES_NONE)
            p->jmes->node[list].left = item;
        else
            p->jmes->node[last].next = item;
        last = item;
    } while (p->kind == T_COMMA);
    expect(p, T_RBRACE, "'}'");
    return list;
}

static int dot_right(struct parser *p, int bound)
{
    if (p->kind == T_NAME || p->kind == T_QUOTED || p->kind == T_STAR)
        return expression(p, bound);
    if (p->kind == T_LBRACKET) {
        advance(p);
        return many(p);
    }
    if (p->kind == T_LBRACE) {
        advance(p);
        return hash(p);
    }
    return refuse(p, "a name, '*', '[' or '{' is expected behind '.'");
}

static int projection_right(struct parser *p, int bound)
{
    if (power[p->kind] < PROJECTION_STOP)
        return identity(p);
    if (p->kind == T_LBRACKET || p->kind == T_FILTER)
        return expression(p, bound);
    if (p->kind == T_DOT) {
        advance(p);
        return dot_right(p, bound);
    }
    return refuse(p, "this cannot follow a projection");
}

static int project(struct parser *p, enum jmes_kind kind, int left, int bound)
{
    int right = projection_right(p, bound);
    return node_new(p, kind, left, right);
}

/* `[` is behind us, a number or ':' is here. */
static int index_or_slice(struct parser *p, int left)
{
    struct jmes_node part = {0};
    long long *number[] = {&part.start, &part.stop, &part.step};
    bool *has[] = {&part.has_start, &part.has_stop, &part.has_step};
    int colons = 0;
    while (p->kind == T_NUMBER || p->kind == T_COLON) {
        if (p->kind == T_COLON) {
            if (++colons > 2)
                return refuse(p, "a slice has at most three parts");
        } else {
            if (*has[colons])
                return refuse(p, "':' or ']' is expected");
            *number[colons] = p->number;
            *has[colons] = true;
        }
        advance(p);
    }
    expect(p, T_RBRACKET, "']'");
    if (part.has_step && part.step == 0)
        return refuse(p, "the step of a slice is 0");
    int at = node_new(p, colons ? JMES_SLICE : JMES_INDEX, JMES_NONE, JMES_NONE);
    int chain = node_new(p, JMES_CHAIN, left, at);
    if (chain == JMES_NONE)
        return JMES_NONE;
    struct jmes_node *n = &p->jmes->node[at];
    n->start = part.start, n->stop = part.stop, n->step = part.step;
    n->has_start = part.has_start, n->has_stop = part.has_stop, n->has_step = part.has_step;
    return colons ? project(p, JMES_LIST, chain, power[T_STAR]) : chain;
}

/* `[` is behind us; what stands before it is left. */
static int bracket(struct parser *p, int left, bool first)
{
    if (p->kind == T_NUMBER || p->kind == T_COLON)
        return index_or_slice(p, left);
    if (p->kind == T_STAR) {
        const char *next = p->at + strspn(p->at, " \t\r\n");
        if (*next == ']') {
            advance(p);
            advance(p);
            return project(p, JMES_LIST, left, power[T_STAR]);
        }
    }
    if (!first)
        return refuse(p, "a number, ':' or '*' is expected behind '['");
    return many(p);
}

static int filter(struct parser *p, int left)
{
    int condition = expression(p, 0);
    expect(p, T_RBRACKET, "']'");
    int right = p->kind == T_FLATTEN ? identity(p) : projection_right(p, power[T_FILTER]);
    int node = node_new(p, JMES_FILTER, left, right);
    if (node != JMES_NONE)
        p->jmes->node[node].third = condition;
    return node;
}

static int flatten(struct parser *p, int left)
{
    return project(p, JMES_LIST, node_new(p, JMES_FLATTEN, left, JMES_NONE), power[T_FLATTEN]);
}

static int with_literal(struct parser *p, enum jmes_kind kind)
{
    json_t *value = value_take(p);
    int node = node_new(p, kind, JMES_NONE, JMES_NONE);
    if (node == JMES_NONE)
        json_decref(value);
    else
        p->jmes->node[node].literal = value;
    advance(p);
    return node;
}

/* What an expression can begin with. */
static int first(struct parser *p)
{
    enum token_kind kind = p->kind;
    if (kind == T_LITERAL)
        return with_literal(p, JMES_LITERAL);
    if (kind == T_NAME || kind == T_QUOTED) {
        int node = with_literal(p, JMES_FIELD);
        return kind == T_QUOTED && p->kind == T_LPAREN ? refuse(p, "a quoted name is no function") : node;
    }
    const char *begin = p->begin;
    advance(p);
    switch (kind) {
    case T_STAR: {
        int left = identity(p);
        return p->kind == T_RBRACKET ? node_new(p, JMES_VALUES, left, identity(p))
                                     : project(p, JMES_VALUES, left, power[T_STAR]);
    }
    case T_FILTER: return filter(p, identity(p));
    case T_FLATTEN: return flatten(p, identity(p));
    case T_LBRACE: return hash(p);
    case T_LBRACKET: return bracket(p, identity(p), true);
    case T_CURRENT: return identity(p);
    case T_NOT: return node_new(p, JMES_NOT, expression(p, power[T_NOT]), JMES_NONE);
    case T_REFERENCE: return node_new(p, JMES_REFERENCE, expression(p, 0), JMES_NONE);
    case T_LPAREN: {
        int inner = expression(p, 0);
        expect(p, T_RPAREN, "')'");
        return inner;
    }
    default:
        p->begin = begin;
        return refuse(p, kind == T_END ? "an expression is expected" : "this is not expected here");
    }
}

/* `(` is behind us; left is the name. */
static int call(struct parser *p, int left)
{
    if (p->failed || p->jmes->node[left].kind != JMES_FIELD)
        return refuse(p, "only a name can be called");
    const char *name = json_string_value(p->jmes->node[left].literal);
    int want = jmes_function_find(name), count = 0, last = JMES_NONE;
    if (want < 0)
        return refuse(p, "there is no function '%.40s'", name);
    struct jmes_node *function = &p->jmes->node[left];
    function->kind = JMES_FUNCTION;
    while (!p->failed && p->kind != T_RPAREN) {
        if (count++)
            expect(p, T_COMMA, "',' or ')'");
        int item = expression(p, 0);
        if (p->failed)
            return JMES_NONE;
        if (last == JMES_NONE)
            function->left = item;
        else
            p->jmes->node[last].next = item;
        last = item;
    }
    expect(p, T_RPAREN, "')'");
    if (!p->failed && (want == 0 ? count == 0 : count != want)) /* 0: one or more */
        return refuse(p, "%.40s() takes %d argument%s%s, not %d", name, want ? want : 1, want > 1 ? "s" : "",
                      want ? "" : " or more", count);
    return left;
}

/* What can follow a complete expression. */
static int then(struct parser *p, int left)
{
    enum token_kind kind = p->kind;
    enum jmes_compare op = p->op;
    advance(p);
    switch (kind) {
    case T_DOT:
        if (p->kind == T_STAR) {
            advance(p);
            return project(p, JMES_VALUES, left, power[T_DOT]);
        }
        return node_new(p, JMES_CHAIN, left, dot_right(p, power[T_DOT]));
    case T_PIPE: return node_new(p, JMES_CHAIN, left, expression(p, power[T_PIPE]));
    case T_OR: return node_new(p, JMES_OR, left, expression(p, power[T_OR]));
    case T_AND: return node_new(p, JMES_AND, left, expression(p, power[T_AND]));
    case T_LPAREN: return call(p, left);
    case T_FILTER: return filter(p, left);
    case T_FLATTEN: return flatten(p, left);
    case T_LBRACKET: return bracket(p, left, false);
    case T_COMPARE: {
        int node = node_new(p, JMES_COMPARE, left, expression(p, power[T_COMPARE]));
        if (node != JMES_NONE)
            p->jmes->node[node].op = op;
        return node;
    }
    default: return refuse(p, "this is not expected here");
    }
}

static int expression(struct parser *p, int bound)
{
    if (p->failed)
        return JMES_NONE;
    if (p->depth == JMES_DEPTH_MAX)
        return refuse(p, "nested too deeply");
    p->depth++;
    int left = first(p);
    while (!p->failed && bound < power[p->kind])
        left = then(p, left);
    p->depth--;
    return p->failed ? JMES_NONE : left;
}

int jmes_parse(struct jmes *jmes, const char *text, char error[static JMES_ERROR_MAX])
{
    struct parser p = {.jmes = jmes, .text = text, .at = text, .begin = text, .error = error};
    jmes->count = 0;
    error[0] = 0;
    advance(&p);
    jmes->root = expression(&p, 0);
    if (!p.failed && p.kind != T_END)
        refuse(&p, "the end is expected");
    json_decref(p.value);
    return p.failed ? -1 : 0;
}

void jmes_release(struct jmes *jmes)
{
    for (int i = 0; i < jmes->count; i++) {
        json_decref(jmes->node[i].literal);
        json_decref(jmes->node[i].key);
    }
    jmes->count = 0;
}
