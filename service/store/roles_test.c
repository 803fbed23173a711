/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Roles at containers, on both databases: who is allowed where, what lists show, and that
 * names count without case.  The matrix of all roles and routes is service/api/roles_test.c.
 *   roles_test [postgresql]
 */
#include "service/store/store_fixture_test.h"

#define SUB "00000000-0000-0000-0000-0000000000aa"
#define SUB_CAPITALS "00000000-0000-0000-0000-0000000000AA"
#define OTHER "00000000-0000-0000-0000-0000000000bb"

static struct store_scope at(const char *subscription, const char *group, const char *catalog)
{
    return (struct store_scope){.subscription = span_of(subscription, strlen(subscription)),
                                .resource_group = span_of(group, strlen(group)),
                                .catalog = span_of(catalog, strlen(catalog))};
}

static int give(unsigned number, struct store_scope scope, uint16_t role, const char *who)
{
    char name[40];
    struct store_role_put put = {.scope = scope, .role = role, .principal = span_of(who, strlen(who))};
    snprintf(name, sizeof name, "00000000-0000-0000-0000-%012u", number);
    put.scope.name = span_of(name, strlen(name));
    return fixture_api(STORE_OP_ROLE_PUT, &store_role_put_type, &put);
}

static uint16_t verdict(const char *who, uint16_t action, struct store_scope scope)
{
    const struct store_caller caller = {.principal = span_of(who, strlen(who)), .action = action, .scope = scope};
    uint16_t got = 0;
    CHECK_INT(access_verdict(&fx.store, &caller, &got), 0);
    return got;
}

static unsigned rows(uint16_t number, const struct record_type *type, const void *query, const struct record_type *row,
                     void *last)
{
    unsigned count = 0;
    CHECK_INT(fixture_api(number, type, query), 0);
    for (struct cursor c = cursor_of(fixture_rows().rows); c.left; count++) {
        record_get(row, &c, last);
        REQUIRE(c.err == 0);
    }
    return count;
}

static unsigned assignments(struct store_scope scope, bool at_scope)
{
    struct store_row_role row;
    const struct store_role_query query = {.scope = scope, .limit = 100, .at_scope = at_scope};
    return rows(STORE_OP_ROLE_LIST, &store_role_query_type, &query, &store_row_role_type, &row);
}

/* On behalf of somebody. */
static unsigned seen(const char *who, uint16_t number, struct store_scope scope, const struct record_type *row, void *last)
{
    const struct store_query query = {.scope = scope, .limit = 100};
    const struct store_caller caller = {.principal = span_of(who, strlen(who))};
    fx.store.caller = &caller;
    unsigned count = rows(number, &store_query_type, &query, row, last);
    fx.store.caller = NULL;
    return count;
}

static void world_make(void)
{
    static const struct {
        const char *subscription, *group, *catalog;
    } all[] = {{SUB, "Kitchen", "one"}, {SUB, "hall", "two"}, {OTHER, "Kitchen", "three"}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        const struct store_catalog_put put = {.scope = at(all[i].subscription, all[i].group, all[i].catalog), .actor = T("o")};
        CHECK_INT(fixture_api(STORE_OP_CATALOG_PUT, &store_catalog_put_type, &put), 0);
    }
    CHECK_INT(give(1, at(SUB, "", ""), ROLE_READER, "certificate:sub"), 0);
    CHECK_INT(give(1, at(SUB_CAPITALS, "", ""), ROLE_READER, "certificate:sub"), 0);
    CHECK_INT(give(1, at(OTHER, "", ""), ROLE_READER, "certificate:sub"), E_CONFLICT);
    CHECK_INT(give(2, at(SUB_CAPITALS, "", ""), ROLE_READER, "certificate:sub"), E_EXISTS); /* twice the same */
    CHECK_INT(give(3, at(SUB, "KITCHEN", ""), ROLE_CONTRIBUTOR, "certificate:group"), 0);
    CHECK_INT(give(3, at(SUB, "kitchen", ""), ROLE_CONTRIBUTOR, "certificate:group"), 0);
    CHECK_INT(give(3, at(SUB, "hall", ""), ROLE_CONTRIBUTOR, "certificate:group"), E_CONFLICT);
    CHECK_INT(give(4, at(SUB, "none", ""), ROLE_READER, "certificate:group"), E_MISSING);
    CHECK_INT(give(5, at(SUB, "hall", "two"), ROLE_OWNER, "certificate:catalog"), 0);
    CHECK_INT(give(6, at("00000000-0000-0000-0000-0000000000cc", "", ""), ROLE_OWNER, "certificate:new"), 0);
}

static void test_verdicts(void)
{
    static const struct {
        const char *who;
        uint16_t action;
        const char *subscription, *group, *catalog;
        uint16_t want;
    } rows[] = {
        {"certificate:sub", ACCESS_CATALOGS_READ, SUB_CAPITALS, "kitchen", "ONE", VERDICT_ALLOWED},
        {"certificate:sub", ACCESS_CATALOGS_READ, SUB, "hall", "two", VERDICT_ALLOWED},
        {"certificate:sub", ACCESS_CATALOGS_WRITE, SUB, "hall", "two", VERDICT_REFUSED},
        {"certificate:sub", ACCESS_CATALOGS_READ, SUB, "hall", "none", VERDICT_ALLOWED},
        {"certificate:sub", ACCESS_CATALOGS_READ, OTHER, "kitchen", "three", VERDICT_HIDDEN},
        {"certificate:group", ACCESS_CATALOGS_WRITE, SUB_CAPITALS, "kitchen", "one", VERDICT_ALLOWED},
        {"certificate:group", ACCESS_CATALOGS_WRITE, SUB, "KITCHEN", "new", VERDICT_ALLOWED},
        {"certificate:group", ACCESS_CATALOGS_WRITE, SUB, "hall", "new", VERDICT_HIDDEN},
        {"certificate:group", ACCESS_CATALOGS_READ, OTHER, "kitchen", "three", VERDICT_HIDDEN},
        {"certificate:group", ACCESS_RESOURCE_GROUPS_DELETE, SUB, "kitchen", "", VERDICT_ALLOWED},
        {"certificate:group", ACCESS_RESOURCE_GROUPS_DELETE, SUB, "hall", "", VERDICT_REFUSED},
        {"certificate:group", ACCESS_RESOURCE_GROUPS_WRITE, SUB, "attic", "", VERDICT_REFUSED},
        {"certificate:catalog", ACCESS_CATALOGS_WRITE, SUB, "hall", "two", VERDICT_ALLOWED},
        {"certificate:catalog", ACCESS_RESOURCE_GROUPS_WRITE, SUB, "hall", "", VERDICT_REFUSED},
        {"certificate:new", ACCESS_RESOURCE_GROUPS_WRITE, "00000000-0000-0000-0000-0000000000CC", "first", "", VERDICT_ALLOWED},
        {"certificate:new", ACCESS_STATUS_READ, "", "", "", VERDICT_REFUSED},
        {"certificate:nobody", ACCESS_CATALOGS_READ, SUB, "kitchen", "one", VERDICT_HIDDEN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint16_t got = verdict(rows[i].who, rows[i].action, at(rows[i].subscription, rows[i].group, rows[i].catalog));
        CHECK_INT(got, rows[i].want);
        if (got != rows[i].want)
            fprintf(stderr, "  row %zu\n", i);
    }
}

static void test_lists(void)
{
    struct store_row_catalog catalog;
    struct store_row_resource_group group;
    struct store_row_subscription subscription;
    CHECK_INT(assignments(at("", "", ""), false), 5); /* with the first owner */
    CHECK_INT(assignments(at(SUB_CAPITALS, "", ""), false), 4);
    CHECK_INT(assignments(at(SUB, "", ""), true), 2);
    CHECK_INT(assignments(at(SUB, "kitchen", ""), false), 3);
    CHECK_INT(assignments(at(SUB, "HALL", ""), false), 3);
    CHECK_INT(assignments(at(SUB, "HALL", ""), true), 2);
    CHECK_INT(assignments(at(SUB, "hall", "two"), false), 3);
    CHECK_INT(assignments(at(OTHER, "kitchen", "three"), false), 1);
    CHECK_INT(seen("certificate:sub", STORE_OP_CATALOG_LIST, at(SUB_CAPITALS, "", ""), &store_row_catalog_type, &catalog), 2);
    CHECK_INT(seen("certificate:group", STORE_OP_CATALOG_LIST, at(SUB, "", ""), &store_row_catalog_type, &catalog), 1);
    CHECK_INT(seen("certificate:sub", STORE_OP_RESOURCE_GROUP_LIST, at(SUB, "", ""), &store_row_resource_group_type, &group), 2);
    CHECK_INT(seen("certificate:group", STORE_OP_RESOURCE_GROUP_LIST, at(SUB, "", ""), &store_row_resource_group_type, &group), 1);
    CHECK_INT(seen("certificate:olga", STORE_OP_SUBSCRIPTION_LIST, at("", "", ""), &store_row_subscription_type, &subscription), 3);
    CHECK_INT(seen("certificate:sub", STORE_OP_SUBSCRIPTION_LIST, at("", "", ""), &store_row_subscription_type, &subscription), 1);
    CHECK(span_equal(subscription.subscription, T(SUB)));
    CHECK_INT(seen("certificate:new", STORE_OP_SUBSCRIPTION_LIST, at("", "", ""), &store_row_subscription_type, &subscription), 1);
    CHECK_INT(seen("certificate:catalog", STORE_OP_SUBSCRIPTION_LIST, at("", "", ""), &store_row_subscription_type, &subscription), 1);
    CHECK_INT(seen("certificate:nobody", STORE_OP_SUBSCRIPTION_LIST, at("", "", ""), &store_row_subscription_type, &subscription), 0);
    CHECK_INT(seen("certificate:new", STORE_OP_SUBSCRIPTION_GET, at("00000000-0000-0000-0000-0000000000CC", "", ""),
                   &store_row_subscription_type, &subscription), 1);
}

int main(int argc, char **argv)
{
    fixture_begin(argc, argv);
    REQUIRE(access_seed(&fx.store, "olga") == 0);
    world_make();
    test_verdicts();
    test_lists();
    fixture_end();
    return check_done();
}
