/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JMESPath: what --query takes, as in `az`.
 * Source: the JMESPath specification (jmespath.org, grammar and built-in
 * functions of 2017).  Decision: docs/decisions/cli.md.
 * Files: jmespath_parse.c text to nodes, jmespath.c nodes and a value to a
 * value, jmespath_function.c the built-in functions, one table.
 *
 * Trust: the expression is the user's; the value is what the service said, so
 * its depth and size are bounded by whoever parsed it (cli/client/client.h).
 * Limits: JMES_NODES_MAX nodes, JMES_DEPTH_MAX levels of nesting; an expression
 * beyond is refused, never cut.
 * Numbers: whole ones stay whole (64 bits); others are doubles.
 */
#ifndef PERI_CLI_OUTPUT_JMESPATH_H
#define PERI_CLI_OUTPUT_JMESPATH_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    JMES_NODES_MAX = 1024,
    JMES_DEPTH_MAX = 64,
    JMES_ERROR_MAX = 160,
    JMES_NONE = -1,
};

enum jmes_kind {
    JMES_IDENTITY,   /* the value itself */
    JMES_FIELD,      /* literal: the name */
    JMES_LITERAL,    /* literal: the value */
    JMES_CHAIN,      /* left, then right on its result; `a.b`, `a[0]`, `a | b` */
    JMES_INDEX,      /* start */
    JMES_SLICE,      /* start, stop, step, each with its has_ */
    JMES_LIST,       /* projection: each element of left through right */
    JMES_VALUES,     /* projection: each member's value of left through right */
    JMES_FILTER,     /* projection: elements of left for which third holds, through right */
    JMES_FLATTEN,    /* left */
    JMES_COMPARE,    /* left op right */
    JMES_OR,
    JMES_AND,
    JMES_NOT,        /* left */
    JMES_MANY,       /* multi-select list: first child left, the others by next */
    JMES_HASH,       /* multi-select hash: likewise; each child's literal is its key */
    JMES_FUNCTION,   /* literal: the name; arguments as JMES_MANY */
    JMES_REFERENCE,  /* &left: an expression as an argument */
};

enum jmes_compare { JMES_EQ, JMES_NE, JMES_LT, JMES_LE, JMES_GT, JMES_GE };

struct jmes_node {
    enum jmes_kind kind;
    int left, right, third; /* nodes, JMES_NONE for none */
    int next;               /* sibling in a list */
    enum jmes_compare op;
    json_t *literal, *key;
    long long start, stop, step;
    bool has_start, has_stop, has_step;
};

struct jmes {
    struct jmes_node node[JMES_NODES_MAX];
    int count, root;
};

/* 0, or -1 with what is wrong, and where, in error.  jmes_release() in any case. */
int jmes_parse(struct jmes *jmes, const char *text, char error[static JMES_ERROR_MAX]);
void jmes_release(struct jmes *jmes);
/* New reference to the result, a JSON null included; NULL with a reason in error: a
 * function's argument has the wrong type, nesting, memory. */
json_t *jmes_search(const struct jmes *jmes, json_t *value, char error[static JMES_ERROR_MAX]);

/* Between the files. */
struct jmes_run {
    const struct jmes *jmes;
    char *error; /* JMES_ERROR_MAX; first word counts */
    unsigned depth;
};
json_t *jmes_eval(struct jmes_run *run, int node, json_t *value);
json_t *jmes_call(struct jmes_run *run, const struct jmes_node *function, json_t *value);
bool jmes_true(const json_t *value);
/* NULL, for the caller to return. */
json_t *jmes_fail(struct jmes_run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Number of arguments, or -1: no function of that name. */
int jmes_function_find(const char *name);

#endif
