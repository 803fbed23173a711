/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/api/names.h"

#include <string.h>
#include <strings.h>

#include "lib/guid.h"

enum class { UPPER = 1, LOWER = 2, DIGIT = 4, UNDERSCORE = 8, HYPHEN = 16, DOT = 32, PAREN = 64,
             SPACE = 128, HEX = 256 };
enum { ALNUM = UPPER | LOWER | DIGIT, WORD = ALNUM | UNDERSCORE };

/* One shape: the classes of the first, the inner and the last character. */
static const struct shape {
    enum name_rule rule;
    size_t min, max;
    unsigned first, inner, last;
    const char *words[3]; /* whole names that are allowed besides, compared without case */
} shapes[] = {
    {NAME_RESOURCE_GROUP, 1, 90, WORD | HYPHEN | DOT | PAREN, WORD | HYPHEN | DOT | PAREN, WORD | HYPHEN | PAREN, {0}},
    {NAME_CATALOG, 1, 50, WORD | HYPHEN, WORD | HYPHEN, WORD | HYPHEN, {0}},
    {NAME_PRODUCT, 3, 50, WORD, WORD | SPACE, WORD, {".default", ".unassigned"}},
    {NAME_GROUP, 1, 2, ALNUM, ALNUM, ALNUM, {".default", ".unassigned"}},
    {NAME_GROUP, 3, 50, ALNUM, ALNUM | SPACE, ALNUM, {0}},
    {NAME_DEVICE, 128, 128, HEX, HEX, HEX, {0}},
    {NAME_DEPLOYMENT, 1, 0, 0, 0, 0, {".default"}},
    {NAME_PROVIDER, 1, 128, ALNUM, ALNUM | DOT, ALNUM, {0}},
    {NAME_SERIAL, 1, 40, HEX, HEX, HEX, {".default", "default", "active"}},
};

static const char *const texts[NAME_RULES] = {
    [NAME_NONE] = "",
    [NAME_SUBSCRIPTION] = "a subscription id is a GUID",
    [NAME_RESOURCE_GROUP] = "a resource group name has 1 to 90 letters, digits, or -._()",
    [NAME_CATALOG] = "a catalog name has 1 to 50 letters, digits, - or _",
    [NAME_PRODUCT] = "a product name has 3 to 50 letters, digits, _ or inner spaces",
    [NAME_GROUP] = "a device group name has 1 to 50 letters, digits or inner spaces",
    [NAME_DEVICE] = "a device id has 128 hexadecimal digits",
    [NAME_IMAGE] = "an image name is the GUID in its package",
    [NAME_DEPLOYMENT] = "a deployment name is .default or a GUID",
    [NAME_SERIAL] = "a certificate name is its serial number in hexadecimal, .default or active",
    [NAME_VERSION] = "an OS version is two to four numbers with dots between",
    [NAME_OPERATION] = "an operation id is a GUID",
    [NAME_ROLLOUT] = "the name of a rollout is a GUID",
    [NAME_PROVIDER] = "a provider is named like Microsoft.AzureSphere",
    [NAME_CRASH_GROUP] = "the name of a crash group is a GUID",
    [NAME_CRASH_DUMP] = "the name of a crash dump is a GUID",
    [NAME_ASSIGNMENT] = "the name of a role assignment is a GUID",
};

static unsigned classes_of(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return DIGIT | HEX;
    if (c >= 'A' && c <= 'Z')
        return UPPER | (c <= 'F' ? HEX : 0);
    if (c >= 'a' && c <= 'z')
        return LOWER | (c <= 'f' ? HEX : 0);
    switch (c) {
    case '_':
        return UNDERSCORE;
    case '-':
        return HYPHEN;
    case '.':
        return DOT;
    case '(':
    case ')':
        return PAREN;
    case ' ':
        return SPACE;
    default:
        return 0;
    }
}

static bool shape_fits(const struct shape *shape, struct span name)
{
    for (size_t i = 0; i < 3 && shape->words[i]; i++)
        if (strlen(shape->words[i]) == name.len &&
            strncasecmp(shape->words[i], (const char *)name.at, name.len) == 0)
            return true;
    if (name.len < shape->min || name.len > shape->max)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        unsigned allowed = i == name.len - 1 ? shape->last : i == 0 ? shape->first : shape->inner;
        if (i == 0)
            allowed &= shape->first;
        if (!(classes_of(name.at[i]) & allowed))
            return false;
    }
    return true;
}

static bool version_valid(struct span name)
{
    size_t digits = 0, dots = 0;
    for (size_t i = 0; i < name.len; i++) {
        if (classes_of(name.at[i]) & DIGIT)
            digits++;
        else if (name.at[i] != '.' || digits == 0 || ++dots > 3)
            return false;
        else
            digits = 0;
        if (digits > 5)
            return false;
    }
    return digits && dots;
}

bool name_valid(enum name_rule rule, struct span name)
{
    uint8_t guid[GUID_BYTES];
    switch (rule) {
    case NAME_NONE:
        return true;
    case NAME_SUBSCRIPTION:
    case NAME_IMAGE:
    case NAME_OPERATION:
    case NAME_ASSIGNMENT:
    case NAME_ROLLOUT:
    case NAME_CRASH_GROUP:
    case NAME_CRASH_DUMP:
        return guid_parse(name, guid) == 0;
    case NAME_VERSION:
        return version_valid(name);
    default:
        break;
    }
    if (rule == NAME_DEPLOYMENT && guid_parse(name, guid) == 0)
        return true;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        if (shapes[i].rule == rule && shape_fits(&shapes[i], name))
            return true;
    return false;
}

const char *name_rule_text(enum name_rule rule) { return rule < NAME_RULES ? texts[rule] : ""; }
