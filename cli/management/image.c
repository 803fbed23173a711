/* SPDX-License-Identifier: BSD-2-Clause */
/* peri image ...: images in a catalog. */
#include <stdlib.h>
#include <string.h>

#include "cli/client/client.h"
#include "cli/file.h"
#include "cli/management/scope.h"
#include "cli/verbs.h"
#include "lib/guid.h"
#include "lib/image.h"

/* Image id in text, from the package itself. */
static int package_id(const char *file, char id[static GUID_TEXT_BYTES])
{
    struct span bytes;
    struct image image;
    int code = file_read(file, &bytes);
    if (code)
        return code;
    int err = image_parse(bytes, &image);
    if (!err)
        guid_format(image.meta.id, id);
    file_release(&bytes);
    return err ? fail(PERI_EXIT_REFUSED, "'%s' is not an image package: %s", file, err_text(err))
               : PERI_EXIT_OK;
}

static int add(struct peri *peri)
{
    char path[PATH_MAX_BYTES], id[GUID_TEXT_BYTES];
    const char *file = arg_text(peri, "image-path");
    char *text = NULL;
    json_t *body = NULL, *answer = NULL;
    int code = package_id(file, id);
    if (!code)
        code = file_read_base64(file, &text);
    if (!code)
        code = client_path(peri, path, "images", id, NULL);
    if (!code) {
        body = json_pack("{s:{s:s}}", "properties", "image", text);
        if (arg_text(peri, "regional-data-boundary"))
            json_object_set_new(json_object_get(body, "properties"), "regionalDataBoundary",
                                json_string(arg_text(peri, "regional-data-boundary")));
        code = client_call(peri, "PUT", path, body, &answer);
    }
    if (!code)
        code = output_print(peri, answer);
    json_decref(body);
    json_decref(answer);
    free(text);
    return code;
}

static int list(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    int code = client_path(peri, path, "images", NULL);
    return client_show_list(peri, code, "GET", path, NULL);
}

static int show(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    int code = client_path(peri, path, "images", arg_text(peri, "image"), NULL);
    return client_show(peri, code, "GET", path, NULL);
}

/* The service's word for what the bytes are is not taken: the package says its id itself. */
static int package_check(const uint8_t *bytes, size_t len, const char *id)
{
    struct image image;
    uint8_t want[GUID_BYTES];
    int err = image_parse(span_of(bytes, len), &image);
    if (err)
        return fail(PERI_EXIT_REFUSED, "what the service sent is not an image package: %s", err_text(err));
    if (guid_parse(span_of(id, strlen(id)), want) != 0 || !guid_equal(want, image.meta.id))
        return fail(PERI_EXIT_REFUSED, "what the service sent is another image than '%s'", id);
    return PERI_EXIT_OK;
}

static int download(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    const char *file = arg_text(peri, "output-file"), *id = arg_text(peri, "image");
    json_t *answer = NULL;
    uint8_t *bytes = NULL;
    size_t len = 0;
    int code = client_path(peri, path, "images", id, NULL);
    if (!code)
        code = client_call(peri, "GET", path, NULL, &answer);
    const char *uri = json_string_value(json_object_get(json_object_get(answer, "properties"), "uri"));
    if (!code)
        code = uri ? client_fetch(peri, uri, &bytes, &len)
                   : fail(PERI_EXIT_ERROR, "the service's answer has no uri for image '%s'", id);
    if (!code)
        code = package_check(bytes, len, id);
    if (!code)
        code = file_write(file, span_of(bytes, len), 0644);
    free(bytes);
    json_decref(answer);
    return code;
}

static int delete(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    int code = client_path(peri, path, "images", arg_text(peri, "image"), NULL);
    return code ? code : client_call(peri, "DELETE", path, NULL, NULL);
}

static const struct option_row add_options[] = {
    {"image-path", "img", OPTION_REQUIRED, "image package to upload"},
    {"regional-data-boundary", "r", OPTION_VALUE, "boundary: None or EU", CHOICES("None", "EU")}, SCOPE_CATALOG, SCOPE_END};
static const struct option_row list_options[] = {SCOPE_FILTER, SCOPE_CATALOG, SCOPE_END};
static const struct option_row delete_options[] = {SCOPE_YES, {"image", NULL, OPTION_REQUIRED, "image id"}, SCOPE_CATALOG, SCOPE_END};
static const struct option_row one_options[] = {
    {"image", NULL, OPTION_REQUIRED, "image id"}, SCOPE_CATALOG, SCOPE_END};
static const struct option_row download_options[] = {
    {"image", NULL, OPTION_REQUIRED, "image id"}, {"output-file", "of", OPTION_REQUIRED, "file to write"}, SCOPE_CATALOG, SCOPE_END};
static const struct column columns[] = {
    {"Name", "properties.image"}, {"Image ID", "name"}, {"Component ID", "properties.componentId"},
    {"Type", "properties.imageType"}, COLUMNS_END};

const struct verb image_verbs[] = {
    {"image", "add", add, NULL, "upload an image package", add_options, columns, false},
    {"image", "list", list, NULL, "list images", list_options, columns, false},
    {"image", "show", show, NULL, "show an image", one_options, columns, false},
    {"image", "download", download, NULL, "download an image package", download_options, NULL, false},
    {"image", "delete", delete, NULL, "delete an image that no deployment uses", delete_options, NULL, false},
    VERBS_END,
};
