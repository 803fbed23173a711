/* SPDX-License-Identifier: BSD-2-Clause */
/* Device groups and deployments: PUT, PATCH, and the list by name. */
#include <string.h>

#include "lib/guid.h"
#include "service/api/api.h"

void api_group_put(struct api_call *call)
{
    bool has_feed, has_policy, has_dumps, has_boundary;
    uint16_t dumps;
    struct store_group_put put = {
        .scope = call->scope,
        .must_exist = route_table[call->handler->route].method == ROUTE_PATCH,
    };
    const json_t *p = body_get(call->body, "properties");
    if (!api_choice(call, p, "osFeedType", api_feeds, 2, 0, &put.feed, &has_feed) ||
        !api_choice(call, p, "updatePolicy", api_policies, 2, 0, &put.policy, &has_policy) ||
        !api_choice(call, p, "allowCrashDumpsCollection", api_switches, 2, 0, &dumps, &has_dumps) ||
        !api_choice(call, p, "regionalDataBoundary", api_boundaries, 2, 0, &put.boundary, &has_boundary))
        return;
    bool has_description = body_text(p, "description", &put.description);
    if (put.description.len > STORE_DESCRIPTION_MAX) {
        api_fail(call, API_INVALID_CONTENT, "\"description\" has more than %d bytes", STORE_DESCRIPTION_MAX);
        return;
    }
    put.crash_dumps = dumps != 0;
    /* PUT replaces: what is not said becomes the default. */
    bool all = !put.must_exist;
    put.set = (uint16_t)((all || has_description ? STORE_SET_DESCRIPTION : 0) |
                         (all || has_feed ? STORE_SET_FEED : 0) |
                         (all || has_policy ? STORE_SET_POLICY : 0) |
                         (all || has_dumps ? STORE_SET_CRASH_DUMPS : 0) |
                         (all || has_boundary ? STORE_SET_BOUNDARY : 0));
    api_ask_store(call, STORE_OP_GROUP_PUT, &store_group_put_type, &put, api_finish_row);
}

/* The name comes in the body first, and in the nextLink's query afterwards. */
void api_groups_of_catalog(struct api_call *call)
{
    struct span name = span_of(NULL, 0);
    if (call->body && body_text(call->body, "deviceGroupName", &name) &&
        (name.len == 0 || name.len >= sizeof call->query.group_name || memchr(name.at, 0, name.len))) {
        api_fail(call, API_INVALID_CONTENT, "\"deviceGroupName\" is empty or too long");
        return;
    }
    if (name.len) {
        memcpy(call->query.group_name, name.at, name.len);
        call->query.group_name[name.len] = '\0';
    }
    name = span_of(call->query.group_name, strlen(call->query.group_name));
    if (name.len && !name_valid(NAME_GROUP, name)) {
        api_fail(call, API_INVALID_NAME, "%s", name_rule_text(NAME_GROUP));
        return;
    }
    call->scope.group = name; /* for a list: the name to look for */
    api_start_query(call);
}

/* -- deployments ------------------------------------------------------------- */

/* Whole image objects are sent, as they were read; the id is what counts: in
 * properties.imageId, or the object's name, or the last segment of its id. */
static bool image_id_of(const json_t *image, uint8_t guid[static 16])
{
    struct span text;
    if (body_text(json_object_get(image, "properties"), "imageId", &text))
        return guid_parse(text, guid) == 0;
    if (body_text(image, "name", &text))
        return guid_parse(text, guid) == 0;
    if (!body_text(image, "id", &text) || text.len <= GUID_TEXT_BYTES - 1 ||
        text.at[text.len - GUID_TEXT_BYTES] != '/')
        return false;
    return guid_parse(span_of(text.at + text.len - (GUID_TEXT_BYTES - 1), GUID_TEXT_BYTES - 1), guid) == 0;
}

static void images_note(struct api_call *call, const struct store_id *image, uint16_t count)
{
    api_detail(call, "%u images:", count);
    for (uint16_t i = 0; i < count; i++) {
        char guid[GUID_TEXT_BYTES];
        guid_format(image[i].id, guid);
        api_detail(call, " %s", guid);
    }
}

bool api_images_take(struct api_call *call, const json_t *images, struct store_id image[static STORE_DEPLOY_MAX],
                     uint16_t *count)
{
    *count = 0;
    if (!images || json_array_size(images) > STORE_DEPLOY_MAX) {
        api_fail(call, API_INVALID_CONTENT, "\"deployedImages\" is required, with at most %d images",
                 STORE_DEPLOY_MAX);
        return false;
    }
    for (size_t i = 0; i < json_array_size(images); i++)
        if (!image_id_of(json_array_get(images, i), image[(*count)++].id)) {
            api_fail(call, API_INVALID_CONTENT, "image %zu of \"deployedImages\" has no image id", i);
            return false;
        }
    images_note(call, image, *count);
    return true;
}

void api_deployment_put(struct api_call *call)
{
    struct store_deployment_put put = {.scope = call->scope};
    struct span id;
    const json_t *properties = body_get(call->body, "properties");
    if (!api_images_take(call, body_get(properties, "deployedImages"), put.image, &put.count))
        return;
    /* A GUID in the body is the name when the path says .default. */
    if (body_text(properties, "deploymentId", &id) && id.len && !name_valid(NAME_IMAGE, put.scope.name)) {
        if (!name_valid(NAME_IMAGE, id)) {
            api_fail(call, API_INVALID_CONTENT, "\"deploymentId\" is not a GUID");
            return;
        }
        put.scope.name = id;
    }
    call->conflict = "a deployment of this name exists with other images, or a rollout is under way in the device "
                     "group: abort it first";
    api_ask_store(call, STORE_OP_DEPLOYMENT_PUT, &store_deployment_put_type, &put, api_finish_row);
}
