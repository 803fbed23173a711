/* SPDX-License-Identifier: BSD-2-Clause */
/* The certificate of a catalog's key for crash dumps, and who can open what was sealed to it. */
#include <openssl/x509v3.h>
#include <time.h>
#include <unistd.h>

#include "lib/crash_dump.h"
#include "lib/guid.h"
#include "service/ipc/dump_ops.h"
#include "service/ipc/key_text.h"
#include "service/ipc/issuer_ops.h"
#include "service/ipc/service_init.h"
#include "service/issuer/issue.h"
#include "service/issuer/memory_store_test.h"
#include "service/issuer/state.h"
#include "service/issuer/wrap.h"
#include "service/pkcs11/softhsm_test.h"
#include "tests/check.h"

static char top[] = "/tmp/peri-dump-key-XXXXXX", data[64];
static const uint8_t catalog[16] = {1, 2, 3}, other[16] = {9};
static uint8_t bytes[ISSUER_REPLY_MAX];
static uint64_t now;
static size_t keys_got; /* by open_for() */

/* The point in the leaf of a catalog. */
static int key_get(struct issuer *issuer, const uint8_t id[static 16], uint8_t public[static HPKE_PUBLIC_BYTES])
{
    uint8_t request[64];
    struct issuer_catalog_request ask;
    struct issuer_certificates chain;
    struct writer w = writer_of(request, sizeof request), reply = writer_of(bytes, sizeof bytes);
    memcpy(ask.catalog, id, 16);
    REQUIRE(issuer_catalog_request_write(&ask, &w) == 0);
    int err = memory_run(issuer, issuer_dump_certificate, writer_view(&w), now, &reply);
    if (err)
        return err;
    REQUIRE(issuer_certificates_parse(writer_view(&reply), &chain) == 0 && chain.count == 2);
    const uint8_t *at = chain.der[0].at, *above = chain.der[1].at;
    X509 *leaf = d2i_X509(NULL, &at, (long)chain.der[0].len), *ca = d2i_X509(NULL, &above, (long)chain.der[1].len);
    char name[128] = "", want[128], guid[GUID_TEXT_BYTES];
    REQUIRE(leaf && ca);
    CHECK_INT(X509_verify(leaf, X509_get0_pubkey(ca)), 1);
    CHECK_INT(X509_get_key_usage(leaf), KU_KEY_AGREEMENT);
    CHECK_INT(X509_get_extended_key_usage(leaf), UINT32_MAX); /* none: it is no TLS client or server */
    CHECK_INT(X509_check_ca(leaf), 0);
    X509_NAME_get_text_by_NID(X509_get_subject_name(leaf), NID_commonName, name, sizeof name);
    guid_format(id, guid);
    snprintf(want, sizeof want, "Perisphere crash dumps %s", guid);
    CHECK_STR(name, want);
    const ASN1_BIT_STRING *point = X509_get0_pubkey_bitstr(leaf);
    REQUIRE(point && ASN1_STRING_length(point) == HPKE_PUBLIC_BYTES);
    memcpy(public, ASN1_STRING_get0_data(point), HPKE_PUBLIC_BYTES);
    X509_free(leaf);
    X509_free(ca);
    return 0;
}

static int open_for(struct issuer *issuer, const struct issuer_dump_open *ask, uint8_t key[static CRASH_DUMP_KEY_BYTES])
{
    uint8_t request[512];
    struct writer w = writer_of(request, sizeof request), reply = writer_of(bytes, sizeof bytes);
    REQUIRE(record_write(&issuer_dump_open_type, ask, &w) == 0);
    int err = memory_run(issuer, issuer_dump_open, writer_view(&w), now, &reply);
    keys_got = 0;
    if (!err) {
        REQUIRE(reply.len && reply.len % CRASH_DUMP_KEY_BYTES == 0);
        keys_got = reply.len / CRASH_DUMP_KEY_BYTES;
        memcpy(key, bytes, CRASH_DUMP_KEY_BYTES);
    }
    return err;
}

/* Another wrap key follows: devices are told another key, dumps of before open by the former one, and by it alone; when its time
 * is over they do not open any more. */
static void another_key(struct issuer *issuer, const struct crash_dump *dump, const struct issuer_dump_open *ask,
                        const uint8_t private[static HPKE_PRIVATE_BYTES], const uint8_t old[static HPKE_PUBLIC_BYTES])
{
    static const uint8_t seed[HPKE_SEED_BYTES] = {7};
    struct wrap_ring *ring = &issuer->catalogs.wrap;
    uint8_t public[HPKE_PUBLIC_BYTES], key[CRASH_DUMP_KEY_BYTES], core[16], fresh[512], next[KEY_TEXT_BYTES];
    struct crash_dump head = {.dump = {2}, .catalog = {1, 2, 3}, .signal = 6}, later;
    struct issuer_dump_open ask_later = *ask;
    struct hpke_secret secret;
    struct writer w = writer_of(fresh, sizeof fresh);
    char folder[100], path[120];
    snprintf(folder, sizeof folder, "%s/issuer", data);
    snprintf(path, sizeof path, "%s/wrap-next.key", folder);
    REQUIRE(key_text_make(path, next) == 0);
    REQUIRE(wrap_ring_prepare(ring, folder, NULL) == 0);
    CHECK_INT(open_for(issuer, ask, key), 0);
    CHECK_INT(keys_got, 2); /* another service may have gone ahead */
    REQUIRE(wrap_ring_switch(ring, folder, now + 100) == 0 && wrap_ring_settle(ring, folder) == 0);
    dump_leaves_release(issuer);
    CHECK_INT(key_get(issuer, catalog, public), 0);
    CHECK(memcmp(public, old, sizeof public) != 0);
    REQUIRE(crash_dump_seal(&head, public, seed, span_of("another core", 12), &w) == 0);
    REQUIRE(crash_dump_parse(writer_view(&w), &later) == 0);
    memcpy(ask_later.head, later.head.at, sizeof ask_later.head);
    memcpy(ask_later.enc, later.enc.at, sizeof ask_later.enc);
    for (unsigned i = 0; i < 2; i++) {
        const struct crash_dump *one = i ? &later : dump;
        CHECK_INT(open_for(issuer, i ? &ask_later : ask, key), 0);
        CHECK_INT(keys_got, 2);
        for (unsigned k = 0; k < 2; k++) { /* the key of now comes first */
            CHECK_INT(crash_dump_key_open(private, one->head, bytes + k * CRASH_DUMP_KEY_BYTES, &secret), 0);
            CHECK_INT(crash_dump_open(one, &secret, core), i == k ? E_CRYPTO : 0);
        }
    }
    for (unsigned i = 0; i < WRAP_OVER_LOOKS; i++)
        wrap_ring_expire(ring, folder, now + 99);
    CHECK_INT(open_for(issuer, ask, key), 0);
    CHECK_INT(keys_got, 2);
    for (unsigned i = 0; i < WRAP_OVER_LOOKS; i++)
        wrap_ring_expire(ring, folder, now + 100);
    CHECK_INT(open_for(issuer, ask, key), 0);
    CHECK_INT(keys_got, 1);
    CHECK_INT(crash_dump_key_open(private, dump->head, key, &secret), 0);
    CHECK_INT(crash_dump_open(dump, &secret, core), E_CRYPTO);
}

/* What follows from the wrap key: always the same, and not what another purpose or another key gives; also of a key in a
 * token, which goes on sealing besides. */
static void derived(void)
{
    static const struct span one = {(const uint8_t *)"one", 3}, two = {(const uint8_t *)"two", 3};
    static const char text[] = "pkcs11:token=issuer;object=wrap";
    struct wrap wraps[3] = {{.key = {1}}, {.key = {2}}, {0}};
    struct token *token;
    uint8_t got[3][2][32], again[32], nonce[GCM_NONCE_BYTES], tag[GCM_TAG_BYTES], sealed[5], clear[5];
    softhsm_begin(top);
    softhsm_token_add("issuer");
    REQUIRE(token_open(SOFTHSM_MODULE, SOFTHSM_PIN, &token) == 0);
    REQUIRE(token_key_generate(token, span_of(text, sizeof text - 1), TOKEN_KEY_AES, &wraps[2].token_key) == 0);
    for (size_t i = 0; i < 3; i++) {
        CHECK_INT(wrap_derive(&wraps[i], one, got[i][0]), 0);
        CHECK_INT(wrap_derive(&wraps[i], two, got[i][1]), 0);
        CHECK_INT(wrap_seal(&wraps[i], one, span_of("hello", 5), nonce, sealed, tag), 0);
        CHECK_INT(wrap_derive(&wraps[i], one, again), 0);
        CHECK_MEM(again, got[i][0], 32);
        CHECK_INT(wrap_open(&wraps[i], nonce, one, span_of(sealed, 5), clear, tag), 0);
        CHECK_MEM(clear, "hello", 5);
        for (size_t k = 0; k < 2 * i + 1; k++)
            CHECK(memcmp(got[i][1], got[k / 2][k % 2], 32) != 0);
    }
    for (size_t i = 0; i < 3; i++)
        wrap_release(&wraps[i]);
    token_close(token);
}

static unsigned lines(void)
{
    char command[200], text[32] = "";
    snprintf(command, sizeof command, "cat %s/issuer/serials/2*.log | grep -c ' dump '", data);
    FILE *from = popen(command, "r");
    REQUIRE(from && fgets(text, sizeof text, from));
    pclose(from);
    return (unsigned)strtoul(text, NULL, 10);
}

static void serial_get(struct issuer *issuer, const uint8_t id[static 16], uint64_t at_s, uint8_t serial[static 16])
{
    uint8_t request[64];
    struct issuer_catalog_request ask;
    struct issuer_certificates chain;
    struct writer w = writer_of(request, sizeof request), reply = writer_of(bytes, sizeof bytes);
    memcpy(ask.catalog, id, 16);
    REQUIRE(issuer_catalog_request_write(&ask, &w) == 0);
    CHECK_INT(memory_run(issuer, issuer_dump_certificate, writer_view(&w), at_s, &reply), 0);
    REQUIRE(issuer_certificates_parse(writer_view(&reply), &chain) == 0 && chain.count == 2);
    memcpy(serial, chain.serial, 16);
}

/* Who asks in a loop gets what is there, and fills no disk; an hour later there is another. */
static void asked_often(struct issuer *issuer)
{
    uint8_t first[16], second[16], of_other[16], serial[16], id[16] = {0x77};
    unsigned before = lines();
    uint64_t at_s = now + 2 * ISSUER_DUMP_LEAF_S;
    serial_get(issuer, catalog, at_s, first);
    serial_get(issuer, other, at_s + 5, of_other);
    for (unsigned i = 0; i < 1000; i++) {
        serial_get(issuer, catalog, at_s + 5 + i, serial);
        CHECK_MEM(serial, first, sizeof serial);
    }
    serial_get(issuer, other, at_s + 5, serial);
    CHECK_MEM(serial, of_other, sizeof serial);
    CHECK(memcmp(of_other, first, sizeof first) != 0);
    CHECK_INT(lines(), before + 2);
    serial_get(issuer, catalog, at_s + ISSUER_DUMP_LEAF_S, second);
    CHECK(memcmp(second, first, sizeof first) != 0);
    serial_get(issuer, catalog, at_s, serial); /* a clock that went back */
    CHECK(memcmp(serial, second, sizeof second) != 0);
    CHECK_INT(lines(), before + 4);
    /* more catalogs than are kept: all are answered, and the youngest stays */
    for (unsigned i = 0; i < ISSUER_DUMP_LEAVES_MAX + 2; i++) {
        id[1] = (uint8_t)i;
        id[2] = (uint8_t)(i >> 8);
        serial_get(issuer, id, at_s + 10 + i, first);
    }
    CHECK_INT(lines(), before + 4 + ISSUER_DUMP_LEAVES_MAX + 2);
    serial_get(issuer, id, at_s + 10 + ISSUER_DUMP_LEAVES_MAX + 2, serial);
    CHECK_MEM(serial, first, sizeof serial);
    CHECK_INT(lines(), before + 4 + ISSUER_DUMP_LEAVES_MAX + 2);
}

int main(void)
{
    struct issuer *issuer;
    static const uint8_t seed[HPKE_SEED_BYTES] = {5}, mine[HPKE_SEED_BYTES] = {6}, none[16];
    uint8_t public[HPKE_PUBLIC_BYTES], again[HPKE_PUBLIC_BYTES], theirs[HPKE_PUBLIC_BYTES], to[HPKE_PUBLIC_BYTES],
        private[HPKE_PRIVATE_BYTES], dump_bytes[512], key[CRASH_DUMP_KEY_BYTES], core[16];
    REQUIRE(mkdtemp(top) != NULL);
    snprintf(data, sizeof data, "%s/data", top);
    derived();
    REQUIRE(service_init(&(struct service_init){.data = data}) == 0);
    now = (uint64_t)time(NULL); /* not before its CAs */
    REQUIRE(issuer_open(data, NULL, &issuer) == 0);
    CHECK_INT(key_get(issuer, catalog, public), 0);
    CHECK_INT(key_get(issuer, other, theirs), 0);
    CHECK_INT(key_get(issuer, none, again), E_NOT_FOUND);
    CHECK(memcmp(public, theirs, sizeof public) != 0);
    /* the same after a restart, and on another machine that shares the wrap key */
    issuer_close(issuer);
    REQUIRE(issuer_open(data, NULL, &issuer) == 0);
    CHECK_INT(key_get(issuer, catalog, again), 0);
    CHECK_MEM(again, public, sizeof public);
    asked_often(issuer);

    struct crash_dump head = {.dump = {1}, .catalog = {1, 2, 3}, .signal = 11}, dump;
    struct writer w = writer_of(dump_bytes, sizeof dump_bytes);
    REQUIRE(crash_dump_seal(&head, public, seed, span_of("the core", 8), &w) == 0);
    REQUIRE(crash_dump_parse(writer_view(&w), &dump) == 0);
    REQUIRE(hpke_pair(mine, private, to) == 0);
    struct issuer_dump_open ask = {.catalog = {1, 2, 3}};
    struct hpke_secret secret;
    memcpy(ask.head, dump.head.at, sizeof ask.head);
    memcpy(ask.enc, dump.enc.at, sizeof ask.enc);
    memcpy(ask.key, to, sizeof ask.key);
    CHECK_INT(open_for(issuer, &ask, key), 0);
    CHECK_INT(crash_dump_key_open(private, dump.head, key, &secret), 0);
    CHECK_INT(crash_dump_open(&dump, &secret, core), 0);
    CHECK_MEM(core, "the core", 8);
    /* asked for as another catalog's, it opens nothing */
    memcpy(ask.catalog, other, 16);
    CHECK_INT(open_for(issuer, &ask, key), 0);
    CHECK_INT(crash_dump_key_open(private, dump.head, key, &secret), 0);
    CHECK_INT(crash_dump_open(&dump, &secret, core), E_CRYPTO);
    /* points that are none */
    memcpy(ask.catalog, catalog, 16);
    ask.key[7] ^= 1;
    CHECK_INT(open_for(issuer, &ask, key), E_RANGE);
    ask.key[7] ^= 1;
    ask.enc[0] = 2;
    CHECK_INT(open_for(issuer, &ask, key), E_RANGE);
    struct writer reply = writer_of(bytes, sizeof bytes);
    for (size_t cut = 0; cut < 8; cut++)
        CHECK(memory_run(issuer, issuer_dump_open, span_of(key, cut), now, &reply) != 0);
    ask.enc[0] = 4;
    another_key(issuer, &dump, &ask, private, public);
    issuer_close(issuer);
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", top);
    REQUIRE(system(command) == 0);
    return check_done();
}
