/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A data folder from nothing.  It is made beside its final place and appears
 * there by one rename; whatever fails before leaves only a folder that is
 * removed again.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <jansson.h>
#include <limits.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "abi/crash_dump.h"
#include "lib/guid.h"
#include "lib/hex.h"
#include "service/ipc/service_init.h"
#include "service/issuer/certificate.h"
#include "service/issuer/der.h"
#include "service/issuer/issue.h"
#include "service/issuer/authority_file.h"
#include "service/issuer/folder_part.h"
#include "service/issuer/key_file.h"
#include "service/issuer/root_ceremony.h"
#include "service/issuer/seal.h"
#include "service/issuer/serial_log.h"
#include "service/issuer/server_names.h"
#include "service/pkcs11/sealed_key.h"

enum { DEFAULT_PORT = 8443 };

/* CAs below the root: file, common name, and the anchor that front reads. */
enum ca_id { CA_OPERATOR, CA_OS, CA_UPDATE_ONLY, CA_SERVER, CA_COUNT };
static const struct ca_row {
    const char *file, *common_name;
    bool anchor;
} ca_rows[CA_COUNT] = {
    [CA_OPERATOR] = {"operator", "Perisphere operators", true},
    [CA_OS] = {"os", CRASH_DUMP_SIGNER_NAME, true}, /* by which devices know it */
    [CA_UPDATE_ONLY] = {"update-only", "Perisphere update-only", true},
    [CA_SERVER] = {"server", "Perisphere servers", false},
};

static int fail(const char *what, const char *subject, int err)
{
    fprintf(stderr, "perisphered: %s \"%s\": %s\n", what, subject, err_text(err));
    return err;
}

/* -- names --------------------------------------------------------------- */

static bool operator_good(const char *name)
{
    for (const char *c = name; *c; c++)
        if (*c < 0x20 || *c > 0x7e)
            return false;
    return authority_name_good(name);
}

/* -- files --------------------------------------------------------------- */

/* Leaf first, then the CA and, where the root is off line, the one above: what TLS sends. */
static int chain_write(const char *folder, const char *name, const struct authority *leaf,
                       const struct authority *ca, const struct authority *above)
{
    char *first = NULL, *second = NULL, *third = NULL, *both = NULL;
    int err = authority_text(leaf, false, true, span_of(NULL, 0), &first);
    if (!err)
        err = authority_text(ca, false, true, span_of(NULL, 0), &second);
    if (!err && above)
        err = authority_text(above, false, true, span_of(NULL, 0), &third);
    if (!err && asprintf(&both, "%s%s%s", first, second, third ? third : "") < 0)
        err = E_NOMEM;
    if (!err)
        err = text_file_write(folder, name, both, 0644);
    free(both);
    authority_text_free(first);
    authority_text_free(second);
    authority_text_free(third);
    return err;
}

static int public_write(const char *folder, const char *name, const struct authority *a)
{
    char text[AUTHORITY_PUBLIC_TEXT_BYTES];
    authority_public_text(a, text);
    return text_file_write(folder, name, text, 0644);
}

static int json_write(const char *folder, const char *name, json_t *object, mode_t mode)
{
    char *text = object ? json_dumps(object, JSON_INDENT(2) | JSON_PRESERVE_ORDER) : NULL, *line = NULL;
    int err = text && asprintf(&line, "%s\n", text) >= 0 ? text_file_write(folder, name, line, mode) : E_NOMEM;
    free(text);
    free(line);
    json_decref(object);
    return err;
}

/* -- certificates -------------------------------------------------------- */

/* A leaf is not a CA, so authority_adopt() is not for it. */
static int leaf_make(const char *issuer_folder, struct authority *leaf, struct authority *ca,
                     enum profile_id profile, const char *common_name, struct span alternative_names)
{
    uint8_t serial[ISSUER_SERIAL_BYTES];
    struct span der;
    uint64_t begin = (uint64_t)time(NULL) - ISSUER_BACKDATE_S;
    int err = authority_generate(leaf, false);
    if (err || (err = certificate_serial(serial)) != 0)
        return err;
    struct certificate_request r = {
        .profile = profile, .serial = serial, .not_before_s = begin,
        .not_after_s = begin + profile_table[profile].life_s,
        .common_name = span_of(common_name, strlen(common_name)),
        .point = leaf->point, .point_bytes = leaf->point_bytes, .alternative_names = alternative_names,
    };
    uint8_t buffer[8192];
    err = certificate_make_said(&r, ca, buffer, sizeof buffer, &der);
    if (err)
        return err;
    if (der.len > sizeof leaf->certificate)
        return E_FULL;
    memcpy(leaf->certificate, der.at, der.len);
    leaf->certificate_bytes = der.len;
    return serial_log_offline(issuer_folder, &r, (uint64_t)time(NULL));
}

/* -- an operator's folder ------------------------------------------------ */

static int operator_write(const char *issuer_folder, const char *folder, struct authority *ca, const char *root_text,
                          const char *name, const char *endpoint, const char *subscription)
{
    struct authority leaf = {0};
    int err = leaf_make(issuer_folder, &leaf, ca, PROFILE_OPERATOR, name, span_of(NULL, 0));
    if (!err)
        err = authority_file_write(folder, "key.pem", &leaf, true);
    if (!err)
        err = chain_write(folder, "cert.pem", &leaf, ca, NULL);
    if (!err)
        err = text_file_write(folder, "ca.pem", root_text, 0644);
    if (!err)
        err = json_write(folder, "profile.json",
                         json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "endpoint", endpoint, "subscription",
                                   subscription, "resourceGroup", "default", "ca", "ca.pem",
                                   "certificate", "cert.pem", "key", "key.pem"), 0600);
    authority_release(&leaf);
    return err;
}

static int subscription_new(char text[static GUID_TEXT_BYTES])
{
    uint8_t guid[GUID_BYTES];
    if (RAND_bytes(guid, sizeof guid) != 1)
        return E_ENTROPY;
    guid_from_random(guid);
    guid_format(guid, text);
    return 0;
}

/* -- the whole folder ---------------------------------------------------- */

struct making {
    const struct service_init *init;
    const char *organisation;
    char issuing_organisation[AUTHORITY_NAME_TEXT_MAX + 1];
    char top[PATH_MAX];
    char *root_text; /* PEM of the root's certificate */
    struct authority root, ca[CA_COUNT], update, capability, audit, server;
    struct token_key *wrap, *data;
};

static const char *below(const struct making *m, const char *name, char path[static PATH_MAX])
{
    /* A name that is cut does not exist, so the open that follows fails. */
    (void)!snprintf(path, PATH_MAX, "%.*s/%s", PATH_MAX - 64, m->top, name);
    return path;
}

/* -- keys: in files, or in the token ------------------------------------- */

/* What can be in a token: the keys of the issuer, by their files' names, and that of the data. */
static const char *const token_keys[] = {"root", "operator", "os", "update-only", "server", "update", "capability",
                                         "audit", "wrap", "data"};

static bool token_key_known(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof token_keys / sizeof token_keys[0]; i++)
        if (strlen(token_keys[i]) == len && memcmp(token_keys[i], name, len) == 0)
            return true;
    return false;
}

/* what NULL: is the list good? */
static bool in_token(const struct service_init *init, const char *what)
{
    const char *at = init->pkcs11.keys;
    if (!at)
        return init->pkcs11.token != NULL;
    for (;;) {
        size_t len = strcspn(at, ",");
        if (what ? strlen(what) == len && memcmp(what, at, len) == 0 : !token_key_known(at, len))
            return what != NULL;
        if (!at[len])
            return what == NULL;
        at += len + 1;
    }
}

static int key_make(struct making *m, struct authority *a, bool p384, const char *what)
{
    char uri[URI_TEXT_MAX + 1];
    if (!in_token(m->init, what))
        return authority_generate(a, p384);
    int err = service_token_name(m->init->pkcs11.uri, what, uri);
    return err ? err : authority_generate_in(a, p384, m->init->pkcs11.token, span_of(uri, strlen(uri)));
}

/* issuer/wrap.key: in a file the issuer makes it at its first start. */
static int wrap_make(struct making *m, const char *issuer)
{
    char uri[URI_TEXT_MAX + 1];
    struct name_file file = {.uri = ""};
    if (!in_token(m->init, "wrap"))
        return 0;
    int err = service_token_name(m->init->pkcs11.uri, "wrap", uri);
    if (!err)
        err = token_key_generate(m->init->pkcs11.token, span_of(uri, strlen(uri)), TOKEN_KEY_AES, &m->wrap);
    if (err)
        return err;
    char text[NAME_FILE_TEXT_MAX];
    snprintf(file.uri, sizeof file.uri, "%s", token_key_uri(m->wrap));
    err = name_file_format(&file, text, sizeof text);
    return err ? err : text_file_write(issuer, "wrap.key", text, 0600);
}

/* store/data.key: in the clear the store makes it at its first start. */
static int data_key_make(struct making *m)
{
    char uri[URI_TEXT_MAX + 1], text[NAME_FILE_TEXT_MAX], folder[PATH_MAX];
    uint8_t key[SEALED_KEY_BYTES];
    struct name_file file;
    if (!in_token(m->init, "data"))
        return 0;
    int err = service_token_name(m->init->pkcs11.uri, "data", uri);
    if (!err)
        err = token_key_generate(m->init->pkcs11.token, span_of(uri, strlen(uri)), TOKEN_KEY_AES, &m->data);
    if (!err)
        err = RAND_bytes(key, sizeof key) == 1 ? sealed_key_make(m->data, key, &file) : E_ENTROPY;
    OPENSSL_cleanse(key, sizeof key);
    if (!err)
        err = name_file_format(&file, text, sizeof text);
    if (!err && mkdir(below(m, "store", folder), 0700) != 0)
        err = E_IO;
    return err ? err : text_file_write(folder, "data.key", text, 0600);
}

/* Nothing is left of a folder that did not come to be. */
static void token_undo(struct making *m)
{
    struct authority *made[] = {&m->root, &m->ca[CA_OPERATOR], &m->ca[CA_OS], &m->ca[CA_UPDATE_ONLY], &m->ca[CA_SERVER],
                                &m->update, &m->capability, &m->audit};
    _Static_assert(CA_COUNT == 4, "all of them are above");
    /* The issuing CA's key was there before. */
    for (size_t i = m->init->issuing ? 1 : 0; i < sizeof made / sizeof made[0]; i++)
        if (made[i]->token_key)
            (void)!token_key_destroy(made[i]->token_key);
    if (m->wrap)
        (void)!token_key_destroy(m->wrap);
    if (m->data)
        (void)!token_key_destroy(m->data);
}

static int root_make(struct making *m, const char *issuer)
{
    int err = key_make(m, &m->root, true, "root");
    if (!err)
        err = authority_certify(issuer, &m->root, NULL, PROFILE_ROOT, ROOT_NAME, m->organisation);
    if (!err)
        err = authority_file_write(issuer, "root.key", &m->root, true);
    return err ? err : authority_text(&m->root, false, true, span_of(NULL, 0), &m->root_text);
}

/* The root is elsewhere: in its place signs the CA that it signed (docs/operate.md, "Root off line"). */
static int issuing_take(struct making *m, const char *issuer)
{
    int err = issuing_load(m->init->issuing, m->init->pkcs11.token, &m->root, &m->root_text);
    if (!err && !m->init->organisation) { /* as its request had it */
        err = authority_names(&m->root, NULL, m->issuing_organisation);
        if (err || !authority_name_good(m->issuing_organisation))
            return fail("issuing.pem names no organisation of 1 to 64 bytes of text:", m->init->issuing, E_CORRUPT);
        m->organisation = m->issuing_organisation;
    }
    if (!err)
        err = authority_file_write(issuer, "issuing.key", &m->root, true);
    return err ? err : authority_file_write(issuer, "issuing.pem", &m->root, false);
}

static int keys_write(struct making *m)
{
    char issuer[PATH_MAX], anchors[PATH_MAX], file[64];
    below(m, "issuer", issuer);
    below(m, "front/anchors", anchors);
    int err = m->init->issuing ? issuing_take(m, issuer) : root_make(m, issuer);
    /* Who signs the CAs of clients is what front has to trust; everybody else goes by the root. */
    if (err || (err = authority_file_write(anchors, "root.pem", &m->root, false)) != 0 ||
        (err = text_file_write(issuer, "root.pem", m->root_text, 0644)) != 0 ||
        (err = text_file_write(m->top, "root.pem", m->root_text, 0644)) != 0)
        return err;
    for (unsigned i = 0; !err && i < CA_COUNT; i++) {
        err = key_make(m, &m->ca[i], false, ca_rows[i].file);
        if (!err)
            err = authority_certify(issuer, &m->ca[i], &m->root, PROFILE_CA, ca_rows[i].common_name, m->organisation);
        snprintf(file, sizeof file, "%s.key", ca_rows[i].file);
        if (!err)
            err = authority_file_write(issuer, file, &m->ca[i], true);
        snprintf(file, sizeof file, "%s.pem", ca_rows[i].file);
        if (!err)
            err = authority_file_write(issuer, file, &m->ca[i], false);
        if (!err && ca_rows[i].anchor)
            err = authority_file_write(anchors, file, &m->ca[i], false);
    }
    if (err || (err = key_make(m, &m->update, false, "update")) != 0 ||
        (err = key_make(m, &m->capability, false, "capability")) != 0 || (err = wrap_make(m, issuer)) != 0 || (err = data_key_make(m)) != 0 ||
        (err = key_make(m, &m->audit, false, "audit")) != 0 ||
        (err = seal_key_write(&m->audit, issuer, &m->root, NULL)) != 0 ||
        (err = authority_file_write(issuer, "update.key", &m->update, true)) != 0 ||
        (err = authority_file_write(issuer, "capability.key", &m->capability, true)) != 0 ||
        (err = public_write(m->top, "update-key.pub", &m->update)) != 0)
        return err;
    return public_write(m->top, "capability-key.pub", &m->capability);
}

static int front_write(struct making *m)
{
    uint8_t names[SERVER_NAMES_MAX_BYTES];
    char folder[PATH_MAX], issuer[PATH_MAX];
    const char *first = m->init->dns_count ? m->init->dns[0] : "localhost";
    below(m, "front", folder);
    /* The common name is for people; clients look at the alternative names. */
    int err = leaf_make(below(m, "issuer", issuer), &m->server, &m->ca[CA_SERVER], PROFILE_SERVER,
                        strlen(first) <= AUTHORITY_NAME_TEXT_MAX ? first : "localhost",
                        server_names_write(m->init->dns, m->init->dns_count, names, sizeof names));
    if (!err)
        err = authority_file_write(folder, "key.pem", &m->server, true);
    return err ? err : chain_write(folder, "cert.pem", &m->server, &m->ca[CA_SERVER],
                                   m->init->issuing ? &m->root : NULL);
}

static int pkcs11_put(json_t *config, const struct service_init_token *from)
{
    const struct {
        const char *key, *value;
    } rows[] = {{"pkcs11_module", from->module}, {"pkcs11_pin", from->pin}, {"pkcs11_paths", from->paths},
                {"pkcs11_connect", from->connect}};
    for (size_t i = 0; from->token && i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].value && json_object_set_new(config, rows[i].key, json_string(rows[i].value)) != 0)
            return E_NOMEM;
    return 0;
}

static int settings_write(struct making *m)
{
    char endpoint[SERVER_NAME_MAX + 32], folder[PATH_MAX], issuer[PATH_MAX], subscription[GUID_TEXT_BYTES];
    snprintf(endpoint, sizeof endpoint, "https://%s:%d",
             m->init->dns_count ? m->init->dns[0] : "localhost", DEFAULT_PORT);
    /* Without a name of its own the service derives base_url from the port it got. */
    json_t *config = json_pack(
        "{s:s,s:i,s:s,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i}", "listen_address", "127.0.0.1", "listen_port",
        DEFAULT_PORT, "owner", m->init->operator_name ? m->init->operator_name : "admin", "check_interval_s", 72000, "certificate_s", 86400, "challenge_s", 300,
        "connections_max", 4096, "header_timeout_s", 10, "request_timeout_s", 60, "idle_timeout_s", 75,
        "drain_s", 10);
    if (m->init->dns_count && json_object_set_new(config, "base_url", json_string(endpoint)) != 0) {
        json_decref(config);
        return E_NOMEM;
    }
    if (m->init->database && json_object_set_new(config, "database", json_string(m->init->database)) != 0) {
        json_decref(config);
        return E_NOMEM;
    }
    int err = pkcs11_put(config, &m->init->pkcs11);
    if (err)
        json_decref(config);
    else
        err = json_write(m->top, "service.json", config, 0600);
    if (err || (err = subscription_new(subscription)) != 0)
        return err;
    return operator_write(below(m, "issuer", issuer), below(m, "operator", folder), &m->ca[CA_OPERATOR], m->root_text,
                          m->init->operator_name ? m->init->operator_name : "admin", endpoint, subscription);
}

static int folders_make(const struct making *m)
{
    static const char *const names[] = {"issuer", "front", "front/anchors", "operator"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[PATH_MAX];
        if (mkdir(below(m, names[i], path), 0700) != 0)
            return E_IO;
    }
    return 0;
}

static int names_check(const struct service_init *init, const char *organisation)
{
    if (!authority_name_good(organisation))
        return fail("organisation must be 1 to 64 bytes of text", organisation, E_RANGE);
    if (init->pkcs11.keys && !in_token(init, NULL))
        return fail("the keys in the token are of root, operator, os, update-only, server, update, capability, audit, wrap and "
                    "data, between commas; not", init->pkcs11.keys, E_RANGE);
    if (init->operator_name && !operator_good(init->operator_name))
        return fail("operator's name must be 1 to 64 ASCII characters", init->operator_name, E_RANGE);
    for (size_t i = 0; i < init->dns_count; i++)
        if (!server_name_good(init->dns[i]))
            return fail("not a DNS name", init->dns[i], E_RANGE);
    return init->dns_count <= SERVICE_INIT_NAMES_MAX ? 0 : E_RANGE;
}

int service_init(const struct service_init *init)
{
    struct making *m = calloc(1, sizeof *m);
    if (!m)
        return fail("cannot make", init->data, E_NOMEM);
    m->init = init;
    m->organisation = init->organisation ? init->organisation : "Perisphere";
    int err = names_check(init, m->organisation);
    if (err)
        goto out;
    err = folder_part_open(init->data, m->top);
    if (!err) {
        if ((err = folders_make(m)) == 0 && (err = keys_write(m)) == 0 && (err = front_write(m)) == 0)
            err = settings_write(m);
        err = folder_part_close(m->top, init->data, err);
        if (err)
            token_undo(m);
    }
    if (err)
        (void)folder_part_fail("cannot make the data folder", init->data, err);
out:
    authority_text_free(m->root_text);
    authority_release(&m->root);
    for (unsigned i = 0; i < CA_COUNT; i++)
        authority_release(&m->ca[i]);
    authority_release(&m->update);
    authority_release(&m->capability);
    authority_release(&m->audit);
    authority_release(&m->server);
    token_key_free(m->wrap);
    token_key_free(m->data);
    free(m);
    return err;
}

enum { CERTIFICATE_TEXT_MAX = 8191 };

/* One certificate in PEM, as it stands; its key is not needed, and may be elsewhere. */
static int certificate_text_read(const char *path, char **text)
{
    int err = text_file_read(path, CERTIFICATE_TEXT_MAX, text);
    if (!err && strncmp(*text, "-----BEGIN CERTIFICATE-----", 27) != 0)
        err = E_CORRUPT;
    return err;
}

/* The root that is to follow, behind the present one: whoever gets a profile now knows both. */
static int next_add(const char *path, char **text)
{
    char *next, *both;
    int err = certificate_text_read(path, &next);
    if (err)
        return err;
    const size_t cap = strlen(*text) + strlen(next) + 2;
    both = malloc(cap);
    if (both) {
        snprintf(both, cap, "%s%s%s", *text, (*text)[strlen(*text) - 1] == '\n' ? "" : "\n", next);
        authority_text_free(*text);
        *text = both;
    }
    authority_text_free(next);
    return both ? 0 : E_NOMEM;
}

int service_operator(const char *data, struct token *token, const char *name, const char *out)
{
    char next[PATH_MAX], key[PATH_MAX], certificate[PATH_MAX], path[PATH_MAX], part[PATH_MAX], *root_text = NULL;
    const char *endpoint, *subscription;
    struct authority ca = {0};
    json_error_t why;
    if (!operator_good(name))
        return fail("operator's name must be 1 to 64 ASCII characters", name, E_RANGE);
    snprintf(path, sizeof path, "%s/operator/profile.json", data);
    json_t *profile = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
    if (!profile || json_unpack(profile, "{s:s,s:s}", "endpoint", &endpoint, "subscription",
                                &subscription) != 0) {
        json_decref(profile);
        if (access(path, R_OK) != 0) {
            fprintf(stderr, "perisphered: cannot read \"%s\": %s (peri service init makes a data folder)\n",
                    path, strerror(errno));
            return E_NOT_FOUND;
        }
        return fail("cannot read", path, E_CORRUPT);
    }
    snprintf(key, sizeof key, "%s/issuer/operator.key", data);
    snprintf(certificate, sizeof certificate, "%s/issuer/operator.pem", data);
    snprintf(next, sizeof next, "%s/issuer/" ROOT_NEXT, data);
    int err = authority_load(&ca, token, key, certificate);
    if (err) {
        (void)fail("cannot read", key, err);
        goto out;
    }
    snprintf(certificate, sizeof certificate, "%s/issuer/root.pem", data);
    err = certificate_text_read(certificate, &root_text);
    if (err) {
        (void)fail("cannot read", certificate, err);
        goto out;
    }
    if (access(next, F_OK) == 0 && (err = next_add(next, &root_text)) != 0) {
        (void)fail("cannot read", next, err);
        goto out;
    }
    snprintf(path, sizeof path, "%s/issuer", data);
    err = folder_part_open(out, part);
    if (!err)
        err = folder_part_close(part, out, operator_write(path, part, &ca, root_text, name, endpoint, subscription));
    if (err)
        (void)folder_part_fail("cannot make", out, err);
out:
    authority_text_free(root_text);
    authority_release(&ca);
    json_decref(profile);
    return err;
}
