/* SPDX-License-Identifier: BSD-2-Clause */
/* peri keystore ...: the keys that devices trust, signed off line by the root key. */
#include <stdlib.h>
#include <string.h>

#include "cli/file.h"
#include "cli/management/scope.h"
#include "cli/package/signed_image.h"
#include "cli/verbs.h"
#include "lib/hex.h"

static const struct {
    const char *name;
    uint32_t use;
} uses[] = {
    {"os", KEYSTORE_USE_OS},
    {"application", KEYSTORE_USE_APPLICATION},
    {"update", KEYSTORE_USE_UPDATE},
    {"capability", KEYSTORE_USE_CAPABILITY},
    {"development", KEYSTORE_USE_DEVELOPMENT},
};

/* "os=FILE.pub" */
static int key_add(const char *text, struct keystore *keystore)
{
    const char *equals = strchr(text, '=');
    size_t i = 0, count = sizeof uses / sizeof uses[0];
    while (i < count && !(equals && strlen(uses[i].name) == (size_t)(equals - text) &&
                          strncmp(uses[i].name, text, (size_t)(equals - text)) == 0))
        i++;
    if (i == count)
        return fail(PERI_EXIT_USAGE, "--key is '%s': USE=FILE.pub with os, application, update, "
                    "capability or development", text);
    uint8_t key[P256_PUBLIC_BYTES];
    int code = public_key_load(equals + 1, key);
    return code ? code : keystore_key_add(keystore, key, uses[i].use);
}

static int create(struct peri *peri)
{
    struct keystore keystore = {.count = 0};
    struct signing_key root;
    uint8_t bytes[8192];
    struct writer w = writer_of(bytes, sizeof bytes);
    uint32_t version = 1;
    int code = arg_number(peri, "security-version", 0, UINT32_MAX, &version);
    if (!code)
        code = signing_key_load(arg_text(peri, "signing-key"), &root);
    if (code)
        return code;
    for (size_t i = 0; !code && arg_at(peri, "key", i); i++)
        code = key_add(arg_at(peri, "key", i), &keystore);
    if (!code)
        code = keystore_image(&keystore, version, &root, &w);
    if (!code)
        code = file_write(arg_text(peri, "output-file"), writer_view(&w), 0644);
    signing_key_release(&root);
    return code;
}

static int show(struct peri *peri)
{
    struct span bytes;
    struct image image;
    struct keystore keystore;
    int code = file_read(peri->positional[0], &bytes);
    if (code)
        return code;
    int err = image_parse(bytes, &image);
    if (!err && image.meta.type != IMAGE_TYPE_TRUSTED_KEYSTORE)
        err = E_UNSUPPORTED;
    if (!err)
        err = keystore_parse(image.body, &keystore);
    if (err) {
        file_release(&bytes);
        return fail(PERI_EXIT_REFUSED, "'%s' is not a keystore: %s", peri->positional[0], err_text(err));
    }
    json_t *rows = json_array();
    for (size_t i = 0; i < keystore.count; i++) {
        char thumbprint[2 * IMAGE_THUMBPRINT_BYTES + 1];
        json_t *names = json_array();
        hex_encode(keystore.at[i].thumbprint, IMAGE_THUMBPRINT_BYTES, thumbprint);
        for (size_t u = 0; u < sizeof uses / sizeof uses[0]; u++)
            if (keystore.at[i].usage & uses[u].use)
                json_array_append_new(names, json_string(uses[u].name));
        json_array_append_new(rows, json_pack("{s:s,s:o}", "thumbprint", thumbprint, "signs", names));
    }
    code = output_print(peri, rows);
    json_decref(rows);
    file_release(&bytes);
    return code;
}

static const struct option_row create_options[] = {
    {"signing-key", NULL, OPTION_REQUIRED, "root private key, PEM; its public half is fused into devices"},
    {"key", "k", OPTION_REQUIRED | OPTION_LIST, "USE=FILE.pub: os, application, update, capability, development"},
    {"security-version", NULL, OPTION_VALUE, "anti-rollback number (default 1)"},
    {"output-file", "of", OPTION_REQUIRED, "keystore image to write"}, SCOPE_END};
static const struct column columns[] = {{"Thumbprint", "thumbprint"}, {"Signs", "signs"}, COLUMNS_END};

const struct verb keystore_verbs[] = {
    {"keystore", "create", create, NULL, "make the signed list of keys that devices trust", create_options, NULL, true},
    {"keystore", "show", show, "FILE", "show the keys of a keystore", NULL, columns, true},
    VERBS_END,
};
