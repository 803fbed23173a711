/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/fleet.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/device_api.h"
#include "abi/image.h"
#include "lib/base64.h"
#include "lib/cbor.h"
#include "lib/cose.h"
#include "lib/guid.h"
#include "lib/hex.h"
#include "lib/image.h"

enum { IMAGE_MAX = 4096, PATH_MAX_BYTES = 512 };

static const struct part {
    uint16_t type;
    const char *name;
} parts[FLEET_PARTS] = {
    {IMAGE_TYPE_PLUTON_RUNTIME, "bench-pluton"},
    {IMAGE_TYPE_TRUSTED_KEYSTORE, "bench-keystore"},
    {IMAGE_TYPE_SECURITY_MONITOR, "bench-monitor"},
    {IMAGE_TYPE_SERVICES, "bench-services"},
};

static void need(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

static void ask_need(struct client *client, const char *method, const char *path, const char *body)
{
    int status = client_ask(client, method, path, "application/json", span_of(body, strlen(body)));
    if (status >= 200 && status < 300)
        return;
    fprintf(stderr, "bench: %s %s: %d %.*s\n", method, path, status, (int)client->body.len,
            (const char *)client->body.at);
    exit(1);
}

/* -- what they run ---------------------------------------------------------------- */

/* An image package that only the service will see: body, behind a program's head where a
 * host has a program. */
static size_t image_make(const struct part *part, struct soft_key *key, struct image_meta *meta, struct span body,
                         uint8_t *bytes, size_t cap)
{
    struct writer w = writer_of(bytes, cap);
    struct signer signer = soft_key_signer(key);

    *meta = (struct image_meta){.type = part->type, .signing_type = IMAGE_SIGNING_ECDSA256,
                                .has_debug = true};
    need(RAND_bytes(meta->component, 16) == 1 && RAND_bytes(meta->id, 16) == 1, "no random numbers");
    guid_from_random(meta->component);
    guid_from_random(meta->id);
    snprintf(meta->name, sizeof meta->name, "%s", part->name);
    if (part->type == IMAGE_TYPE_PLUTON_RUNTIME || part->type == IMAGE_TYPE_SECURITY_MONITOR) {
        /* for which hardware the release is: programs of x86-64 */
        writer_bytes(&w, "\177ELF\2\1\1", 7);
        writer_zero(&w, 9);
        writer_u16le(&w, 3);
        writer_u16le(&w, 62);
    }
    writer_bytes(&w, body.at, body.len);
    writer_zero(&w, 4 - body.len % 4);
    need(image_thumbprint(key->public, meta->thumbprint) == 0 && image_meta_write(&w, meta) == 0 &&
             image_sign(&w, &signer) == 0,
         "an image could not be built");
    return w.len;
}

static void measure(struct measurement *measured, struct span file)
{
    struct image image;

    need(image_parse(file, &image) == 0, "an image of our own does not parse");
    measured->type = image.meta.type;
    memcpy(measured->component, image.meta.component, sizeof measured->component);
    bool program = image.meta.type == IMAGE_TYPE_PLUTON_RUNTIME; /* measures its own file */
    need((program ? crypto_sha256(&image.body, 1, measured->digest) : image_digest(&image, measured->digest)) == 0,
         "digest failed");
}

/* Uploads file as the OS image meta; its id as text. */
static void image_upload(struct client *operator, const struct image_meta *meta, struct span file, char id[static 37])
{
    size_t cap = file.len * 4 / 3 + 128;
    uint8_t *text = malloc(cap);
    char path[PATH_MAX_BYTES];
    need(text != NULL, "out of memory");
    struct writer w = writer_of(text, cap);
    writer_bytes(&w, "{\"properties\":{\"image\":\"", 24);
    base64_encode(file, &w);
    writer_bytes(&w, "\"}}", 4); /* with the end of the text */
    need(!w.err, "image too long");
    guid_format(meta->id, id);
    snprintf(path, sizeof path, "/providers/Perisphere/osImages/%s?api-version=2024-04-01", id);
    ask_need(operator, "PUT", path, (const char *)text);
    free(text);
}

/* ids: image ids in quotes, with commas between */
static void release_put(struct client *operator, const char *version, const char *ids)
{
    char body[FLEET_PARTS * 48 + 128], path[PATH_MAX_BYTES];
    snprintf(body, sizeof body, "{\"properties\":{\"images\":[%s],\"state\":\"Trusted\",\"feed\":\"Retail\"}}", ids);
    snprintf(path, sizeof path, "/providers/Perisphere/osReleases/%s?api-version=2024-04-01", version);
    ask_need(operator, "PUT", path, body);
}

static void release_publish(struct fleet *fleet, struct client *operator)
{
    struct soft_key key;
    char list[FLEET_PARTS * 48] = "", id[GUID_TEXT_BYTES];

    soft_key_init(&key);
    for (unsigned i = 0; i < FLEET_PARTS; i++) {
        struct image_meta meta;
        uint8_t bytes[IMAGE_MAX];
        size_t len = image_make(&parts[i], &key, &meta, span_of(parts[i].name, strlen(parts[i].name)), bytes, sizeof bytes);
        measure(&fleet->measured[i], span_of(bytes, len));
        image_upload(operator, &meta, span_of(bytes, len), id);
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s\"%s\"", i ? "," : "", id);
    }
    release_put(operator, "26.11", list);
    soft_key_release(&key);
}

struct span fleet_release_large(struct client *operator, size_t body_bytes, char id[static 37])
{
    /* the monitor says for which hardware the release is */
    static const struct part large = {IMAGE_TYPE_SERVICES, "bench-large"}, monitor = {IMAGE_TYPE_SECURITY_MONITOR, "bench-next"};
    size_t cap = body_bytes + IMAGE_MAX;
    uint8_t *bytes = malloc(cap), *body = malloc(body_bytes), small[IMAGE_MAX];
    char list[128], monitor_id[GUID_TEXT_BYTES];
    struct image_meta meta;
    struct soft_key key;
    need(bytes && body && RAND_bytes(body, (int)body_bytes) == 1, "out of memory");
    soft_key_init(&key);
    size_t len = image_make(&monitor, &key, &meta, span_of(monitor.name, strlen(monitor.name)), small, sizeof small);
    image_upload(operator, &meta, span_of(small, len), monitor_id);
    len = image_make(&large, &key, &meta, span_of(body, body_bytes), bytes, cap);
    image_upload(operator, &meta, span_of(bytes, len), id);
    snprintf(list, sizeof list, "\"%s\",\"%s\"", monitor_id, id);
    release_put(operator, "26.12", list);
    soft_key_release(&key);
    free(body);
    return span_of(bytes, len);
}

/* -- devices ------------------------------------------------------------------------- */

void fleet_init(struct fleet *fleet, unsigned count, unsigned registered, struct client *operator)
{
    *fleet = (struct fleet){.count = count, .at = calloc(count, sizeof *fleet->at)};
    need(fleet->at != NULL, "out of memory");
    release_publish(fleet, operator);
    for (unsigned i = 0; i < count; i++) {
        char path[PATH_MAX_BYTES], id[2 * P256_PUBLIC_BYTES + 1];
        soft_key_init(&fleet->at[i].attestation);
        soft_key_init(&fleet->at[i].client);
        if (i >= registered)
            continue;
        hex_encode(fleet->at[i].attestation.public, P256_PUBLIC_BYTES, id);
        snprintf(path, sizeof path, "/providers/Perisphere/devices/%s?api-version=2024-04-01", id);
        ask_need(operator, "PUT", path, "{\"properties\":{}}");
    }
}

void fleet_release(struct fleet *fleet)
{
    for (unsigned i = 0; i < fleet->count; i++) {
        soft_key_release(&fleet->at[i].attestation);
        soft_key_release(&fleet->at[i].client);
    }
    free(fleet->at);
    *fleet = (struct fleet){0};
}

bool fleet_attest(const struct fleet *fleet, struct fleet_device *device, struct client *client)
{
    struct evidence evidence = {.nonce_bytes = DEVICE_API_NONCE_BYTES, .debug_status = 1,
                                .lifecycle = LIFECYCLE_DEVICE_COMPLETE, .boot_count = 1,
                                .measurement_count = FLEET_PARTS};
    uint8_t payload[EVIDENCE_BYTES_MAX], message[EVIDENCE_BYTES_MAX];
    struct writer claims = writer_of(payload, sizeof payload), w = writer_of(message, sizeof message);
    struct signer signer = soft_key_signer(&device->attestation);

    if (client_ask(client, "POST", DEVICE_API_CHALLENGE, NULL, (struct span){NULL, 0}) != 200)
        return false;
    struct cursor c = cursor_of(client->body);
    (void)cbor_get_map(&c);
    cbor_expect_int(&c, 1);
    cbor_get_exact(&c, evidence.nonce, DEVICE_API_NONCE_BYTES);
    if (c.err)
        return false;
    memcpy(evidence.device_id, device->attestation.public, sizeof evidence.device_id);
    memcpy(evidence.client_key, device->client.public, sizeof evidence.client_key);
    memcpy(evidence.tenant, device->tenant, sizeof evidence.tenant);
    memcpy(evidence.measurement, fleet->measured, sizeof fleet->measured);
    need(evidence_write(&evidence, &claims) == 0 &&
             cose_sign1_write(&w, writer_view(&claims), &signer) == 0,
         "evidence could not be written");
    return client_ask(client, "POST", DEVICE_API_ATTEST, "application/cose", writer_view(&w)) == 200;
}

unsigned fleet_certificates(const struct client *client, struct span chain[static 4])
{
    struct cursor c = cursor_of(client->body);

    (void)cbor_get_map(&c);
    cbor_expect_int(&c, 1);
    (void)cbor_get_uint(&c);
    cbor_expect_int(&c, 2);
    size_t count = cbor_get_array(&c);
    need(!c.err && count >= 1 && count <= 4, "attest answer holds no certificates");
    for (size_t i = 0; i < count; i++)
        chain[i] = cbor_get_bytes(&c);
    need(!c.err, "attest answer does not parse");
    return (unsigned)count;
}

bool fleet_check(struct client *client)
{
    uint8_t body[128], nonce[32];
    struct writer w = writer_of(body, sizeof body);

    need(RAND_bytes(nonce, sizeof nonce) == 1, "no random numbers");
    cbor_put_map(&w, 4);
    cbor_put_uint(&w, 1);
    cbor_put_bytes(&w, nonce, sizeof nonce);
    cbor_put_uint(&w, 2);
    cbor_put_array(&w, 0);
    cbor_put_uint(&w, 3);
    cbor_put_uint(&w, 0);
    cbor_put_uint(&w, 4);
    cbor_put_null(&w);
    return client_ask(client, "POST", DEVICE_API_CHECK, "application/cbor", writer_view(&w)) == 200;
}
