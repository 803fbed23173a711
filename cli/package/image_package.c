/* SPDX-License-Identifier: BSD-2-Clause */
/* peri image-package ...: build, show and verify image packages. */
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/file.h"
#include "cli/management/scope.h"
#include "cli/output/terminal.h"
#include "cli/package/hardware.h"
#include "cli/package/package_tree.h"
#include "cli/package/signing_key.h"
#include "cli/verbs.h"
#include "lib/app_manifest.h"
#include "lib/guid.h"
#include "lib/hex.h"
#include "lib/keystore.h"

/* Room for metadata and signature behind a body. */
enum { FOOTER_ROOM = 1024 };

static int guid_option(const char *text, const char *option, uint8_t guid[static GUID_BYTES])
{
    return guid_parse(span_of(text, strlen(text)), guid)
               ? fail(PERI_EXIT_USAGE, "--%s is '%s': a GUID is expected", option, text)
               : PERI_EXIT_OK;
}

/* The options' numbers, read before any file is. */
struct numbers {
    uint32_t runtime;  /* 0: not given */
    uint32_t security; /* counts when has_security */
    bool has_security;
};

static int numbers_read(struct peri *peri, struct numbers *numbers)
{
    *numbers = (struct numbers){.has_security = arg_has(peri, "security-version")};
    int code = arg_number(peri, "runtime-version", 1, UINT32_MAX, &numbers->runtime);
    return code ? code : arg_number(peri, "security-version", 0, UINT32_MAX, &numbers->security);
}

static void abi_one(struct image_abi *abi, uint32_t version)
{
    abi->count = 1;
    abi->at[0].version = version;
    abi->at[0].type = IMAGE_IDENTITY_APPLICATION_RUNTIME;
}

static int name_fill(struct image_meta *meta, const char *name)
{
    if (snprintf(meta->name, sizeof meta->name, "%s", name) < (int)sizeof meta->name)
        return PERI_EXIT_OK;
    return fail(PERI_EXIT_USAGE, "the name '%s' has %zu bytes, and an image has room for %zu: give --name",
                name, strlen(name), sizeof meta->name - 1);
}

/* Component id, ABI and name: an application's stand in its manifest. */
static int component_fill(struct peri *peri, const struct numbers *numbers,
                          const struct app_manifest *manifest, struct image_meta *meta)
{
    const char *component = arg_text(peri, "component-id"), *name = arg_text(peri, "name");
    if (meta->type == IMAGE_TYPE_APPLICATIONS) {
        if (component)
            return fail(PERI_EXIT_USAGE, "--component-id is not for applications: theirs stands in app_manifest.json");
        memcpy(meta->component, manifest->component, GUID_BYTES);
        meta->has_depends = true;
        abi_one(&meta->depends, manifest->runtime_version ? manifest->runtime_version : 1);
        return name_fill(meta, name ? name : app_manifest_text(manifest, manifest->name));
    }
    if (!component)
        return fail(PERI_EXIT_USAGE, "--component-id is needed for type %s", image_type_name(meta->type));
    meta->has_provides = numbers->runtime != 0;
    if (meta->has_provides)
        abi_one(&meta->provides, numbers->runtime);
    int code = guid_option(component, "component-id", meta->component);
    return code ? code : name_fill(meta, name ? name : image_type_name(meta->type));
}

/* Ids, name, security version, development flag. */
static int meta_fill(struct peri *peri, const struct numbers *numbers,
                     const struct app_manifest *manifest, struct image_meta *meta)
{
    const char *id = arg_text(peri, "image-id");
    meta->signing_type = IMAGE_SIGNING_ECDSA256;
    meta->has_debug = true;
    meta->built_s = (uint64_t)time(NULL);
    int code = component_fill(peri, numbers, manifest, meta);
    if (!code && id)
        code = guid_option(id, "image-id", meta->id);
    if (!code && !id) {
        if (RAND_bytes(meta->id, sizeof meta->id) != 1)
            return fail(PERI_EXIT_ERROR, "no random numbers");
        guid_from_random(meta->id);
    }
    meta->has_security_version = numbers->has_security;
    meta->security_version = numbers->security;
    if (arg_has(peri, "development")) {
        meta->has_temporary = true;
        meta->temporary = IMAGE_TEMPORARY_UNDER_DEVELOPMENT;
    }
    return code;
}

/* Where hardware definitions are looked for, and which one is meant. */
struct places {
    char text[4096]; /* of --hardware-definitions, cut at the commas */
    const char *folder[HARDWARE_FOLDERS_MAX], *name;
    size_t count;
};

/* Folders, words or one word with commas; a file among them is the definition itself. */
static int places_read(struct peri *peri, struct places *places)
{
    char *at = places->text, *one, *rest;
    const char *word;
    places->name = arg_text(peri, "target-definition-filename");
    for (size_t i = 0; (word = arg_at(peri, "hardware-definitions", i)) != NULL; i++) {
        size_t room = sizeof places->text - (size_t)(at - places->text);
        int n = snprintf(at, room, "%s", word);
        if ((size_t)n >= room)
            return fail(PERI_EXIT_USAGE, "--hardware-definitions: more than %zu bytes", sizeof places->text - 1);
        for (one = strtok_r(at, ",", &rest); one; one = strtok_r(NULL, ",", &rest)) {
            size_t length = strlen(one);
            if (!places->name && length > 5 && strcmp(one + length - 5, ".json") == 0)
                places->name = one;
            else if (places->count < HARDWARE_FOLDERS_MAX)
                places->folder[places->count++] = one;
            else
                return fail(PERI_EXIT_USAGE, "--hardware-definitions: more than %d folders", HARDWARE_FOLDERS_MAX);
        }
        at += n + 1;
    }
    return PERI_EXIT_OK;
}

static int hardware_option(struct peri *peri, struct hardware *hardware, const struct hardware **found)
{
    static struct places places;
    int code = places_read(peri, &places);
    if (code || !places.name)
        return code;
    char *path = hardware_find(places.name, places.folder, places.count);
    code = hardware_load(hardware, path ? path : places.name, places.folder, places.count);
    free(path);
    *found = hardware;
    return code;
}

static int application_prepare(struct peri *peri, uint32_t runtime_version, struct package_tree *tree,
                               struct app_manifest *manifest)
{
    static struct hardware hardware;
    const struct hardware *found = NULL;
    const char *path;
    int code = hardware_option(peri, &hardware, &found);
    if (!code)
        code = package_tree_manifest(tree, arg_text(peri, "application-manifest"), runtime_version, found, manifest);
    for (size_t i = 0; !code && (path = arg_at(peri, "executables", i)) != NULL; i++)
        code = package_tree_executable(tree, path);
    hardware_release(&hardware);
    return code;
}

/* The body: a folder as ASXipFS, or a file as it is. */
static int body_build(struct peri *peri, uint16_t type, uint32_t runtime_version,
                      struct package_tree *tree, struct app_manifest *manifest, struct writer *w)
{
    const char *folder = arg_text(peri, "package-directory"), *body = arg_text(peri, "body");
    struct span bytes = {NULL, 0};
    int code;
    if (!folder == !body)
        return fail(PERI_EXIT_USAGE, "give either --package-directory or --body");
    code = folder ? package_tree_load(tree, folder) : file_read(body, &bytes);
    if (!code && folder && type == IMAGE_TYPE_APPLICATIONS)
        code = application_prepare(peri, runtime_version, tree, manifest);
    if (!code && body && type == IMAGE_TYPE_APPLICATIONS)
        code = fail(PERI_EXIT_USAGE, "an application is made from --package-directory");
    if (code) {
        file_release(&bytes);
        return code;
    }
    size_t cap = (folder ? package_tree_bytes(tree) : bytes.len) + FOOTER_ROOM;
    uint8_t *room = malloc(cap);
    if (!room)
        code = fail(PERI_EXIT_ERROR, "out of memory");
    *w = writer_of(room, room ? cap : 0);
    if (!code && folder) {
        int err = asxipfs_write(tree->source, tree->count, w);
        if (err)
            code = fail(PERI_EXIT_ERROR, "cannot build the file system of '%s': %s", folder, err_text(err));
    } else if (!code) {
        writer_bytes(w, bytes.at, bytes.len);
    }
    file_release(&bytes);
    return code;
}

#define KEY_ENV "PERI_SIGNING_KEY"

/* Packing commands of az name no key: a script that has them says it once. */
static int key_find(struct peri *peri, struct signing_key *key)
{
    const char *file = arg_text(peri, "key");
    if (!file)
        file = getenv(KEY_ENV);
    return file && *file ? signing_key_load(file, key)
                         : fail(PERI_EXIT_USAGE, "who signs the package? --key FILE or $" KEY_ENV " names the key (peri key create makes one)");
}

static int create(struct peri *peri)
{
    static struct app_manifest manifest; /* 10 KiB: not for the stack */
    static struct package_tree tree;
    const char *type = arg_text(peri, "type"), *out = arg_text(peri, "output-file");
    struct image_meta meta = {.type = IMAGE_TYPE_APPLICATIONS};
    struct signing_key key = {NULL, {0}};
    struct writer w = {NULL, 0, 0, 0};
    if (type && image_type_of_name(span_of(type, strlen(type)), &meta.type) != 0)
        return fail(PERI_EXIT_USAGE, "--type is '%s': see docs/spec/image-package.md for the names", type);
    struct numbers numbers;
    int code = numbers_read(peri, &numbers);
    if (!code)
        code = key_find(peri, &key);
    if (!code)
        code = body_build(peri, meta.type, numbers.runtime, &tree, &manifest, &w);
    if (!code)
        code = meta_fill(peri, &numbers, &manifest, &meta);
    if (!code) {
        struct signer signer = signing_key_signer(&key);
        int err = image_thumbprint(key.public_key, meta.thumbprint);
        if (!err)
            err = image_meta_write(&w, &meta);
        if (!err)
            err = image_sign(&w, &signer);
        code = err ? fail(PERI_EXIT_ERROR, "cannot build the package: %s", err_text(err))
                   : file_write(out, writer_view(&w), 0644);
    }
    if (!code) {
        char id[GUID_TEXT_BYTES], component[GUID_TEXT_BYTES];
        guid_format(meta.id, id);
        guid_format(meta.component, component);
        json_t *answer = json_pack("{s:s,s:s,s:s,s:s,s:I}", "imageId", id, "componentId", component,
                                   "name", meta.name, "file", out, "bytes", (json_int_t)w.len);
        code = output_print(peri, answer);
        json_decref(answer);
    }
    free(w.at);
    package_tree_release(&tree);
    signing_key_release(&key);
    return code;
}

static json_t *abi_json(const struct image_abi *abi)
{
    static const char *const names[] = {"None", "SecureWorldRuntime", "OSRuntime", "ApplicationRuntime"};
    json_t *rows = json_array();
    for (uint32_t i = 0; i < abi->count; i++)
        json_array_append_new(rows, json_pack("{s:s,s:I}", "identity",
                                              abi->at[i].type < 4 ? names[abi->at[i].type] : "Unknown",
                                              "version", (json_int_t)abi->at[i].version));
    return rows;
}

static json_t *files_json(const struct image *image)
{
    struct asxipfs fs;
    struct asxipfs_entry entry;
    if (asxipfs_open(image->body, &fs) != 0)
        return NULL;
    json_t *rows = json_array();
    for (uint32_t i = 0; asxipfs_at(&fs, i, &entry) == 0; i++)
        if (!entry.directory) {
            char mode[16];
            snprintf(mode, sizeof mode, "%o", entry.mode);
            json_array_append_new(rows, json_pack("{s:o,s:s,s:I}", "path", terminal_string(entry.path),
                                                  "mode", mode, "bytes", (json_int_t)entry.data.len));
        }
    return rows;
}

static int package_open(struct peri *peri, struct span *bytes, struct image *image)
{
    const char *file = arg_text(peri, "image-package") ? arg_text(peri, "image-package") : peri->positional[0];
    if (!file || (arg_text(peri, "image-package") && peri->positional[0]))
        return fail(PERI_EXIT_USAGE, "give one package: FILE, or --image-package FILE");
    int code = file_read(file, bytes);
    if (code)
        return code;
    int err = image_parse(*bytes, image);
    if (err) {
        file_release(bytes);
        return fail(PERI_EXIT_REFUSED, "'%s' is not an image package: %s", file, err_text(err));
    }
    return PERI_EXIT_OK;
}

static int show(struct peri *peri)
{
    struct span bytes;
    struct image image;
    int code = package_open(peri, &bytes, &image);
    if (code)
        return code;
    char id[GUID_TEXT_BYTES], component[GUID_TEXT_BYTES], thumbprint[41], digest_text[65];
    uint8_t digest[SHA256_BYTES];
    guid_format(image.meta.id, id);
    guid_format(image.meta.component, component);
    hex_encode(image.meta.thumbprint, IMAGE_THUMBPRINT_BYTES, thumbprint);
    if (image_digest(&image, digest) != 0) {
        file_release(&bytes);
        return fail(PERI_EXIT_ERROR, "cannot compute the digest");
    }
    hex_encode(digest, sizeof digest, digest_text);
    json_t *answer = json_pack(
        "{s:o,s:s,s:s,s:s,s:i,s:I,s:I,s:s,s:s,s:s,s:b,s:I}", "name", terminal_string(image.meta.name), "imageId", id,
        "componentId", component, "imageType", image_type_name(image.meta.type), "imageTypeNumber",
        image.meta.type, "bodyBytes", (json_int_t)image.body.len, "buildTime",
        (json_int_t)image.meta.built_s, "signingKeyThumbprint", thumbprint, "signatureType",
        image.meta.signing_type == IMAGE_SIGNING_ECDSA256 ? "ECDsa256" : "Invalid", "measurement",
        digest_text, "underDevelopment",
        (int)(image.meta.has_temporary && image.meta.temporary & IMAGE_TEMPORARY_UNDER_DEVELOPMENT),
        "securityVersion", (json_int_t)image.meta.security_version);
    json_object_set_new(answer, "dependsOn", abi_json(&image.meta.depends));
    json_object_set_new(answer, "provides", abi_json(&image.meta.provides));
    json_t *sections = json_array();
    struct image_section_view view;
    for (unsigned i = 0; image_section_at(&image, i, &view) == 0; i++) {
        char name[3] = {(char)(view.id & 0xff), (char)(view.id >> 8), 0};
        json_array_append_new(sections, json_pack("{s:o,s:I}", "section", terminal_string(name), "bytes",
                                                  (json_int_t)view.data.len));
    }
    json_object_set_new(answer, "sections", sections);
    json_t *files = files_json(&image);
    if (files)
        json_object_set_new(answer, "files", files);
    code = output_print(peri, answer);
    json_decref(answer);
    file_release(&bytes);
    return code;
}

/* The keystore file, checked with the root key when that is given. */
static int keystore_load(struct peri *peri, struct keystore *keystore)
{
    struct span bytes;
    struct image image;
    uint8_t root[P256_PUBLIC_BYTES];
    const char *file = arg_text(peri, "keystore"), *root_file = arg_text(peri, "root-key");
    int code = file_read(file, &bytes);
    if (code)
        return code;
    int err = image_parse(bytes, &image);
    if (!err && image.meta.type != IMAGE_TYPE_TRUSTED_KEYSTORE)
        err = E_UNSUPPORTED;
    if (!err && root_file) {
        code = public_key_load(root_file, root);
        if (!code)
            err = image_verify(&image, root);
    }
    if (!err && !code)
        err = keystore_parse(image.body, keystore);
    file_release(&bytes);
    if (!code && err)
        code = fail(PERI_EXIT_REFUSED, "keystore '%s': %s", file, err_text(err));
    return code;
}

/* What it was held against, as it was given. */
static int verified_print(struct peri *peri, const struct image *image)
{
    char id[GUID_TEXT_BYTES], component[GUID_TEXT_BYTES], thumbprint[2 * IMAGE_THUMBPRINT_BYTES + 1];
    const char *key = arg_text(peri, "public-key"), *store = arg_text(peri, "keystore");
    if (output_to_person(peri)) {
        printf("'%s' verifies\n", peri->positional[0]);
        return PERI_EXIT_OK;
    }
    guid_format(image->meta.id, id);
    guid_format(image->meta.component, component);
    hex_encode(image->meta.thumbprint, IMAGE_THUMBPRINT_BYTES, thumbprint);
    json_t *answer = json_pack("{s:s,s:b,s:s,s:s,s:s,s:s?,s:s?}", "imagePackage", peri->positional[0], "verified", 1, "imageId", id,
                               "componentId", component, "signingKeyThumbprint", thumbprint, "publicKey", key, "keystore", store);
    int code = answer ? output_print(peri, answer) : fail(PERI_EXIT_ERROR, "out of memory");
    json_decref(answer);
    return code;
}

static int verify(struct peri *peri)
{
    struct span bytes = {NULL, 0};
    struct image image;
    struct keystore keystore;
    uint8_t key[P256_PUBLIC_BYTES];
    const char *public_key = arg_text(peri, "public-key"), *store = arg_text(peri, "keystore");
    if (!public_key == !store)
        return fail(PERI_EXIT_USAGE, "give either --public-key or --keystore");
    if (arg_has(peri, "root-key") && !store)
        return fail(PERI_EXIT_USAGE, "--root-key is the key of a --keystore");
    int code = public_key ? public_key_load(public_key, key) : keystore_load(peri, &keystore);
    if (!code)
        code = package_open(peri, &bytes, &image);
    if (code)
        return code;
    int err = public_key ? image_verify(&image, key)
                         : keystore_verify(&keystore, &image, arg_has(peri, "development"));
    code = err ? fail(PERI_EXIT_REFUSED, "'%s': %s", peri->positional[0], err_text(err)) : verified_print(peri, &image);
    file_release(&bytes);
    return code;
}

static const struct option_row create_options[] = {
    {"package-directory", NULL, OPTION_VALUE, "folder that becomes the image's file system"},
    {"application-manifest", "a", OPTION_VALUE, "manifest (default: app_manifest.json in the folder)"},
    {"executables", "x", OPTION_LIST, "files of an application, besides its entry point, that may be executed"},
    {"hardware-definitions", NULL, OPTION_LIST, "folders with definitions of hardware, or the definition itself"},
    {"target-definition-filename", NULL, OPTION_VALUE, "definition of the board: what $NAMEs in the manifest stand for"},
    {"body", NULL, OPTION_VALUE, "file that becomes the image's body as it is"},
    {"type", NULL, OPTION_VALUE, "image type by name (default: Applications)"},
    {"component-id", "i", OPTION_VALUE, "GUID of the component (applications: from the manifest)"},
    {"image-id", NULL, OPTION_VALUE, "GUID of this build (default: random)"},
    {"name", "n", OPTION_VALUE, "name in the metadata, at most 31 characters"},
    {"runtime-version", NULL, OPTION_VALUE, "application runtime needed (applications, default 1) or provided"},
    {"security-version", NULL, OPTION_VALUE, "anti-rollback number"},
    {"development", NULL, OPTION_SWITCH, "flag the image as under development"},
    {"key", "k", OPTION_VALUE, "signing key, PEM (default: $" KEY_ENV ")"},
    {"output-file", "of", OPTION_REQUIRED, "package to write"},
    SCOPE_END};
static const struct option_row show_options[] = {
    {"image-package", NULL, OPTION_VALUE, "the package, as az sphere names it"}, SCOPE_END};
static const struct option_row verify_options[] = {
    {"public-key", NULL, OPTION_VALUE, "verify with this key, FILE.pub"},
    {"keystore", NULL, OPTION_VALUE, "verify as a device with this keystore would"},
    {"root-key", NULL, OPTION_VALUE, "FILE.pub that the keystore must be signed by"},
    {"development", NULL, OPTION_SWITCH, "accept development keys"},
    SCOPE_END};
static const struct column columns[] = {
    {"Name", "name"}, {"Type", "imageType"}, {"Image ID", "imageId"}, {"Component ID", "componentId"}, COLUMNS_END};

static const struct column verify_columns[] = {
    {"Image package", "imagePackage"}, {"Verified", "verified"}, {"Image ID", "imageId"}, {"Component ID", "componentId"}, COLUMNS_END};

const struct verb image_package_verbs[] = {
    {"image-package", "create", create, NULL, "build and sign an image package", create_options, columns, true},
    {"image-package", "pack-application", create, NULL, "the same, under its name in az sphere", create_options, columns, true},
    {"image-package", "show", show, "[FILE]", "show what a package contains", show_options, columns, true},
    {"image-package", "verify", verify, "FILE", "check a package's signature", verify_options, verify_columns, true,
     "Answer: imagePackage, verified, imageId, componentId, signingKeyThumbprint, publicKey, keystore; what does not verify has none, and exit code 5."},
    VERBS_END,
};
