/* SPDX-License-Identifier: BSD-2-Clause */
#include <openssl/obj_mac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/capability.h"
#include "lib/guid.h"
#include "lib/hex.h"
#include "lib/manifest.h"
#include "service/issuer/crl.h"
#include "service/issuer/root_ceremony.h"
#include "service/issuer/state.h"

enum { SKEW_S = 60 };

/* Component ids of what the service makes itself: fixed, ours. */
static const uint8_t component_manifest[GUID_BYTES] = {0x6b, 0x1d, 0x52, 0x9e, 0x07, 0xc4, 0x3a, 0x4f,
                                                       0x91, 0x5c, 0x2e, 0xd8, 0x40, 0xb3, 0x76, 0x1f};
static const uint8_t component_capability[GUID_BYTES] = {0xd2, 0x88, 0x13, 0x4c, 0xa5, 0x60, 0x9b, 0x46,
                                                         0xbe, 0x21, 0x73, 0x0f, 0xc9, 0x5a, 0xe4, 0x38};

/* -- opening ------------------------------------------------------------- */

static int organisation_read(struct issuer *issuer, const char *data, bool above)
{
    int err = authority_names(&issuer->root, NULL, issuer->organisation);
    if (err)
        fprintf(stderr, "issuer: %s/issuer/%s.pem: its subject names no organisation\n", data, above ? "issuing" : "root");
    return err;
}

/* A root that signed the issuing CA.  E_CORRUPT: it did not. */
static int anchor_take(struct issuer *issuer, const char *path)
{
    const uint8_t *at = issuer->root.certificate;
    uint8_t *to = issuer->anchor;
    X509 *x, *issuing = NULL;
    if (certificate_file_read(path, &x) != 0)
        return E_CORRUPT;
    issuing = d2i_X509(NULL, &at, (long)issuer->root.certificate_bytes);
    int len = issuing && X509_verify(issuing, X509_get0_pubkey(x)) == 1 ? i2d_X509(x, NULL) : -1;
    if (len > 0 && len <= AUTHORITY_CERTIFICATE_MAX)
        issuer->anchor_bytes = (size_t)i2d_X509(x, &to);
    X509_free(issuing);
    X509_free(x);
    return issuer->anchor_bytes ? 0 : E_CORRUPT;
}

/* The certificate that everybody trusts: of the root here, or of the one above; of one that is to follow, if that was cut off. */
static int anchor_read(struct issuer *issuer, const char *data, bool above)
{
    char path[PATH_MAX], next[PATH_MAX];
    if (!above) {
        memcpy(issuer->anchor, issuer->root.certificate, issuer->root.certificate_bytes);
        issuer->anchor_bytes = issuer->root.certificate_bytes;
        return 0;
    }
    if (snprintf(path, sizeof path, "%s/issuer/root.pem", data) >= (int)sizeof path ||
        snprintf(next, sizeof next, "%s/issuer/" ROOT_NEXT, data) >= (int)sizeof next)
        return E_RANGE;
    if (anchor_take(issuer, path) == 0 || anchor_take(issuer, next) == 0)
        return 0;
    fprintf(stderr, "issuer: %s: not the root that signed issuing.pem\n", path);
    return E_CORRUPT;
}

/* The server CA signs by commands, never here: its certificate alone is read, to say when it ends. */
static int server_end_read(struct issuer *issuer, const char *data)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/issuer/server.pem", data) >= (int)sizeof path)
        return E_RANGE;
    int err = certificate_file_end(path, &issuer->server_end_s);
    if (err && err != E_NOT_FOUND)
        fprintf(stderr, "issuer: %s: %s\n", path, err_text(err));
    return err == E_NOT_FOUND ? 0 : err;
}

struct span issuer_issuing(const struct issuer *issuer, const struct authority *ca)
{
    if (ca && ca->above.len)
        return ca->above;
    bool above = issuer->anchor_bytes != issuer->root.certificate_bytes ||
                 memcmp(issuer->anchor, issuer->root.certificate, issuer->anchor_bytes) != 0;
    return above ? span_of(issuer->root.certificate, issuer->root.certificate_bytes) : span_of(NULL, 0);
}

int issuer_open(const char *data, struct token *token, struct issuer **out)
{
    char folder[PATH_MAX];
    int err = E_NOMEM;
    struct issuer *issuer = calloc(1, sizeof *issuer);
    *out = NULL;
    if (!issuer)
        return E_NOMEM;
    bool above = root_is_above(data);
    const struct {
        const char *name;
        struct authority *authority;
        bool certificate;
    } rows[] = {{above ? "issuing" : "root", &issuer->root, true},
                {"operator", &issuer->operator_, true},
                {"os", &issuer->os, true},
                {"update-only", &issuer->update_only, true},
                {"update", &issuer->update, false},
                {"capability", &issuer->capability, false}};
    issuer->p256 = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    issuer->point = issuer->p256 ? EC_POINT_new(issuer->p256) : NULL;
    if (!issuer->point)
        goto fail;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char key[PATH_MAX], certificate[PATH_MAX];
        snprintf(key, sizeof key, "%s/issuer/%s.key", data, rows[i].name);
        snprintf(certificate, sizeof certificate, "%s/issuer/%s.pem", data, rows[i].name);
        err = authority_load(rows[i].authority, token, key, rows[i].certificate ? certificate : NULL);
        if (err) {
            fprintf(stderr, "issuer: %s: %s\n", key, err_text(err));
            goto fail;
        }
    }
    if ((err = anchor_read(issuer, data, above)) != 0 || (err = server_end_read(issuer, data)) != 0)
        goto fail;
    issuer->seals.fd = -1;
    snprintf(folder, sizeof folder, "%s/issuer", data);
    snprintf(issuer->old_folder, sizeof issuer->old_folder, "%s/issuer/catalogs", data);
    issuer->above.now = &issuer->root;
    issuer->catalogs.above = &issuer->above;
    if (above)
        above_load(&issuer->above, folder, span_of(issuer->anchor, issuer->anchor_bytes));
    struct authority *const below[] = {&issuer->operator_, &issuer->os, &issuer->update_only};
    for (size_t i = 0; i < sizeof below / sizeof below[0]; i++)
        (void)!above_signed(&issuer->above, below[i]); /* front knows them by themselves, whoever it was */
    former_cas_load(&issuer->former_cas, token, folder);
    if ((err = update_keys_load(issuer, token, folder)) != 0 ||
        (err = serial_log_open(&issuer->serials, folder)) != 0 ||
        (err = seals_open(&issuer->seals, token, folder, &issuer->root, &issuer->serials)) != 0 ||
        (err = wrap_ring_load(folder, token, &issuer->catalogs.wrap)) != 0 ||
        (err = organisation_read(issuer, data, above)) != 0)
        goto fail;
    *out = issuer;
    return 0;
fail:
    issuer_close(issuer);
    return err;
}

int issuer_clock_check(struct issuer *issuer, uint64_t now_s)
{
    bool behind = now_s < issuer->root.not_before_s;
    if (behind != issuer->clock_behind)
        fprintf(stderr, behind ? "issuer: the clock is %llu days before the service's own begin: nothing is signed until it is set\n"
                               : "issuer: the clock is past the service's begin again: signing goes on\n",
                (unsigned long long)((issuer->root.not_before_s - now_s) / 86400));
    issuer->clock_behind = behind;
    return behind ? E_STATE : 0;
}

unsigned issuer_ends_say(const struct issuer *issuer, uint64_t now_s, FILE *to)
{
    const struct {
        const char *name;
        uint64_t end_s; /* 0: it has no certificate here */
    } rows[] = {{issuer_issuing(issuer, NULL).len ? "issuing" : "root", issuer->root.not_after_s},
                {"operator", issuer->operator_.not_after_s}, {"os", issuer->os.not_after_s},
                {"update-only", issuer->update_only.not_after_s}, {"server", issuer->server_end_s}};
    unsigned said = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t end = rows[i].end_s;
        if (!end || (end > now_s && end - now_s > ISSUER_WARN_S))
            continue;
        fprintf(to, "issuer: issuer/%s.pem ends in %llu days: peri service renew-ca (docs/operate.md, \"Certificates of the "
                    "service\")\n", rows[i].name, end > now_s ? (unsigned long long)((end - now_s) / 86400) : 0);
        said++;
    }
    return said;
}

int issuer_try(struct issuer *issuer)
{
    static const char text[] = "perisphere";
    struct authority *const all[] = {&issuer->root, &issuer->operator_, &issuer->os, &issuer->update_only,
                                     &issuer->update, &issuer->capability, &issuer->seals.key};
    uint8_t signature[AUTHORITY_SIGNATURE_MAX];
    size_t len;
    int err = 0;
    for (size_t i = 0; !err && i < sizeof all / sizeof all[0]; i++)
        if (all[i]->token_key)
            err = authority_sign(all[i], span_of(text, sizeof text - 1), signature, &len);
    if (err)
        fprintf(stderr, "issuer: confined, it does not reach the token any more: name what its module reads, writes and "
                        "connects to in service.json, \"pkcs11_paths\" and \"pkcs11_connect\"\n");
    return err;
}

void issuer_close(struct issuer *issuer)
{
    if (!issuer)
        return;
    authority_release(&issuer->root);
    authority_release(&issuer->operator_);
    authority_release(&issuer->os);
    free(issuer->revoked);
    free(issuer->list);
    authority_release(&issuer->update_only);
    authority_release(&issuer->update);
    update_keys_release(issuer);
    former_cas_release(&issuer->former_cas);
    above_release(&issuer->above);
    dump_leaves_release(issuer);
    authority_release(&issuer->capability);
    seals_close(&issuer->seals);
    serial_log_close(&issuer->serials);
    catalogs_release(&issuer->catalogs);
    EC_POINT_free(issuer->point);
    EC_GROUP_free(issuer->p256);
    free(issuer);
}

/* -- devices ------------------------------------------------------------- */

static bool is_point(struct issuer *issuer, const uint8_t point[static 65])
{
    return EC_POINT_oct2point(issuer->p256, issuer->point, point, 65, NULL) == 1;
}

static int times_check(const struct issuer_issue_request *r, uint64_t now_s)
{
    if (r->not_before_s > now_s + SKEW_S || r->not_before_s + ISSUER_BACKDATE_S < now_s)
        return E_RANGE;
    if (r->not_after_s <= now_s || r->not_after_s - now_s > ISSUER_LIFE_S)
        return E_RANGE;
    return 0;
}

static int signer_find(struct issuer *issuer, const struct issuer_issue_request *r, uint64_t now_s,
                       struct authority **signer)
{
    if (r->kind == ISSUER_KIND_CATALOG) {
        struct catalog *catalog;
        int err = issuer_catalog_get(issuer, r->catalog, now_s, 0, &catalog);
        struct catalog_ca *ca = err ? NULL : catalog_signer(catalog, now_s);
        *signer = ca ? &ca->authority : NULL;
        return err ? err : ca ? 0 : E_STALE;
    }
    *signer = r->kind == ISSUER_KIND_OS ? &issuer->os : &issuer->update_only;
    return guid_is_zero(r->catalog) ? 0 : E_MALFORMED;
}

int issuer_leaf_reply(const struct issuer *issuer, const struct certificate_request *leaf, struct span der,
                      const struct authority *ca, struct writer *reply)
{
    struct span issuing = issuer_issuing(issuer, ca);
    struct issuer_certificates out = {.not_before_s = leaf->not_before_s,
                                      .not_after_s = leaf->not_after_s, .count = 1, .der = {der}};
    memcpy(out.serial, leaf->serial, sizeof out.serial);
    if (ca)
        out.der[out.count++] = span_of(ca->certificate, ca->certificate_bytes);
    if (ca && issuing.len)
        out.der[out.count++] = issuing;
    return issuer_certificates_write(&out, reply);
}

void issuer_lists_at(struct issuer *issuer, const char *base) { issuer->crl_base = base; }

enum { CRL_ADDRESS_MAX = 256 };

/* As the route Crl_Get has it. */
static struct span crl_address(const struct issuer *issuer, const struct issuer_issue_request *r,
                               const struct authority *ca, char to[static CRL_ADDRESS_MAX])
{
    char name[CRL_NAME_BYTES];
    if (!issuer->crl_base || !issuer->crl_base[0])
        return span_of(NULL, 0);
    crl_name(r->kind == ISSUER_KIND_CATALOG ? STORE_AUTHORITY_CATALOG
             : r->kind == ISSUER_KIND_OS    ? STORE_AUTHORITY_OS
                                            : STORE_AUTHORITY_UPDATE_ONLY, ca, name);
    int len = snprintf(to, CRL_ADDRESS_MAX, "%s/crl/%s.crl", issuer->crl_base, name);
    return len > 0 && len < CRL_ADDRESS_MAX ? span_of(to, (size_t)len) : span_of(NULL, 0);
}

int issuer_issue_device(struct issuer *issuer, struct span payload, uint64_t now_s, struct writer *reply)
{
    struct issuer_issue_request r;
    struct authority *ca;
    uint8_t serial[ISSUER_SERIAL_BYTES], point[65] = {4}, buffer[ISSUER_CERTIFICATE_MAX];
    char name[2 * sizeof r.device_id + 1], list[CRL_ADDRESS_MAX];
    struct span der;
    int err = issuer_issue_request_parse(payload, &r);
    if (err || (err = times_check(&r, now_s)) != 0 || (err = signer_find(issuer, &r, now_s, &ca)) != 0)
        return err;
    if (r.not_after_s > ca->not_after_s)
        return E_STALE;
    memcpy(point + 1, r.key, sizeof r.key);
    if (!is_point(issuer, point))
        return E_RANGE;
    if ((err = certificate_serial(serial)) != 0)
        return err;
    hex_encode(r.device_id, sizeof r.device_id, name);
    struct certificate_request leaf = {
        .profile = PROFILE_DEVICE, .serial = serial,
        .not_before_s = r.not_before_s, .not_after_s = r.not_after_s,
        .common_name = span_of(name, sizeof name - 1), .point = point, .point_bytes = sizeof point,
        .measurements = r.measurements, .crl_address = crl_address(issuer, &r, ca, list),
    };
    err = certificate_make(&leaf, ca, buffer, sizeof buffer, &der);
    if (!err)
        err = serial_log_add(&issuer->serials, &leaf, now_s);
    return err ? err : issuer_leaf_reply(issuer, &leaf, der, ca, reply);
}

/* -- seals of the audit log ---------------------------------------------- */

int issuer_audit_seal(struct issuer *issuer, struct span payload, uint64_t now_s, struct writer *reply)
{
    struct issuer_audit_head head;
    (void)reply;
    int err = record_parse(&issuer_audit_head_type, payload, &head);
    return err ? err : seals_add(&issuer->seals, &head, now_s * 1000);
}

int issuer_audit_checkpoint(struct issuer *issuer, struct span payload, uint64_t now_s, struct writer *reply)
{
    struct issuer_audit_head head;
    struct issuer_checkpoint out;
    int err = record_parse(&issuer_audit_head_type, payload, &head);
    if (!err)
        err = seals_checkpoint(&issuer->seals, &head, now_s * 1000, &out);
    return err ? err : record_write(&issuer_checkpoint_type, &out, reply);
}

void issuer_audit_keep(struct issuer *issuer, uint32_t days) { issuer->seals.keep_ms = (uint64_t)days * 86400000; }

int issuer_audit_seals(struct issuer *issuer, struct span payload, uint64_t now_s, struct writer *reply)
{
    static struct issuer_seals out; /* 8 KB; one request at a time */
    struct issuer_seals_request r;
    (void)now_s;
    int err = record_parse(&issuer_seals_request_type, payload, &r);
    if (!err)
        err = seals_read(&issuer->seals, r.after, &out);
    out.issuing = issuer_issuing(issuer, NULL);
    return err ? err : record_write(&issuer_seals_type, &out, reply);
}

/* -- images -------------------------------------------------------------- */

/* The body stands in the writer already. */
static int image_finish(struct authority *key, uint16_t type, const uint8_t component[static GUID_BYTES],
                        const char *name, uint64_t now_s, struct writer *w)
{
    struct image_meta meta = {.type = type, .signing_type = IMAGE_SIGNING_ECDSA256, .has_debug = true,
                              .built_s = now_s};
    struct signer signer = {authority_sign_digest, key};
    if (RAND_bytes(meta.id, sizeof meta.id) != 1)
        return E_ENTROPY;
    guid_from_random(meta.id);
    memcpy(meta.component, component, sizeof meta.component);
    snprintf(meta.name, sizeof meta.name, "%s", name);
    int err = image_thumbprint(key->point + 1, meta.thumbprint);
    if (!err)
        err = image_meta_write(w, &meta);
    return err ? err : image_sign(w, &signer);
}

static int manifest_check(const struct issuer_manifest_request *r)
{
    static struct manifest manifest; /* large; one request at a time */
    static struct manifest_set set;
    switch (r->type) {
    case IMAGE_TYPE_BASE_SYSTEM_UPDATE_MANIFEST:
    case IMAGE_TYPE_FIRMWARE_UPDATE_MANIFEST:
    case IMAGE_TYPE_CUSTOMER_UPDATE_MANIFEST:
        return manifest_parse(r->body, &manifest);
    case IMAGE_TYPE_MANIFEST_SET:
        return manifest_set_parse(r->body, &set);
    default:
        return E_DENIED;
    }
}

int issuer_sign_manifest(struct issuer *issuer, struct span payload, uint64_t now_s, struct writer *reply)
{
    struct issuer_manifest_request r;
    int err = issuer_manifest_request_parse(payload, &r);
    if (err || (err = manifest_check(&r)) != 0)
        return err;
    writer_bytes(reply, r.body.at, r.body.len);
    return image_finish(update_key_for(issuer, r.keystore_version), r.type, component_manifest,
                        r.type == IMAGE_TYPE_MANIFEST_SET ? "manifest set" : "manifest", now_s, reply);
}

int issuer_sign_capability(struct issuer *issuer, struct span payload, uint64_t now_s, struct writer *reply)
{
    struct issuer_capability_request r;
    struct capability_body body = {0};
    bool development = false, servicing = false;
    int err = issuer_capability_request_parse(payload, &r);
    if (err)
        return err;
    for (unsigned i = 0; i < r.count; i++) {
        bool *seen = r.capability[i] == CAPABILITY_APP_DEVELOPMENT    ? &development
                     : r.capability[i] == CAPABILITY_FIELD_SERVICING ? &servicing
                                                                     : NULL;
        if (!seen)
            return E_DENIED;
        if (*seen)
            return E_DUPLICATE;
        *seen = true;
    }
    memcpy(body.device_id, r.device_id, sizeof body.device_id);
    if (development)
        body.capability[body.count++] = CAPABILITY_APP_DEVELOPMENT;
    if (servicing)
        body.capability[body.count++] = CAPABILITY_FIELD_SERVICING;
    if ((err = capability_write(&body, reply)) != 0)
        return err;
    return image_finish(&issuer->capability, IMAGE_TYPE_FW_CONFIG, component_capability, "fw_config",
                        now_s, reply);
}
