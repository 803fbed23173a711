/* SPDX-License-Identifier: BSD-2-Clause */
/* Image uploads and OS releases. */
#include <stdlib.h>
#include <string.h>

#include "lib/base64.h"
#include "lib/guid.h"
#include "service/api/api.h"

/* *package is on the heap; false: the call has been ended. */
static bool package_decode(struct api_call *call, const json_t *properties, uint8_t **package, size_t *len)
{
    struct span text;
    *package = NULL;
    if (!body_text(properties, "image", &text) || text.len == 0) {
        api_fail(call, API_INVALID_CONTENT, "\"properties.image\" is required: the image package in base64");
        return false;
    }
    size_t cap = text.len / 4 * 3 + 3;
    if (text.len > base64_encoded_bytes(STORE_IMAGE_BYTES_MAX)) {
        api_fail(call, API_INVALID_CONTENT, "an image package has at most %d bytes", STORE_IMAGE_BYTES_MAX);
        return false;
    }
    *package = malloc(cap);
    if (!*package) {
        api_fail_status(call, E_NOMEM);
        return false;
    }
    struct writer w = writer_of(*package, cap);
    if (base64_decode(text, &w) != 0 || w.len > STORE_IMAGE_BYTES_MAX) {
        api_fail(call, API_INVALID_CONTENT, "\"properties.image\" is not base64, or too long");
        free(*package);
        *package = NULL;
        return false;
    }
    *len = w.len;
    return true;
}

static void image_write(struct api_call *call, bool later)
{
    struct store_image_put put = {.scope = call->scope};
    bool present;
    uint8_t *package;
    size_t len;
    struct span id;
    const json_t *properties = body_get(call->body, "properties");
    if (!api_choice(call, properties, "regionalDataBoundary", api_boundaries, 2, 0, &put.boundary, &present))
        return;
    if (body_text(properties, "imageId", &id) && id.len) {
        uint8_t named[16], path[16];
        if (guid_parse(id, named) != 0 ||
            (call->scope.name.len && guid_parse(call->scope.name, path) == 0 && !guid_equal(named, path))) {
            api_fail(call, API_INVALID_CONTENT, "\"imageId\" is not the image of the path");
            return;
        }
        put.scope.name = id;
    }
    if (!package_decode(call, properties, &package, &len))
        return;
    put.package = span_of(package, len);
    if (later) {
        api_ask_store_later(call, STORE_OP_IMAGE_PUT, &store_image_put_type, &put);
    } else {
        call->conflict = "another image with this image id exists";
        api_ask_store(call, STORE_OP_IMAGE_PUT, &store_image_put_type, &put, api_finish_row);
    }
    free(package);
}

void api_image_put(struct api_call *call) { image_write(call, false); }
void api_image_upload(struct api_call *call) { image_write(call, true); }

/* {"properties":{"feed":"Retail","state":"Trusted","images":["<guid>",...]}};
 * images may be left out to change the state of a release that exists. */
void api_release_put(struct api_call *call)
{
    struct store_release_put put = {.version = call->scope.name};
    bool present;
    const json_t *p = body_get(call->body, "properties");
    if (!api_choice(call, p, "feed", api_feeds, 2, 0, &put.feed, &present) ||
        !api_choice(call, p, "state", api_states, 4, STORE_REFERENCE_TRUSTED, &put.state, &present))
        return;
    if (!present) {
        api_fail(call, API_INVALID_CONTENT, "\"properties.state\" is required: Trusted, Outdated or Revoked");
        return;
    }
    const json_t *images = body_get(p, "images");
    if (json_array_size(images) > STORE_WANTED_MAX) {
        api_fail(call, API_INVALID_CONTENT, "\"images\" has more than %d images", STORE_WANTED_MAX);
        return;
    }
    for (size_t i = 0; i < json_array_size(images); i++) {
        const json_t *id = json_array_get(images, i);
        if (guid_parse(span_of(json_string_value(id), json_string_length(id)), put.image[put.count++].id) != 0) {
            api_fail(call, API_INVALID_CONTENT, "image %zu of \"images\" is not a GUID", i);
            return;
        }
    }
    call->conflict = "a release of this version is there with other images, or a rollout of it is under way: publish another "
                     "version";
    call->unfit = "no image says for which hardware the release is: publish the whole system, with the monitor of a host "
                  "or the device tree of a chip's board";
    call->mixed = "the images are for different hardware, or one is in a release for other hardware: a release is for one";
    api_detail(call, "%s, %s, %u images named", api_feeds[put.feed], api_states[put.state], put.count);
    api_ask_store(call, STORE_OP_RELEASE_PUT, &store_release_put_type, &put, api_finish_row);
}
