/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What operators may do: every action of the management API, and the four roles
 * as lists of patterns over their names.
 * Source: docs/spec/access.md; service-api: the built-in roles of Azure Sphere.
 *
 * service/api/access.c says which action each route is; service/store/access.c
 * decides, from the role assignments, whether a caller may.  What no table names
 * is refused.  A pattern is a name with at most one '*', which stands for any
 * text, '/' included; letters count without case.
 */
#ifndef PERI_SERVICE_IPC_ACCESS_H
#define PERI_SERVICE_IPC_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

enum access_flag {
    ACTION_CHANGES = 1,   /* carried out or refused, it is in the audit log */
    ACTION_SIGNED_IN = 2, /* any operator, whatever the roles: shows nothing of a catalog, or only
                             what the roles let through */
};

#define ACCESS_SPHERE "Microsoft.AzureSphere/"
#define ACCESS_CATALOGS ACCESS_SPHERE "catalogs"
#define ACCESS_PRODUCTS ACCESS_CATALOGS "/products"
#define ACCESS_GROUPS ACCESS_PRODUCTS "/deviceGroups"
#define ACCESS_RESOURCE_GROUPS "Microsoft.Resources/subscriptions/resourceGroups"
#define ACCESS_ASSIGNMENTS "Microsoft.Authorization/roleAssignments"

/* name, text, flags */
#define ACCESS_ACTION_TABLE(X)                                                               \
    X(NONE, "none", 0)                                                                       \
    X(SIGNED_IN, "Perisphere/signedIn/read", ACTION_SIGNED_IN)                               \
    X(CATALOGS_LIST, ACCESS_CATALOGS "/read", ACTION_SIGNED_IN)                              \
    X(CATALOGS_READ, ACCESS_CATALOGS "/read", 0)                                             \
    X(CATALOGS_WRITE, ACCESS_CATALOGS "/write", ACTION_CHANGES)                              \
    X(CATALOGS_DELETE, ACCESS_CATALOGS "/delete", ACTION_CHANGES)                            \
    X(CATALOGS_COUNT, ACCESS_CATALOGS "/countDevices/action", 0)                             \
    X(CATALOGS_DEPLOYMENTS, ACCESS_CATALOGS "/listDeployments/action", 0)                    \
    X(CATALOGS_GROUPS, ACCESS_CATALOGS "/listDeviceGroups/action", 0)                        \
    X(CATALOGS_INSIGHTS, ACCESS_CATALOGS "/listDeviceInsights/action", 0)                    \
    X(CATALOGS_DEVICES, ACCESS_CATALOGS "/listDevices/action", 0)                            \
    X(CATALOGS_UPLOAD, ACCESS_CATALOGS "/uploadImage/action", ACTION_CHANGES)                \
    X(CERTIFICATES_READ, ACCESS_CATALOGS "/certificates/read", 0)                            \
    X(CERTIFICATES_CHAIN, ACCESS_CATALOGS "/certificates/retrieveCertChain/action", 0)       \
    X(CERTIFICATES_PROVE, ACCESS_CATALOGS "/certificates/retrieveProofOfPossessionNonce/action", ACTION_CHANGES) \
    X(CERTIFICATES_RENEW, ACCESS_CATALOGS "/certificates/renew/action", ACTION_CHANGES)      \
    X(CERTIFICATES_REVOKE, ACCESS_CATALOGS "/certificates/revoke/action", ACTION_CHANGES)    \
    X(IMAGES_READ, ACCESS_CATALOGS "/images/read", 0)                                        \
    X(IMAGES_WRITE, ACCESS_CATALOGS "/images/write", ACTION_CHANGES)                         \
    X(IMAGES_DELETE, ACCESS_CATALOGS "/images/delete", ACTION_CHANGES)                       \
    X(PRODUCTS_READ, ACCESS_PRODUCTS "/read", 0)                                             \
    X(PRODUCTS_WRITE, ACCESS_PRODUCTS "/write", ACTION_CHANGES)                              \
    X(PRODUCTS_DELETE, ACCESS_PRODUCTS "/delete", ACTION_CHANGES)                            \
    X(PRODUCTS_COUNT, ACCESS_PRODUCTS "/countDevices/action", 0)                             \
    X(PRODUCTS_DEFAULTS, ACCESS_PRODUCTS "/generateDefaultDeviceGroups/action", ACTION_CHANGES) \
    X(GROUPS_READ, ACCESS_GROUPS "/read", 0)                                                 \
    X(GROUPS_WRITE, ACCESS_GROUPS "/write", ACTION_CHANGES)                                  \
    X(GROUPS_DELETE, ACCESS_GROUPS "/delete", ACTION_CHANGES)                                \
    X(GROUPS_COUNT, ACCESS_GROUPS "/countDevices/action", 0)                                 \
    X(GROUPS_CLAIM, ACCESS_GROUPS "/claimDevices/action", ACTION_CHANGES)                    \
    X(DEPLOYMENTS_READ, ACCESS_GROUPS "/deployments/read", 0)                                \
    X(DEPLOYMENTS_WRITE, ACCESS_GROUPS "/deployments/write", ACTION_CHANGES)                 \
    X(DEPLOYMENTS_DELETE, ACCESS_GROUPS "/deployments/delete", ACTION_CHANGES)               \
    X(DEVICES_READ, ACCESS_GROUPS "/devices/read", 0)                                        \
    X(DEVICES_WRITE, ACCESS_GROUPS "/devices/write", ACTION_CHANGES)                         \
    X(DEVICES_DELETE, ACCESS_GROUPS "/devices/delete", ACTION_CHANGES)                       \
    X(DEVICES_CAPABILITY, ACCESS_GROUPS "/devices/generateCapabilityImage/action", ACTION_CHANGES) \
    X(SUBSCRIPTIONS_READ, "Microsoft.Resources/subscriptions/read", ACTION_SIGNED_IN)        \
    X(PROVIDERS_READ, "Microsoft.Resources/subscriptions/providers/read", ACTION_SIGNED_IN)  \
    X(RESOURCE_GROUPS_READ, ACCESS_RESOURCE_GROUPS "/read", ACTION_SIGNED_IN)                \
    X(RESOURCE_GROUPS_WRITE, ACCESS_RESOURCE_GROUPS "/write", ACTION_CHANGES)                \
    X(RESOURCE_GROUPS_DELETE, ACCESS_RESOURCE_GROUPS "/delete", ACTION_CHANGES)              \
    X(ROLLOUTS_READ, "Perisphere/rollouts/read", 0)                                          \
    X(ROLLOUTS_WRITE, "Perisphere/rollouts/write", ACTION_CHANGES)                           \
    X(OS_ROLLOUTS_READ, "Perisphere/osRollouts/read", 0)                                     \
    X(OS_ROLLOUTS_WRITE, "Perisphere/osRollouts/write", ACTION_CHANGES)                      \
    X(DEVICES_RELEASE, "Microsoft.Authorization/deviceReleases/write", ACTION_CHANGES)       \
    X(DEVICES_REVOKE, ACCESS_GROUPS "/devices/revoke/action", ACTION_CHANGES)                \
    X(DEVICES_REINSTATE, ACCESS_GROUPS "/devices/reinstate/action", ACTION_CHANGES)          \
    X(REVOKED_READ, "Perisphere/revokedOperators/read", 0)                                   \
    X(REVOKED_WRITE, "Perisphere/revokedOperators/write", ACTION_CHANGES)                    \
    X(REVOKED_DEVICES_READ, "Perisphere/revokedDevices/read", 0)                             \
    X(FACTORY_READ, "Perisphere/devices/read", 0)                                            \
    X(FACTORY_WRITE, "Perisphere/devices/write", ACTION_CHANGES)                             \
    X(OS_IMAGES_WRITE, "Perisphere/osImages/write", ACTION_CHANGES)                          \
    X(OS_RELEASES_READ, "Perisphere/osReleases/read", 0)                                     \
    X(OS_RELEASES_WRITE, "Perisphere/osReleases/write", ACTION_CHANGES)                      \
    X(CRASH_GROUPS_READ, "Perisphere/crashGroups/read", 0)                                   \
    X(CRASH_GROUPS_GROWTH, "Perisphere/crashGroups/growth", ACTION_CHANGES) /* no route: the service's own */ \
    X(CRASH_DUMPS_READ, "Perisphere/crashDumps/read", 0)                                     \
    X(CRASH_DUMPS_DOWNLOAD, "Perisphere/crashDumps/download/action", ACTION_CHANGES) /* changes nothing, and is in the log */ \
    X(CRASH_DUMPS_DELETE, "Perisphere/crashDumps/delete", ACTION_CHANGES)                    \
    X(DATABASE_MOVE, "Perisphere/database/move/action", ACTION_CHANGES) /* no route: the operator of the machine */ \
    X(SERVICE_KEYS_ROTATE, "Perisphere/serviceKeys/rotate/action", ACTION_CHANGES) /* no route: the issuer's own */ \
    X(STATUS_READ, "Perisphere/status/read", 0)                                              \
    X(AUDIT_READ, "Perisphere/auditLog/read", 0)                                             \
    X(AUDIT_PRUNE, "Microsoft.Authorization/auditLog/prune/action", ACTION_CHANGES)          \
    X(DEFINITIONS_READ, "Microsoft.Authorization/roleDefinitions/read", ACTION_SIGNED_IN)    \
    X(ASSIGNMENTS_READ, ACCESS_ASSIGNMENTS "/read", 0)                                       \
    X(ASSIGNMENTS_WRITE, ACCESS_ASSIGNMENTS "/write", ACTION_CHANGES)                        \
    X(ASSIGNMENTS_DELETE, ACCESS_ASSIGNMENTS "/delete", ACTION_CHANGES)

enum access_action {
#define ACCESS_ACTION_ENUM(name, text, flags) ACCESS_##name,
    ACCESS_ACTION_TABLE(ACCESS_ACTION_ENUM)
#undef ACCESS_ACTION_ENUM
    ACCESS_ACTION_COUNT
};

struct access_action_row {
    const char *text;
    unsigned flags; /* enum access_flag */
};

extern const struct access_action_row access_actions[ACCESS_ACTION_COUNT];

/* The numbers are stored. */
enum access_role { ROLE_READER = 1, ROLE_PUBLISHER = 2, ROLE_CONTRIBUTOR = 3, ROLE_OWNER = 4, ROLE_COUNT = 5 };

enum { ACCESS_PATTERNS_MAX = 20 };

struct access_role_row {
    const char *name; /* NULL for number 0 */
    const char *id;   /* of the built-in role, a GUID */
    const char *description;
    const char *allowed[ACCESS_PATTERNS_MAX]; /* ends with NULL */
};

extern const struct access_role_row access_roles[ROLE_COUNT];

/* false for numbers outside the tables. */
bool access_role_allows(uint16_t role, uint16_t action);

/* How deep in the tree a role is assigned; the numbers are stored. */
enum access_level {
    LEVEL_SERVICE = 0,
    LEVEL_SUBSCRIPTION = 1,
    LEVEL_RESOURCE_GROUP = 2,
    LEVEL_CATALOG = 3,
    LEVEL_PRODUCT = 4,
    LEVEL_GROUP = 5,
    LEVEL_DEVICE = 6,
};

#endif
