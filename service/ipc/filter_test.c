/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Conditions over rows: what matches, what is refused and how it is said, and that no cut or
 * changed condition does more than be refused or be another one.
 */
#include "service/ipc/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/ipc/store_access_ops.h"
#include "service/ipc/store_pki_ops.h"
#include "tests/check.h"

#define TEXT(s) span_of(s, sizeof(s) - 1)
#define ID16 "00112233445566778899aabbccddeeff"
#define DEVICE ID16 ID16 ID16 ID16

static struct filter filter;
static char reason[FILTER_REASON_MAX];

static struct store_row_device device_make(void)
{
    struct store_row_device row = {
        .chip_sku = TEXT("MT3620AN"),
        .installed_os = TEXT("24.03"),
        .last_request_s = 1767225600, /* 2026-01-01T00:00:00Z */
    };
    for (size_t i = 0; i < sizeof row.device_id; i++)
        row.device_id[i] = (uint8_t)(i % 16 * 0x11);
    return row;
}

static bool matches(const struct record_type *type, const char *text, const void *row)
{
    int err = filter_parse(filter_list_of(type), span_of(text, strlen(text)), &filter, reason);
    CHECK_INT(err, 0);
    if (err)
        fprintf(stderr, "  %s: %s\n", text, reason);
    return filter_matches(&filter, row);
}

static void test_devices(void)
{
    static const struct {
        const char *text;
        bool match;
    } rows[] = {
        {"deviceId eq '" DEVICE "'", true},
        {"name eq '" DEVICE "'", true},
        {"deviceId eq '00112233445566778899AABBCCDDEEFF" ID16 ID16 ID16 "'", true},
        {"deviceId eq '0011'", false},
        {"startswith(deviceId, '001122')", true},
        {"endswith(deviceId,'ddEEff')", true},
        {"contains(deviceId,'ff0011')", true},
        {"contains(deviceId,'fe0011')", false},
        {"contains(deviceId,'')", true},
        {"properties/chipSku eq 'MT3620AN'", true},
        {"PROPERTIES/CHIPSKU EQ 'mt3620an'", true},
        {"chipSku ne 'MT3620AN'", false},
        {"chipSku gt 'MT3620'", true},
        {"lastInstalledOsVersion le '24.03'", true},
        {"lastInstalledOsVersion lt '24.03'", false},
        {"lastAvailableOsVersion eq null", true},
        {"lastAvailableOsVersion eq ''", true},
        {"lastAvailableOsVersion ne null", false},
        {"lastAvailableOsVersion ne '24.03'", true},
        {"lastAvailableOsVersion lt '24.03'", false},
        {"lastUpdateRequestUtc eq 2026-01-01T00:00:00Z", true},
        {"lastUpdateRequestUtc eq 2026-01-01", true},
        {"lastUpdateRequestUtc eq '2026-01-01T01:00:00.0000000+01:00'", true},
        {"lastUpdateRequestUtc ge 2026-01-01T00:00:00.001Z", false},
        {"lastUpdateRequestUtc gt 2025-12-31T23:59Z", true},
        {"lastOsUpdateUtc eq null", true},
        {"lastOsUpdateUtc lt 2026-01-01", false}, /* never is before nothing */
        {"not (lastOsUpdateUtc lt 2026-01-01)", true},
        {"chipSku eq 'x' or chipSku eq 'MT3620AN' and lastOsUpdateUtc ne null", false},
        {"(chipSku eq 'x' or chipSku eq 'MT3620AN') and lastOsUpdateUtc eq null", true},
        {"not not chipSku eq 'MT3620AN'", true},
        {"not chipSku eq 'x' and chipSku eq 'x'", false}, /* not binds closest */
    };
    struct store_row_device row = device_make();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (matches(&store_row_device_type, rows[i].text, &row) != rows[i].match) {
            fprintf(stderr, "  %s\n", rows[i].text);
            CHECK(false);
        }
}

static void test_kinds(void)
{
    const struct store_row_group group = {.name = TEXT("O'Brien's"), .feed = 1, .crash_dumps = true, .has_deployment = true};
    const struct store_row_insight insight = {.category = 1, .count = 7};
    const struct store_row_image image = {.type = 10, .name = TEXT("Dishwasher")};
    CHECK(matches(&store_row_group_type, "name eq 'o''brien''s'", &group));
    CHECK(matches(&store_row_group_type, "osFeedType eq 'RetailEval'", &group));
    CHECK(matches(&store_row_group_type, "startswith(osFeedType,'Retail')", &group));
    CHECK(matches(&store_row_group_type, "allowCrashDumpsCollection eq 'Enabled'", &group));
    CHECK(matches(&store_row_group_type, "hasDeployment eq true", &group));
    CHECK(!matches(&store_row_group_type, "hasDeployment eq false", &group));
    CHECK(matches(&store_row_insight_type, "eventCategory eq 'AppCrash' and eventCount ge 7", &insight));
    CHECK(!matches(&store_row_insight_type, "eventCount gt 7", &insight));
    CHECK(matches(&store_row_image_type, "imageType eq 'Applications' and image eq 'dishwasher'", &image));
    CHECK(matches(&store_row_image_type, "imageId eq '00000000-0000-0000-0000-000000000000'", &image));
}

/* The lists of ours. */
static void test_ours(void)
{
    const struct store_row_crash crash = {.crash_group = {1}, .site = TEXT("app+1f78"), .first_s = 1700000000, .devices = 3, .of_os = true};
    const struct store_row_crash_device device = {.device_id = {0xab}, .in_catalog = true, .count = 7, .last_s = 1700000000};
    const struct store_row_rollout rollout = {.state = ROLLOUT_STOPPED, .version = TEXT("26.12")};
    const struct store_row_revoked revoked = {.reason = STORE_REASON_SUPERSEDED, .name = TEXT("grace"), .revoked_s = 1700000000};
    CHECK(matches(&store_row_crash_type, "eventClass eq 'OS' and deviceCount ge 3 and startswith(programCounter,'app')", &crash));
    CHECK(!matches(&store_row_crash_type, "eventClass eq 'App'", &crash));
    CHECK(matches(&store_row_crash_device_type, "inCatalog eq true and crashCount gt 6 and startswith(deviceId,'ab')", &device));
    CHECK(matches(&store_row_crash_device_type, "lastSeenUtc gt 2023-01-01T00:00:00Z and deviceGroup eq null", &device));
    CHECK(matches(&store_row_rollout_type, "state eq 'Stopped' and osVersion eq '26.12'", &rollout));
    CHECK(!matches(&store_row_rollout_type, "state eq 'Active'", &rollout));
    CHECK(matches(&store_row_revoked_type, "operatorName eq 'Grace' and reason eq 'superseded'", &revoked));
    CHECK(!matches(&store_row_revoked_type, "revokedUtc lt 2023-01-01T00:00:00Z", &revoked));
    const struct store_row_revoked_device stolen = {.device_id = {0xab}, .reason = STORE_REASON_KEY_COMPROMISE,
                                                    .product = TEXT("Oven"), .revoked_s = 1700000000};
    CHECK(matches(&store_row_revoked_device_type, "reason eq 'keyCompromise' and productName eq 'oven' and "
                                                  "revokedUtc gt 2023-01-01T00:00:00Z and revokedBy eq null", &stolen));
    CHECK(!matches(&store_row_revoked_device_type, "startswith(deviceId,'ac')", &stolen));
}

static void test_refused(void)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"colour eq 'red'", "character 1: expected one of name, deviceId"},
        {"chipSku", "character 8: expected eq, ne"},
        {"chipSku is 'x'", "character 9: expected eq, ne"},
        {"chipSku eq x", "expected a text in single quotes"},
        {"chipSku eq 'x", "expected the quote that ends"},
        {"chipSku eq 'x' and", "expected one of name"},
        {"chipSku eq 'x' chipSku eq 'y'", "character 16: expected and, or, or the end"},
        {"(chipSku eq 'x'", "expected and, or, or )"},
        {"chipSku eq 'x')", "expected and, or, or the end"},
        {"startswith(lastOsUpdateUtc,'x')", "expected a property that is a text"},
        {"startswith chipSku", "expected ("},
        {"contains(chipSku 'x')", "expected , and a text"},
        {"contains(chipSku,'x'", "expected )"},
        {"lastOsUpdateUtc gt 2026-02-30", "expected a time like"},
        {"lastOsUpdateUtc gt 1969-12-31", "expected a time like"},
        {"lastOsUpdateUtc gt 2026-01-01T25:00Z", "expected a time like"},
        {"lastOsUpdateUtc gt 'soon'", "expected a time like"},
        {"not", "expected one of name"},
        {"'x' eq chipSku", "expected one of name"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int err = filter_parse(filter_list_of(&store_row_device_type), span_of(rows[i].text, strlen(rows[i].text)),
                               &filter, reason);
        CHECK_INT(err, E_MALFORMED);
        if (!strstr(reason, rows[i].says)) {
            fprintf(stderr, "  %s: %s\n", rows[i].text, reason);
            CHECK(false);
        }
        CHECK_INT(filter.count, 0);
    }
    CHECK_INT(filter_parse(filter_list_of(&store_row_group_type), TEXT("osFeedType eq 'Beta'"), &filter, reason),
              E_MALFORMED);
    CHECK(strstr(reason, "'Retail', 'RetailEval'") != NULL);
    CHECK_INT(filter_parse(filter_list_of(&store_row_group_type), span_of(NULL, 0), &filter, reason), E_MALFORMED);
    CHECK_INT(filter_parse(filter_list_of(&store_row_insight_type), TEXT("eventCount eq 99999999999999999999"),
                           &filter, reason), E_LIMIT);
}

static void test_limits(void)
{
    char text[FILTER_TEXT_MAX + 64] = "";
    for (int i = 0; i < 40; i++)
        strcat(text, i ? " or not name eq '1'" : "not name eq '1'"); /* three parts each */
    CHECK_INT(filter_parse(filter_list_of(&store_row_product_type), span_of(text, strlen(text)), &filter, reason),
              E_LIMIT);
    CHECK(strstr(reason, "64 parts") != NULL);
    memset(text, '(', 40);
    CHECK_INT(filter_parse(filter_list_of(&store_row_product_type), span_of(text, 40), &filter, reason), E_LIMIT);
    CHECK(strstr(reason, "16 deep") != NULL);
    memset(text, ' ', sizeof text);
    CHECK_INT(filter_parse(filter_list_of(&store_row_product_type), span_of(text, FILTER_TEXT_MAX + 1), &filter, reason),
              E_LIMIT);
}

static void test_requires(void)
{
    struct span value;
    struct store_row_device row = device_make();
    CHECK(matches(&store_row_device_type, "chipSku ne 'x' and (deviceId eq '" DEVICE "' and chipSku ne 'y')", &row));
    CHECK(filter_requires(&filter, "deviceId", &value));
    CHECK(span_equal(value, TEXT(DEVICE)));
    CHECK(!filter_requires(&filter, "chipSku", &value));
    CHECK(matches(&store_row_device_type, "chipSku ne 'x' or deviceId eq '" DEVICE "'", &row));
    CHECK(!filter_requires(&filter, "deviceId", &value));
    CHECK(!matches(&store_row_device_type, "not deviceId eq '" DEVICE "'", &row));
    CHECK(!filter_requires(&filter, "deviceId", &value));
}

/* Cut anywhere and changed anywhere, from memory of exactly its size. */
static void test_hostile(void)
{
    static const char good[] = "not (contains(chipSku,'a''b') or lastOsUpdateUtc ge 2026-01-01T00:00:00Z) and name ne null";
    struct store_row_device row = device_make();
    for (size_t len = 0; len < sizeof good - 1; len++) {
        char *copy = malloc(len + 1);
        memcpy(copy, good, len);
        (void)!filter_parse(filter_list_of(&store_row_device_type), span_of(copy, len), &filter, reason);
        (void)filter_matches(&filter, &row);
        free(copy);
    }
    for (size_t i = 0; i < sizeof good - 1; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            char copy[sizeof good];
            memcpy(copy, good, sizeof good);
            copy[i] = (char)(copy[i] ^ 1 << bit);
            if (filter_parse(filter_list_of(&store_row_device_type), span_of(copy, sizeof good - 1), &filter, reason) != 0)
                CHECK(*reason != '\0');
            (void)filter_matches(&filter, &row);
        }
}

static void test_lists(void)
{
    CHECK(filter_list_of(&store_row_count_type) == NULL);
    CHECK(filter_list_of(&store_row_role_type) != NULL);
    CHECK(filter_list_of(&store_row_audit_type) != NULL);
}

int main(void)
{
    test_devices();
    test_kinds();
    test_ours();
    test_refused();
    test_limits();
    test_requires();
    test_hostile();
    test_lists();
    return check_done();
}
