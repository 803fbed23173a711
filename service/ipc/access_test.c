/* SPDX-License-Identifier: BSD-2-Clause */
/* The four roles, action by action, as written down by hand from the roles of
 * Azure Sphere: a pattern that says more or less than it should shows here. */
#include "service/ipc/access.h"
#include "tests/check.h"

/* May the Reader, Publisher, Contributor, Owner. */
static const struct {
    enum access_action action;
    const char *may;
} matrix[] = {
    {ACCESS_NONE, "----"},
    {ACCESS_SIGNED_IN, "RPCO"},
    {ACCESS_CATALOGS_LIST, "RPCO"},
    {ACCESS_CATALOGS_READ, "RPCO"},
    {ACCESS_CATALOGS_WRITE, "--CO"},
    {ACCESS_CATALOGS_DELETE, "--CO"},
    {ACCESS_CATALOGS_COUNT, "RPCO"},
    {ACCESS_CATALOGS_DEPLOYMENTS, "R-CO"},
    {ACCESS_CATALOGS_GROUPS, "RPCO"},
    {ACCESS_CATALOGS_INSIGHTS, "RPCO"},
    {ACCESS_CATALOGS_DEVICES, "RPCO"},
    {ACCESS_CATALOGS_UPLOAD, "-PCO"},
    {ACCESS_CERTIFICATES_READ, "RPCO"},
    {ACCESS_CERTIFICATES_CHAIN, "RPCO"},
    {ACCESS_CERTIFICATES_PROVE, "-PCO"},
    {ACCESS_CERTIFICATES_RENEW, "--CO"},
    {ACCESS_CERTIFICATES_REVOKE, "--CO"},
    {ACCESS_IMAGES_READ, "RPCO"},
    {ACCESS_IMAGES_WRITE, "-PCO"},
    {ACCESS_IMAGES_DELETE, "--CO"},
    {ACCESS_PRODUCTS_READ, "RPCO"},
    {ACCESS_PRODUCTS_WRITE, "--CO"},
    {ACCESS_PRODUCTS_DELETE, "--CO"},
    {ACCESS_PRODUCTS_COUNT, "RPCO"},
    {ACCESS_PRODUCTS_DEFAULTS, "--CO"},
    {ACCESS_GROUPS_READ, "RPCO"},
    {ACCESS_GROUPS_WRITE, "--CO"},
    {ACCESS_GROUPS_DELETE, "--CO"},
    {ACCESS_GROUPS_COUNT, "RPCO"},
    {ACCESS_GROUPS_CLAIM, "--CO"},
    {ACCESS_DEPLOYMENTS_READ, "RPCO"},
    {ACCESS_DEPLOYMENTS_WRITE, "--CO"},
    {ACCESS_DEPLOYMENTS_DELETE, "--CO"},
    {ACCESS_DEVICES_READ, "RPCO"},
    {ACCESS_DEVICES_WRITE, "--CO"},
    {ACCESS_DEVICES_DELETE, "--CO"},
    {ACCESS_DEVICES_CAPABILITY, "--CO"},
    {ACCESS_SUBSCRIPTIONS_READ, "RPCO"},
    {ACCESS_PROVIDERS_READ, "RPCO"},
    {ACCESS_RESOURCE_GROUPS_READ, "RPCO"},
    {ACCESS_RESOURCE_GROUPS_WRITE, "--CO"},
    {ACCESS_RESOURCE_GROUPS_DELETE, "--CO"},
    {ACCESS_ROLLOUTS_READ, "RPCO"},
    {ACCESS_ROLLOUTS_WRITE, "--CO"},
    {ACCESS_OS_ROLLOUTS_READ, "RPCO"},
    {ACCESS_OS_ROLLOUTS_WRITE, "--CO"},
    {ACCESS_DEVICES_RELEASE, "---O"},
    {ACCESS_DEVICES_REVOKE, "--CO"},
    {ACCESS_DEVICES_REINSTATE, "--CO"},
    {ACCESS_REVOKED_READ, "RPCO"},
    {ACCESS_REVOKED_WRITE, "--CO"},
    {ACCESS_REVOKED_DEVICES_READ, "RPCO"},
    {ACCESS_FACTORY_READ, "RPCO"},
    {ACCESS_FACTORY_WRITE, "--CO"},
    {ACCESS_OS_IMAGES_WRITE, "--CO"},
    {ACCESS_OS_RELEASES_READ, "RPCO"},
    {ACCESS_OS_RELEASES_WRITE, "--CO"},
    {ACCESS_CRASH_GROUPS_READ, "RPCO"},
    {ACCESS_CRASH_GROUPS_GROWTH, "--CO"},
    {ACCESS_CRASH_DUMPS_READ, "RPCO"},
    {ACCESS_CRASH_DUMPS_DOWNLOAD, "--CO"},
    {ACCESS_CRASH_DUMPS_DELETE, "--CO"},
    {ACCESS_DATABASE_MOVE, "--CO"},
    {ACCESS_SERVICE_KEYS_ROTATE, "--CO"},
    {ACCESS_STATUS_READ, "RPCO"},
    {ACCESS_AUDIT_READ, "RPCO"},
    {ACCESS_AUDIT_PRUNE, "---O"},
    {ACCESS_DEFINITIONS_READ, "RPCO"},
    {ACCESS_ASSIGNMENTS_READ, "RPCO"},
    {ACCESS_ASSIGNMENTS_WRITE, "---O"},
    {ACCESS_ASSIGNMENTS_DELETE, "---O"},
};

static void test_matrix(void)
{
    CHECK_INT(sizeof matrix / sizeof matrix[0], ACCESS_ACTION_COUNT);
    for (size_t i = 0; i < sizeof matrix / sizeof matrix[0]; i++) {
        CHECK_INT(matrix[i].action, i);
        for (uint16_t role = ROLE_READER; role < ROLE_COUNT; role++)
            CHECK_INT(access_role_allows(role, (uint16_t)matrix[i].action),
                      matrix[i].may[role - 1] != '-');
    }
}

/* Whatever somebody without the right to change may do, changes nothing. */
static void test_flags(void)
{
    for (uint16_t i = 1; i < ACCESS_ACTION_COUNT; i++) {
        bool reader = access_role_allows(ROLE_READER, i);
        CHECK(!reader || !(access_actions[i].flags & ACTION_CHANGES));
        CHECK(reader || i == ACCESS_CATALOGS_DEPLOYMENTS || (access_actions[i].flags & ACTION_CHANGES));
    }
}

static void test_outside(void)
{
    CHECK(!access_role_allows(0, ACCESS_CATALOGS_READ));
    CHECK(!access_role_allows(ROLE_COUNT, ACCESS_CATALOGS_READ));
    CHECK(!access_role_allows(UINT16_MAX, ACCESS_CATALOGS_READ));
    CHECK(!access_role_allows(ROLE_OWNER, ACCESS_ACTION_COUNT));
}

int main(void)
{
    test_matrix();
    test_flags();
    test_outside();
    return check_done();
}
