/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * $filter of lists: a condition over the properties of a row.
 * Source: OData 4.01 part 2, §5.1.1, the part that docs/spec/management-api.md names.
 *
 *   condition := any ("or" any)*          any := one ("and" one)*
 *   one       := "not" one | "(" condition ")" | call | comparison
 *   call      := ("startswith" | "endswith" | "contains") "(" property "," text ")"
 *   comparison := property ("eq" | "ne" | "gt" | "ge" | "lt" | "le") literal
 *   literal   := 'text', '' for a quote | number | true | false | null | time (RFC 3339, bare or quoted)
 * Properties are named bare or behind "properties/".  Words, names and texts count without
 * case of ASCII letters: names of resources do everywhere.  null stands for what is not
 * known yet (an empty text, the time 0); no order holds with it.
 *
 * Written by clients of the management API; parsed by api, which refuses, and once more by
 * the store, which applies it to rows as it has opened them.
 * Trust: text is hostile; bounded in length, parts and depth.
 * Lifetime: a filter holds its own text, and points to tables alone.
 */
#ifndef PERI_SERVICE_IPC_FILTER_H
#define PERI_SERVICE_IPC_FILTER_H

#include "service/ipc/record.h"

enum {
    FILTER_TEXT_MAX = 1024, /* bytes: nextLink carries it, percent-encoded */
    FILTER_NODES_MAX = 64,
    FILTER_DEPTH_MAX = 16,
    FILTER_REASON_MAX = 192,
};

enum filter_kind {
    FILTER_TEXT,   /* struct span */
    FILTER_HEX,    /* 64 bytes: a device id */
    FILTER_GUID,   /* 16 bytes */
    FILTER_BOOL,
    FILTER_COUNT,  /* uint32_t */
    FILTER_NUMBER, /* uint64_t */
    FILTER_TIME_S, /* uint64_t; 0: never */
    FILTER_TIME_MS,
    FILTER_CHOICE, /* uint16_t, one of the field's choices */
    FILTER_SWITCH, /* bool, the same */
    FILTER_FIXED,  /* the text of the first choice, in every row */
};

struct filter_choice {
    uint16_t number;
    const char *text; /* NULL ends the list */
};

struct filter_field {
    const char *name; /* of the resource's property */
    enum filter_kind kind;
    size_t offset; /* in the row */
    const struct filter_choice *choices;
};

struct filter_list {
    const struct record_type *row;
    const struct filter_field *fields;
    size_t count;
};

/* The properties that rows of this type can be chosen by, or NULL (filter_lists.c). */
const struct filter_list *filter_list_of(const struct record_type *row);

enum filter_operation {
    FILTER_AND, FILTER_OR, FILTER_NOT, FILTER_EQ, FILTER_NE, FILTER_GT, FILTER_GE, FILTER_LT, FILTER_LE,
    FILTER_STARTS, FILTER_ENDS, FILTER_CONTAINS,
};

struct filter_node {
    uint8_t operation; /* enum filter_operation */
    uint8_t left, right; /* of AND, OR; NOT has left */
    bool is_null;
    const struct filter_field *field;
    uint16_t at, len; /* the text in filter.text */
    uint64_t number;
};

struct filter {
    size_t count, used;
    uint8_t root;
    struct filter_node node[FILTER_NODES_MAX];
    char text[FILTER_TEXT_MAX]; /* texts without their quotes; of ids, in the form of answers */
};

/* 0; E_MALFORMED or E_LIMIT, with a sentence that says where and what was expected. */
int filter_parse(const struct filter_list *list, struct span text, struct filter *filter,
                 char reason[static FILTER_REASON_MAX]) MUST_CHECK;
/* row: a struct of the list's record type. */
bool filter_matches(const struct filter *filter, const void *row);
/* A text that the property must equal in every row that matches, whatever else is asked;
 * false when there is none.  value is a view into filter. */
bool filter_requires(const struct filter *filter, const char *field, struct span *value);

#endif
