/* SPDX-License-Identifier: BSD-2-Clause */
/* docs/spec/audit.md, "seals": what the issuer signs of the audit log, refuses to
 * sign, and keeps across crashes. */
#include "service/issuer/seal.h"

#include <fcntl.h>
#include <ftw.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/ipc/service_init.h"
#include "service/issuer/issue.h"
#include "tests/check.h"

static char top[64], data[96], file[128];
static struct issuer *issuer;
static struct issuer_seals list;

static int seal(uint64_t sequence, uint8_t digest)
{
    const struct issuer_audit_head head = {.sequence = sequence, .digest = {digest}};
    uint8_t bytes[64], reply[64];
    struct writer w = writer_of(bytes, sizeof bytes), r = writer_of(reply, sizeof reply);
    REQUIRE(record_write(&issuer_audit_head_type, &head, &w) == 0);
    return issuer_audit_seal(issuer, writer_view(&w), 1000 + sequence, &r);
}

/* The page behind after, into list; views into a static buffer. */
static int page(uint64_t after)
{
    static uint8_t reply[ISSUER_REPLY_MAX];
    const struct issuer_seals_request ask = {after};
    uint8_t bytes[32];
    struct writer w = writer_of(bytes, sizeof bytes), r = writer_of(reply, sizeof reply);
    REQUIRE(record_write(&issuer_seals_request_type, &ask, &w) == 0);
    int err = issuer_audit_seals(issuer, writer_view(&w), 5, &r);
    return err ? err : record_parse(&issuer_seals_type, writer_view(&r), &list);
}

static void again(void)
{
    issuer_close(issuer);
    REQUIRE(issuer_open(data, NULL, &issuer) == 0);
}

static void verify(const struct audit_seal *one)
{
    uint8_t digest[32], point[65];
    size_t len = 0;
    const uint8_t *at = list.certificate.at;
    X509 *x = d2i_X509(NULL, &at, (long)list.certificate.len);
    REQUIRE(x != NULL);
    CHECK_INT(EVP_PKEY_get_octet_string_param(X509_get0_pubkey(x), "pub", point, sizeof point, &len), 1);
    CHECK_INT(audit_seal_digest(one, digest), 0);
    CHECK_INT(crypto_p256_verify(point + 1, digest, one->signature), 0);
    X509_free(x);
}

static void test_policy(void)
{
    CHECK_INT(page(0), 0);
    CHECK_INT(list.count, 0);
    CHECK_INT(seal(0, 1), E_RANGE);
    CHECK_INT(seal(5, 1), 0);
    CHECK_INT(seal(5, 1), 0); /* sealed already */
    CHECK_INT(seal(5, 2), E_CONFLICT);
    CHECK_INT(seal(4, 1), E_CONFLICT);
    CHECK_INT(seal(9, 3), 0);
    CHECK_INT(page(0), 0);
    CHECK_INT(list.count, 2);
    CHECK_INT(list.next, 0);
    CHECK_INT(list.seal[0].sequence, 5);
    CHECK_INT(list.seal[1].sequence, 9);
    CHECK_INT(list.seal[1].digest[0], 3);
    CHECK_INT(list.seal[1].time_ms, 1009000);
    verify(&list.seal[0]);
    verify(&list.seal[1]);
    again();
    CHECK_INT(seal(8, 1), E_CONFLICT);
    CHECK_INT(seal(9, 4), E_CONFLICT);
    CHECK_INT(page(0), 0);
    CHECK_INT(list.count, 2);
    verify(&list.seal[1]);
}

/* A write that a crash cut short is not a seal; what was whole stays. */
static void test_cut(void)
{
    struct stat st;
    uint64_t next = 10;
    for (off_t cut = 1; cut < SEAL_BYTES; cut += 37, next++) {
        CHECK_INT(seal(next, 7), 0);
        issuer_close(issuer);
        REQUIRE(stat(file, &st) == 0 && truncate(file, st.st_size - cut) == 0);
        REQUIRE(issuer_open(data, NULL, &issuer) == 0);
        REQUIRE(stat(file, &st) == 0);
        CHECK_INT(st.st_size, 2 * SEAL_BYTES);
        CHECK_INT(page(0), 0);
        CHECK_INT(list.seal[list.count - 1].sequence, 9);
    }
}

static void test_pages(void)
{
    unsigned met = 0;
    uint64_t after = 0;
    for (uint64_t sequence = 100; sequence < 300; sequence++)
        CHECK_INT(seal(sequence, 1), 0);
    do {
        CHECK_INT(page(after), 0);
        met += list.count;
        after = list.next;
    } while (after);
    CHECK_INT(met, 202);
    CHECK_INT(page(INT64_MAX / SEAL_BYTES), 0);
    CHECK_INT(list.count, 0);
}

/* -- records that may go ------------------------------------------------------ */

enum { DAY_S = 86400 };

static int checkpoint(uint64_t sequence, uint8_t digest, uint64_t now_s, struct issuer_checkpoint *out)
{
    const struct issuer_audit_head head = {.sequence = sequence, .digest = {digest}};
    uint8_t bytes[64], reply[128];
    struct writer w = writer_of(bytes, sizeof bytes), r = writer_of(reply, sizeof reply);
    REQUIRE(record_write(&issuer_audit_head_type, &head, &w) == 0);
    int err = issuer_audit_checkpoint(issuer, writer_view(&w), now_s, &r);
    return err ? err : record_parse(&issuer_checkpoint_type, writer_view(&r), out);
}

/* Of a record that was sealed, as it was sealed, and long ago; and it is no seal of anything. */
static void test_checkpoint(void)
{
    const uint64_t sealed_s = 1000 + 150, year_s = 365 * DAY_S;
    struct issuer_checkpoint c;
    CHECK_INT(checkpoint(150, 1, sealed_s + year_s - 1, &c), E_STATE);
    CHECK_INT(checkpoint(150, 1, sealed_s - 1, &c), E_STATE); /* the clock was set back */
    CHECK_INT(checkpoint(150, 2, sealed_s + year_s, &c), E_CONFLICT);
    CHECK_INT(checkpoint(99, 1, sealed_s + 2 * year_s, &c), E_NOT_FOUND);
    CHECK_INT(checkpoint(300, 1, sealed_s + 2 * year_s, &c), E_NOT_FOUND);
    CHECK_INT(checkpoint(0, 0, sealed_s + 2 * year_s, &c), E_NOT_FOUND);
    issuer_audit_keep(issuer, 30);
    CHECK_INT(checkpoint(150, 1, sealed_s + 30 * DAY_S - 1, &c), E_STATE);
    for (uint64_t sequence = 100; sequence < 300; sequence++) {
        uint64_t now_s = 1000 + sequence + 30 * DAY_S;
        CHECK_INT(checkpoint(sequence, 1, now_s, &c), 0);
        CHECK_INT(c.time_ms, now_s * 1000);
    }
    CHECK_INT(page(0), 0);
    struct audit_seal one = {.sequence = 299, .time_ms = c.time_ms, .digest = {1}};
    uint8_t digest[32], point[65];
    size_t len = 0;
    const uint8_t *at = list.certificate.at;
    memcpy(one.signature, c.signature, sizeof one.signature);
    X509 *x = d2i_X509(NULL, &at, (long)list.certificate.len);
    REQUIRE(x != NULL && EVP_PKEY_get_octet_string_param(X509_get0_pubkey(x), "pub", point, sizeof point, &len) == 1);
    CHECK_INT(audit_checkpoint_digest(&one, digest), 0);
    CHECK_INT(crypto_p256_verify(point + 1, digest, one.signature), 0);
    CHECK_INT(audit_seal_digest(&one, digest), 0);
    CHECK_INT(crypto_p256_verify(point + 1, digest, one.signature), E_SIGNATURE);
    X509_free(x);
    CHECK_INT(seal(299, 1), 0); /* nothing was added to the seals */
    CHECK_INT(page(0), 0);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

int main(void)
{
    strcpy(top, "/tmp/perisphere-seal-XXXXXX");
    REQUIRE(mkdtemp(top) != NULL);
    snprintf(data, sizeof data, "%s/data", top);
    snprintf(file, sizeof file, "%s/issuer/audit.seals", data);
    const struct service_init init = {.data = data};
    REQUIRE(service_init(&init) == 0);
    REQUIRE(issuer_open(data, NULL, &issuer) == 0);
    test_policy();
    test_cut();
    test_pages();
    test_checkpoint();
    issuer_close(issuer);
    nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return check_done();
}
