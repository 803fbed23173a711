/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For tests of the management API's resources: names of what they make, requests with the answer that is
 * expected, and the members that the OpenAPI document gives each type.
 */
#ifndef PERI_SERVICE_API_RESOURCES_FIXTURE_TEST_H
#define PERI_SERVICE_API_RESOURCES_FIXTURE_TEST_H

#include <time.h>

#include "service/api/harness_test.h"
#include "tests/check.h"

#define SUB "/subscriptions/00000000-0000-0000-0000-0000000000aa"
#define RG SUB "/resourceGroups/rg.One"
#define SPHERE "/providers/Microsoft.AzureSphere"
#define C RG SPHERE "/catalogs/Cat-1"
#define C2 RG SPHERE "/catalogs/Other"
#define P C "/products/My Product"
#define G P "/deviceGroups/Field Test"
#define UNASSIGNED C "/products/.default/deviceGroups/.default"
#define OURS "/providers/Perisphere"
#define IMAGE(n) "000000" n "-0000-0000-0000-000000000001"
#define D16(n) "00000000000000" n
#define DEVICE(n) D16(n) D16("00") D16("00") D16("00") D16("00") D16("00") D16("00") D16("00")

static inline const struct harness_answer *ask(const char *method, const char *path, const char *body)
{
    return harness_request(method, path, body);
}

static inline const char *text_at(const json_t *json, const char *a, const char *b)
{
    const json_t *v = json_object_get(json, a);
    if (b)
        v = json_object_get(v, b);
    return json_string_value(v);
}

/* Status and, for errors, the code. */
#define EXPECT(method, path, body, want, code)                                          \
    do {                                                                                \
        const struct harness_answer *got_ = ask(method, path, body);                    \
        CHECK_INT(got_->status, want);                                                  \
        if (code)                                                                       \
            CHECK_STR(text_at(got_->json, "error", "code"), code);                      \
        if (got_->status != (want) && got_->json) {                                     \
            char *dump_ = json_dumps(got_->json, 0);                                    \
            fprintf(stderr, "  %s %s: %s\n", method, path, dump_);                      \
            free(dump_);                                                                \
        }                                                                               \
    } while (0)
#define OK(method, path, body, want) EXPECT(method, path, body, want, (const char *)NULL)

static inline size_t count_of(const struct harness_answer *a)
{
    return json_array_size(json_object_get(a->json, "value"));
}

static inline const json_t *item(const struct harness_answer *a, size_t i)
{
    return json_array_get(json_object_get(a->json, "value"), i);
}

/* -- expectations from the OpenAPI: members and their types ------------------------- */

struct member {
    const char *name;
    char type; /* s string, b bool, i integer, o object, a array; capital: may be null */
};

static const struct shape {
    const char *type; /* "type" of the resource, compared without case there */
    struct member properties[12];
} shapes[] = {
    {"microsoft.azuresphere/catalogs", {{"tenantId", 's'}, {"provisioningState", 's'}}},
    {"Microsoft.AzureSphere/catalogs/products", {{"description", 's'}, {"provisioningState", 's'}}},
    {"Microsoft.AzureSphere/catalogs/products/deviceGroups",
     {{"description", 's'}, {"osFeedType", 's'}, {"updatePolicy", 's'}, {"allowCrashDumpsCollection", 's'},
      {"regionalDataBoundary", 's'}, {"hasDeployment", 'b'}, {"provisioningState", 's'}}},
    {"Microsoft.AzureSphere/catalogs/products/deviceGroups/devices",
     {{"deviceId", 's'}, {"chipSku", 'S'}, {"lastAvailableOsVersion", 'S'}, {"lastInstalledOsVersion", 'S'},
      {"lastOsUpdateUtc", 'S'}, {"lastUpdateRequestUtc", 'S'}, {"provisioningState", 's'}}},
    {"Microsoft.AzureSphere/catalogs/images",
     {{"image", 's'}, {"imageId", 's'}, {"imageName", 'S'}, {"regionalDataBoundary", 's'}, {"uri", 'S'},
      {"description", 'S'}, {"componentId", 's'}, {"imageType", 's'}, {"provisioningState", 's'}}},
    {"Microsoft.AzureSphere/catalogs/products/deviceGroups/deployments",
     {{"deploymentId", 's'}, {"deployedImages", 'a'}, {"deploymentDateUtc", 's'}, {"provisioningState", 's'}}},
    {"Microsoft.AzureSphere/catalogs/certificates",
     {{"certificate", 's'}, {"status", 's'}, {"subject", 's'}, {"thumbprint", 's'}, {"expiryUtc", 's'},
      {"notBeforeUtc", 's'}, {"provisioningState", 's'}}},
};

static inline bool type_fits(const json_t *v, char type)
{
    if (type < 'a' && json_is_null(v))
        return true;
    switch (type | 0x20) {
    case 's':
        return json_is_string(v);
    case 'b':
        return json_is_boolean(v);
    case 'a':
        return json_is_array(v);
    default:
        return false;
    }
}

/* Exactly the members of the definition, each of its type; id, name, type beside. */
static inline void check_resource(const json_t *resource, const char *type)
{
    const json_t *properties = json_object_get(resource, "properties");
    CHECK_STR(text_at(resource, "type", NULL), type);
    CHECK(json_is_string(json_object_get(resource, "id")));
    CHECK(json_is_string(json_object_get(resource, "name")));
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        if (strcmp(shapes[i].type, type) != 0)
            continue;
        size_t n = 0;
        for (; n < 12 && shapes[i].properties[n].name; n++)
            CHECK(type_fits(json_object_get(properties, shapes[i].properties[n].name), shapes[i].properties[n].type));
        CHECK_INT(json_object_size(properties), n);
        CHECK_STR(text_at(resource, "properties", "provisioningState"), "Succeeded");
        return;
    }
    CHECK(!"a known type");
}

/* Polls until the operation has ended; the work goes on between two polls. */
static inline const struct harness_answer *poll_end(const char *url)
{
    static char path[4096];
    const struct harness_answer *a;
    strcpy(path, url);
    do {
        a = ask("GET", path, NULL);
    } while (a->status == 202 || (a->json && text_at(a->json, "status", NULL) &&
                                  strcmp(text_at(a->json, "status", NULL), "InProgress") == 0));
    return a;
}

#endif
