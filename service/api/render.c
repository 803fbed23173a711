/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows of the store as the JSON of the API: names, order and forms of
 * service-api.md §1.3 and §2.3.  What the request's path named keeps the
 * caller's case in ids; names are as they were first written.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "abi/image.h"
#include "lib/base64.h"
#include "lib/guid.h"
#include "lib/hex.h"
#include "service/api/api.h"
#include "service/ipc/event_names.h"

#define TYPE "Microsoft.AzureSphere/catalogs"

const char *const api_feeds[2] = {"Retail", "RetailEval"};
const char *const api_policies[2] = {"UpdateAll", "No3rdPartyAppUpdates"};
const char *const api_switches[2] = {"Disabled", "Enabled"};
const char *const api_boundaries[2] = {"None", "EU"};
const char *const api_states[4] = {NULL, "Trusted", "Outdated", "Revoked"};

json_t *render_text(struct span text)
{
    return json_stringn(text.len ? (const char *)text.at : "", text.len);
}

static json_t *text_or_null(struct span text) { return text.len ? render_text(text) : json_null(); }

/* ISO 8601 with 7 fractional digits, as the original writes them. */
json_t *render_time_ms(uint64_t ms)
{
    struct tm tm;
    char text[96];
    time_t s = (time_t)(ms / 1000);
    if (ms == 0)
        return json_null();
    if (!gmtime_r(&s, &tm) || tm.tm_year > 8099)
        return json_null();
    snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03u0000Z", tm.tm_year + 1900, tm.tm_mon + 1,
             tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (unsigned)(ms % 1000));
    return json_string(text);
}

static json_t *time_s(uint64_t s) { return s > INT64_MAX / 1000 ? json_null() : render_time_ms(s * 1000); }

json_t *render_guid(const uint8_t guid[static 16])
{
    char text[GUID_TEXT_BYTES];
    guid_format(guid, text);
    return json_string(text);
}

static int width(struct span s) { return (int)(s.len < STORE_TEXT_MAX ? s.len : STORE_TEXT_MAX); }
#define SPAN(s) width(s), (s).len ? (const char *)(s).at : ""

static json_t *catalog_id(struct span subscription, struct span group, struct span name)
{
    return json_sprintf("/subscriptions/%.*s/resourceGroups/%.*s/providers/" TYPE "/%.*s",
                        SPAN(subscription), SPAN(group), SPAN(name));
}

/* Below the catalog that the request names: rest is "/images/" and the like. */
json_t *render_catalog_id(struct api_call *call, const char *rest, struct span name)
{
    const struct store_scope *s = &call->scope;
    return json_sprintf("/subscriptions/%.*s/resourceGroups/%.*s/providers/" TYPE "/%.*s%s%.*s",
                        SPAN(s->subscription), SPAN(s->resource_group), SPAN(s->catalog), rest, SPAN(name));
}

static struct span either(struct span callers, struct span row) { return callers.len ? callers : row; }

static json_t *group_id(struct api_call *call, struct span product, struct span group, const char *rest,
                        struct span name)
{
    const struct store_scope *s = &call->scope;
    return json_sprintf("/subscriptions/%.*s/resourceGroups/%.*s/providers/" TYPE
                        "/%.*s/products/%.*s/deviceGroups/%.*s%s%.*s",
                        SPAN(s->subscription), SPAN(s->resource_group), SPAN(s->catalog),
                        SPAN(either(s->product, product)), SPAN(either(s->group, group)), rest, SPAN(name));
}

json_t *render_catalog(struct api_call *call, const void *at)
{
    const struct store_row_catalog *row = at;
    const struct store_scope *s = &call->scope;
    json_t *tags = json_loadb((const char *)row->tags.at, row->tags.len, 0, NULL);
    return json_pack("{s:o,s:o,s:s,s:s,s:o,s:{s:o,s:s,s:o,s:o,s:s,s:o},s:{s:o,s:s}}",
                     "id", catalog_id(s->subscription, either(s->resource_group, row->resource_group),
                                      either(s->catalog, row->name)),
                     "name", render_text(row->name),
                     "type", "microsoft.azuresphere/catalogs",
                     "location", "global",
                     "tags", tags ? tags : json_object(),
                     "systemData",
                     "createdBy", render_text(row->created_by),
                     "createdByType", "User",
                     "createdAt", render_time_ms(row->created_ms),
                     "lastModifiedBy", render_text(row->modified_by),
                     "lastModifiedByType", "User",
                     "lastModifiedAt", render_time_ms(row->modified_ms),
                     "properties",
                     "tenantId", render_guid(row->tenant),
                     "provisioningState", "Succeeded");
}

json_t *render_product(struct api_call *call, const void *at)
{
    const struct store_row_product *row = at;
    return json_pack("{s:o,s:o,s:s,s:{s:o,s:s}}",
                     "id", render_catalog_id(call, "/products/", either(call->scope.product, row->name)),
                     "name", render_text(row->name),
                     "type", TYPE "/products",
                     "properties",
                     "description", render_text(row->description),
                     "provisioningState", "Succeeded");
}

json_t *render_group(struct api_call *call, const void *at)
{
    const struct store_row_group *row = at;
    return json_pack("{s:o,s:o,s:s,s:{s:o,s:s,s:s,s:s,s:s,s:b,s:s}}",
                     "id", group_id(call, row->product, row->name, "", span_of(NULL, 0)),
                     "name", render_text(row->name),
                     "type", TYPE "/products/deviceGroups",
                     "properties",
                     "description", render_text(row->description),
                     "osFeedType", api_feeds[row->feed],
                     "updatePolicy", api_policies[row->policy],
                     "allowCrashDumpsCollection", api_switches[row->crash_dumps],
                     "regionalDataBoundary", api_boundaries[row->boundary],
                     "hasDeployment", row->has_deployment,
                     "provisioningState", "Succeeded");
}

static json_t *device_properties(const struct store_row_device *row, const char *hex)
{
    bool seen = row->last_request_s != 0;
    return json_pack("{s:s,s:o,s:o,s:o,s:o,s:o,s:s}",
                     "deviceId", hex,
                     "chipSku", text_or_null(row->chip_sku),
                     "lastAvailableOsVersion", seen ? text_or_null(row->available_os) : json_null(),
                     "lastInstalledOsVersion", text_or_null(row->installed_os),
                     "lastOsUpdateUtc", time_s(row->last_os_update_s),
                     "lastUpdateRequestUtc", time_s(row->last_request_s),
                     "provisioningState", "Succeeded");
}

json_t *render_device(struct api_call *call, const void *at)
{
    const struct store_row_device *row = at;
    char hex[129];
    hex_encode(row->device_id, sizeof row->device_id, hex);
    return json_pack("{s:o,s:s,s:s,s:o}",
                     "id", group_id(call, row->product, row->group, "/devices/",
                                    either(call->scope.name, span_of(hex, 128))),
                     "name", hex,
                     "type", TYPE "/products/deviceGroups/devices",
                     "properties", device_properties(row, hex));
}

/* Ours: what the factory sees, the owner's names included. */
json_t *render_factory_device(struct api_call *call, const void *at)
{
    const struct store_row_device *row = at;
    char hex[129];
    (void)call;
    hex_encode(row->device_id, sizeof row->device_id, hex);
    json_t *properties = device_properties(row, hex);
    json_t *catalog = row->catalog.len ? catalog_id(row->subscription, row->resource_group, row->catalog)
                                       : json_null();
    if (!properties || json_object_set_new(properties, "registeredUtc", render_time_ms(row->registered_ms)) != 0 ||
        json_object_set_new(properties, "catalogId", catalog) != 0) {
        json_decref(properties);
        return NULL;
    }
    return json_pack("{s:o,s:s,s:s,s:o}",
                     "id", json_sprintf(ROUTE_OURS "/devices/%s", hex),
                     "name", hex,
                     "type", "Perisphere/devices",
                     "properties", properties);
}

/* From the table of the image format; parsing images is the store's business. */
static const char *type_name(uint16_t type)
{
    switch (type) {
#define TYPE_NAME(name, number, text) \
    case number:                      \
        return text;
        IMAGE_TYPE_TABLE(TYPE_NAME)
#undef TYPE_NAME
    default:
        return "Other";
    }
}

static json_t *image_resource(const struct api_call *call, const struct store_row_image *row, json_t *id,
                              const char *type)
{
    char address[65];
    hex_encode(row->address, sizeof row->address, address);
    return json_pack("{s:o,s:o,s:s,s:{s:o,s:o,s:n,s:s,s:o,s:n,s:o,s:s,s:s}}",
                     "id", id,
                     "name", render_guid(row->image),
                     "type", type,
                     "properties",
                     "image", render_text(row->name), /* the name: as the original answers */
                     "imageId", render_guid(row->image),
                     "imageName",
                     "regionalDataBoundary", api_boundaries[row->boundary],
                     "uri", json_sprintf("%s/images/v1/%s", call->api->base_url, address),
                     "description",
                     "componentId", render_guid(row->component),
                     "imageType", type_name(row->type),
                     "provisioningState", "Succeeded");
}

json_t *render_image(struct api_call *call, const void *at)
{
    const struct store_row_image *row = at;
    char guid[GUID_TEXT_BYTES];
    guid_format(row->image, guid);
    bool named = call->handler->shape == SHAPE_CATALOG_NAME;
    return image_resource(call, row, render_catalog_id(call, "/images/", named ? call->scope.name : span_of(guid, 36)),
                          TYPE "/images");
}

json_t *render_os_image(struct api_call *call, const void *at)
{
    const struct store_row_image *row = at;
    char guid[GUID_TEXT_BYTES];
    guid_format(row->image, guid);
    return image_resource(call, row, json_sprintf(ROUTE_OURS "/osImages/%s", guid), "Perisphere/osImages");
}

/* The images inside another resource: rows one after the other. */
static json_t *images_of(struct api_call *call, struct span rows, bool provider)
{
    json_t *array = json_array();
    struct cursor c = cursor_of(rows);
    while (array && c.left) {
        struct store_row_image row;
        char guid[GUID_TEXT_BYTES];
        record_get(&store_row_image_type, &c, &row);
        guid_format(row.image, guid);
        json_t *image = c.err      ? NULL
                        : provider ? render_guid(row.image)
                                   : image_resource(call, &row, render_catalog_id(call, "/images/", span_of(guid, 36)),
                                                    TYPE "/images");
        if (json_array_append_new(array, image) != 0) {
            json_decref(array);
            array = NULL;
        }
    }
    return array;
}

json_t *render_images(struct api_call *call, struct span rows) { return images_of(call, rows, false); }
json_t *render_image_ids(struct api_call *call, struct span rows) { return images_of(call, rows, true); }

json_t *render_deployment(struct api_call *call, const void *at)
{
    const struct store_row_deployment *row = at;
    char guid[GUID_TEXT_BYTES];
    guid_format(row->deployment, guid);
    return json_pack("{s:o,s:s,s:s,s:{s:s,s:o,s:o,s:s}}",
                     "id", group_id(call, row->product, row->group, "/deployments/", span_of(guid, 36)),
                     "name", guid,
                     "type", TYPE "/products/deviceGroups/deployments",
                     "properties",
                     "deploymentId", guid,
                     "deployedImages", images_of(call, row->images, false),
                     "deploymentDateUtc", render_time_ms(row->created_ms),
                     "provisioningState", "Succeeded");
}

json_t *render_release(struct api_call *call, const void *at)
{
    const struct store_row_release *row = at;
    (void)call;
    return json_pack("{s:o,s:o,s:s,s:{s:s,s:s,s:s?,s:o,s:I,s:o,s:s}}",
                     "id", json_sprintf(ROUTE_OURS "/osReleases/%.*s", SPAN(row->version)),
                     "name", render_text(row->version),
                     "type", "Perisphere/osReleases",
                     "properties",
                     "feed", api_feeds[row->feed],
                     "state", api_states[row->state],
                     "hardware", hardware_text(row->hardware),
                     "images", images_of(call, row->images, true),
                     "sequence", (json_int_t)row->sequence,
                     "createdUtc", render_time_ms(row->created_ms),
                     "provisioningState", "Succeeded");
}

static const struct event_names {
    uint16_t category;
    const char *name, *class, *type;
} event_names[] = {
#define EVENT_ROW(number, category, class, type) {number, category, class, type},
    EVENT_NAME_TABLE(EVENT_ROW)
#undef EVENT_ROW
};

json_t *render_insight(struct api_call *call, const void *at)
{
    const struct store_row_insight *row = at;
    static const struct event_names unknown = {0, "Unknown", "OS", "Unplanned"};
    const struct event_names *names = &unknown;
    char hex[129];
    (void)call;
    for (size_t i = 0; i < sizeof event_names / sizeof event_names[0]; i++)
        if (event_names[i].category == row->category)
            names = &event_names[i];
    hex_encode(row->device_id, sizeof row->device_id, hex);
    return json_pack("{s:s,s:o,s:o,s:o,s:s,s:s,s:s,s:I}",
                     "deviceId", hex,
                     "description", render_text(row->description),
                     "startTimestampUtc", time_s(row->first_s ? row->first_s : 1),
                     "endTimestampUtc", time_s(row->last_s ? row->last_s : 1),
                     "eventCategory", names->name,
                     "eventClass", row->of_os ? "OS" : names->class,
                     "eventType", names->type,
                     "eventCount", (json_int_t)row->count);
}

json_t *render_crash(struct api_call *call, const void *at)
{
    const struct store_row_crash *row = at;
    char guid[GUID_TEXT_BYTES];
    guid_format(row->crash_group, guid);
    return json_pack("{s:o,s:s,s:s,s:{s:s,s:o,s:o,s:I,s:o,s:o,s:o,s:I,s:I,s:I,s:I,s:b,s:o,s:s}}",
                     "id", render_catalog_id(call, ROUTE_OURS "/crashGroups/", span_of(guid, 36)),
                     "name", guid,
                     "type", "Perisphere/crashGroups",
                     "properties",
                     "eventClass", row->of_os ? "OS" : "App",
                     "componentId", render_guid(row->component),
                     "imageId", render_guid(row->image),
                     "signal", (json_int_t)row->signal,
                     "programCounter", text_or_null(row->site),
                     "firstSeenUtc", time_s(row->first_s ? row->first_s : 1),
                     "lastSeenUtc", time_s(row->last_s ? row->last_s : 1),
                     "crashCount", (json_int_t)row->count,
                     "deviceCount", (json_int_t)row->devices,
                     "recentCount", (json_int_t)row->recent,
                     "weekCount", (json_int_t)row->before,
                     "growing", row->growing,
                     "growingSinceUtc", time_s(row->growing_s),
                     "provisioningState", "Succeeded");
}

json_t *render_crash_device(struct api_call *call, const void *at)
{
    const struct store_row_crash_device *row = at;
    char hex[129];
    (void)call;
    hex_encode(row->device_id, sizeof row->device_id, hex);
    return json_pack("{s:s,s:o,s:o,s:b,s:o,s:o,s:o}",
                     "deviceId", hex,
                     "product", text_or_null(row->product),
                     "deviceGroup", text_or_null(row->group),
                     "inCatalog", row->in_catalog,
                     "crashCount", row->count ? json_integer((json_int_t)row->count) : json_null(),
                     "firstSeenUtc", time_s(row->first_s),
                     "lastSeenUtc", time_s(row->last_s));
}

json_t *render_base64(struct span bytes)
{
    size_t cap = base64_encoded_bytes(bytes.len);
    uint8_t *text = malloc(cap + 1);
    if (!text)
        return NULL;
    struct writer w = writer_of(text, cap);
    base64_encode(bytes, &w);
    json_t *json = w.err ? NULL : json_stringn((const char *)text, w.len);
    free(text);
    return json;
}

json_t *render_count(struct api_call *call, const void *at)
{
    const struct store_row_count *row = at;
    (void)call;
    return json_pack("{s:I}", "value", (json_int_t)row->count);
}

json_t *render_status(struct api_call *call, const void *at)
{
    const struct store_row_status *row = at;
    (void)call;
    return json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:b,s:I}",
                     "status", "Healthy",
                     "schemaVersion", (json_int_t)row->schema,
                     "catalogs", (json_int_t)row->catalogs,
                     "devices", (json_int_t)row->devices,
                     "images", (json_int_t)row->images,
                     "databaseBytes", (json_int_t)row->database_bytes,
                     "clockSettled", row->clock_settled,
                     "clockBehindSeconds", (json_int_t)row->clock_behind_s);
}
