/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/ipc/access.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

const struct access_action_row access_actions[ACCESS_ACTION_COUNT] = {
#define ACCESS_ACTION_ROW(name, text, flags) {text, flags},
    ACCESS_ACTION_TABLE(ACCESS_ACTION_ROW)
#undef ACCESS_ACTION_ROW
};

/* What the Reader and the Publisher have in common. */
#define READS                                                                       \
    ACCESS_SPHERE "*/read", ACCESS_CATALOGS "/countDevices/action",                 \
        ACCESS_CATALOGS "/listDeviceGroups/action",                                 \
        ACCESS_CATALOGS "/listDeviceInsights/action",                               \
        ACCESS_CATALOGS "/listDevices/action", ACCESS_PRODUCTS "/countDevices/action", \
        ACCESS_GROUPS "/countDevices/action",                                       \
        ACCESS_CATALOGS "/certificates/retrieveCertChain/action",                   \
        "Microsoft.Authorization/*/read", "Microsoft.Resources/*/read", "Perisphere/*/read"

const struct access_role_row access_roles[ROLE_COUNT] = {
    [ROLE_READER] = {"Azure Sphere Reader", "c8ae6279-5a0b-4cb2-b3f0-d4d62845742c",
                     "Sees everything, changes nothing.",
                     {READS, ACCESS_CATALOGS "/listDeployments/action"}},
    [ROLE_PUBLISHER] = {"Azure Sphere Publisher", "6d994134-994b-4a59-9974-f479f0b227fb",
                        "Sees everything, uploads images and proves possession of a catalog's CA.",
                        {READS, ACCESS_CATALOGS "/images/write", ACCESS_CATALOGS "/uploadImage/action",
                         ACCESS_CATALOGS "/certificates/retrieveProofOfPossessionNonce/action"}},
    [ROLE_CONTRIBUTOR] = {"Azure Sphere Contributor", "8b9dfcab-4b77-4632-a6df-94bd07820648",
                          "Does everything but give roles to others.",
                          {ACCESS_SPHERE "*", "Perisphere/*", "Microsoft.Resources/*", "Microsoft.Authorization/*/read"}},
    [ROLE_OWNER] = {"Azure Sphere Owner", "5a382001-fe36-41ff-bba4-8bf06bd54da9",
                    "Does everything, and gives roles to others.",
                    {ACCESS_SPHERE "*", "Perisphere/*", "Microsoft.Resources/*", "Microsoft.Authorization/*/read",
                     ACCESS_ASSIGNMENTS "/write", ACCESS_ASSIGNMENTS "/delete", "Microsoft.Authorization/deviceReleases/write",
                     "Microsoft.Authorization/auditLog/prune/action"}},
};

static bool pattern_matches(const char *pattern, const char *text)
{
    const char *star = strchr(pattern, '*');
    size_t len = strlen(text);
    if (!star)
        return strcasecmp(pattern, text) == 0;
    size_t head = (size_t)(star - pattern), tail = strlen(star + 1);
    return len >= head + tail && strncasecmp(pattern, text, head) == 0 &&
           strcasecmp(star + 1, text + len - tail) == 0;
}

bool access_role_allows(uint16_t role, uint16_t action)
{
    if (role == 0 || role >= ROLE_COUNT || action == ACCESS_NONE || action >= ACCESS_ACTION_COUNT)
        return false;
    for (size_t i = 0; i < ACCESS_PATTERNS_MAX && access_roles[role].allowed[i]; i++)
        if (pattern_matches(access_roles[role].allowed[i], access_actions[action].text))
            return true;
    return false;
}
