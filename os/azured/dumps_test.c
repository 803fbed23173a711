/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Crash dumps in azured: only while they are allowed, sealed to nobody but the catalog's key, delivered once, and gone
 * with the consent; a service that offers other keys, answers anything, or nothing; files that somebody changed.
 */
#include "os/azured/dumps.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/x509v3.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "lib/cbor.h"
#include "lib/guid.h"
#include "os/azcore/core_write.h"
#include "os/azured/device_time.h"
#include "os/azured/fake_device_test.h"
#include "os/dumps/kept_file.h"
#include "tests/check.h"
#include <sys/procfs.h>

static char folder_path[] = "/tmp/peri-dumps-XXXXXX", anchor[64];
static int folder;
static struct dumps dumps;
static struct key_guard keys;
static struct test_ca root, foreign, servers, longer;
static uint8_t private[HPKE_PRIVATE_BYTES], public[HPKE_PUBLIC_BYTES];
static uint64_t now_s;
static struct dump_consent yes = {.allowed = true, .device_id = {1}, .catalog = {0xCA, 1}, .group = {6}};

/* -- flash that does not give back what was written ----------------------------------------- */

static size_t unreadable_from = SIZE_MAX; /* bytes that are read before it fails */

ssize_t __real_read(int fd, void *to, size_t len);
ssize_t __wrap_read(int fd, void *to, size_t len);
ssize_t __wrap_read(int fd, void *to, size_t len)
{
    if (unreadable_from == SIZE_MAX)
        return __real_read(fd, to, len);
    if (unreadable_from < len) {
        errno = EIO;
        return -1;
    }
    ssize_t n = __real_read(fd, to, len);
    unreadable_from -= n > 0 ? (size_t)n : 0;
    return n;
}

/* -- a service to order ------------------------------------------------------------------ */

static struct {
    uint8_t answer[DUMP_KEY_ANSWER_MAX];
    size_t answer_bytes;
    int key_status, dump_status, broken, broken_behind; /* behind: the status came */
    int status_of[8]; /* of a component's dumps; 0: dump_status */
    uint32_t retry_after_s;
    unsigned asked_key, asked_dump;
    uint8_t got[CRASH_DUMP_BYTES_MAX];
    size_t got_bytes;
} service;

static int run(void *context, struct http_exchange *x)
{
    (void)context;
    if (service.broken)
        return service.broken;
    bool key = strcmp(x->path, DEVICE_API_DUMP_KEY) == 0;
    *(key ? &service.asked_key : &service.asked_dump) += 1;
    struct crash_dump dump;
    const int *own = key || crash_dump_parse(x->body, &dump) ? NULL : &service.status_of[dump.component[0] % 8];
    x->status = key ? service.key_status : own && *own ? *own : service.dump_status;
    x->retry_after_s = service.retry_after_s;
    if (key && x->status == 200)
        writer_bytes(&x->body_room, service.answer, service.answer_bytes);
    if (!key) {
        CHECK_STR(x->content_type, "application/octet-stream");
        memcpy(service.got, x->body.at, x->body.len);
        service.got_bytes = x->body.len;
    }
    return service.broken_behind ? service.broken_behind : x->body_room.err;
}

static struct identities ids;
static struct service_link link_ = {run, NULL, &ids, NULL};

struct leaf {
    const char *name, *usage;
    const struct test_ca *above;
    bool other_curve;
    const struct test_ca *signer; /* NULL: above */
};

/* The service's answer: a leaf of this shape, and the root's CA under it is the root itself. */
static void offer(struct leaf leaf)
{
    EVP_PKEY *key = leaf.other_curve ? EVP_EC_gen("P-384") : test_public_key(public + 1);
    char name[128], guid[GUID_TEXT_BYTES];
    guid_format(yes.catalog, guid);
    snprintf(name, sizeof name, "Perisphere crash dumps %s", guid);
    X509 *x = X509_new();
    REQUIRE(key && x && X509_set_version(x, 2) && ASN1_INTEGER_set(X509_get_serialNumber(x), 5));
    REQUIRE(X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                                       (const unsigned char *)(leaf.name ? leaf.name : name), -1, -1, 0));
    X509_set_issuer_name(x, X509_get_subject_name(leaf.above->certificate));
    X509_gmtime_adj(X509_getm_notBefore(x), -600);
    X509_gmtime_adj(X509_getm_notAfter(x), 86400);
    X509_set_pubkey(x, key);
    const struct test_ca *const signer = leaf.signer ? leaf.signer : leaf.above;
    X509V3_CTX context;
    X509V3_set_ctx(&context, signer->certificate, x, NULL, NULL, 0);
    for (int i = 0; i < 2; i++) {
        X509_EXTENSION *e = i ? X509V3_EXT_conf_nid(NULL, &context, NID_authority_key_identifier, "keyid:always")
                            : leaf.usage ? X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage, leaf.usage) : NULL;
        REQUIRE((e && X509_add_ext(x, e, -1)) || (!i && !leaf.usage));
        X509_EXTENSION_free(e);
    }
    REQUIRE(X509_sign(x, signer->key, EVP_sha256()) > 0);
    unsigned char *der = NULL;
    int len = i2d_X509(x, &der);
    struct writer w = writer_of(service.answer, sizeof service.answer);
    cbor_put_map(&w, 1);
    cbor_put_uint(&w, 1);
    cbor_put_array(&w, 1);
    cbor_put_bytes(&w, der, (size_t)len);
    REQUIRE(!w.err && len > 0);
    service.answer_bytes = w.len;
    OPENSSL_free(der);
    X509_free(x);
    EVP_PKEY_free(key);
}

static void offer_good(void)
{
    offer((struct leaf){.usage = "critical,keyAgreement", .above = &root});
    service.key_status = 200;
    service.dump_status = 204;
    service.broken = 0;
    service.retry_after_s = 0;
}

/* -- what the manager brings ----------------------------------------------------------------- */

static struct os_message core_of(uint8_t component, uint32_t signal, uint32_t says)
{
    static uint8_t bytes[CRASH_DUMP_CORE_MAX];
    struct elf_prstatus status = {.pr_info.si_signo = (int)signal, .pr_pid = 5};
    struct core_mapping mapping = {.begin = 0x1000, .end = 0x2000, .rights = CORE_READ, .from = 0x1000,
                                   .bytes = span_of("a secret on the stack", 21)};
    struct core_parts parts = {.status = span_of(&status, sizeof status), .mapping = &mapping, .count = 1};
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(core_write(&parts, &w) == 0);
    struct os_message m = {.kind = OS_CRASH_DUMP, .fd = memfd_create("core", MFD_CLOEXEC),
                           .u.crash_dump = {.signal = says, .bytes = (uint32_t)w.len, .time_s = now_s}};
    m.u.crash_dump.component[0] = component;
    REQUIRE(m.fd >= 0 && write(m.fd, bytes, w.len) == (ssize_t)w.len);
    return m;
}

static int take(uint8_t component, uint32_t signal)
{
    struct os_message m = core_of(component, signal, signal);
    int err = dumps_take(&dumps, &keys, &m);
    close(m.fd);
    return err;
}

static unsigned files(void)
{
    unsigned count = 0;
    DIR *dir = opendir(folder_path);
    REQUIRE(dir);
    for (struct dirent *e; (e = readdir(dir)) != NULL;)
        count += strncmp(e->d_name, "dump", 4) == 0;
    closedir(dir);
    return count;
}

static void work(void)
{
    dumps.due_ms = 0; /* no waiting */
    dumps_work(&dumps, &link_, now_s);
}

/* What came is a dump of ours that the catalog's key opens, and nothing else. */
static void opened(uint8_t component)
{
    struct crash_dump dump;
    struct hpke_secret secret;
    static uint8_t core[CRASH_DUMP_CORE_MAX];
    CHECK_INT(crash_dump_parse(span_of(service.got, service.got_bytes), &dump), 0);
    CHECK_MEM(dump.device_id, yes.device_id, 64);
    CHECK_MEM(dump.group, yes.group, 16);
    CHECK_INT(dump.component[0], component);
    CHECK(!memmem(service.got, service.got_bytes, "a secret", 8));
    CHECK_INT(crash_dump_secret(private, dump.catalog, dump.enc.at, &secret), 0);
    CHECK_INT(crash_dump_open(&dump, &secret, core), 0);
    CHECK(memmem(core, dump.core_bytes, "a secret on the stack", 21) != NULL);
}

/* -- the tests --------------------------------------------------------------------------------- */

static void without_consent(void)
{
    static const struct dump_consent no = {.device_id = {1}, .catalog = {0xCA, 1}, .group = {6}};
    CHECK_INT(take(1, 11), E_DENIED);
    work();
    dumps_consent(&dumps, &no);
    work();
    CHECK_INT(take(1, 11), E_DENIED);
    CHECK_INT(service.asked_key + service.asked_dump, 0);
    CHECK_INT(files(), 0);
}

/* Keys that are not the catalog's: none is taken. */
static void other_keys(void)
{
    struct test_ca below;
    test_ca_make(&below, "below");
    const struct leaf rows[] = {
        {.usage = "critical,keyAgreement", .above = &foreign},
        {.usage = "critical,digitalSignature", .above = &root},
        {.usage = "critical,keyAgreement,digitalSignature", .above = &root},
        {.usage = NULL, .above = &root},
        {.usage = "critical,keyAgreement", .above = &root, .name = "Perisphere crash dumps"},
        {.usage = "critical,keyAgreement", .above = &root, .name = "Perisphere crash dumps 00000000-0000-0000-0000-000000000000"},
        {.usage = "critical,keyAgreement", .above = &root, .name = "localhost"},
        {.usage = "critical,keyAgreement", .above = &root, .other_curve = true},
        {.usage = "critical,keyAgreement", .above = &below},
        /* a CA of the service, but not the one whose business it is; and as if it were that one */
        {.usage = "critical,keyAgreement", .above = &servers},
        {.usage = "critical,keyAgreement", .above = &root, .signer = &servers},
        {.usage = "critical,keyAgreement", .above = &longer},
    };
    dumps_consent(&dumps, &yes);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        offer(rows[i]);
        service.key_status = 200;
        work();
        CHECK_INT(take(1, 11), E_DENIED);
        CHECK_INT(files(), 0);
    }
    test_ca_release(&below);
    static const int statuses[] = {403, 404, 429, 500, 503, 204};
    offer_good();
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        service.key_status = statuses[i];
        work();
        CHECK_INT(take(1, 11), E_DENIED);
    }
    service.key_status = 200;
    service.broken = E_NETWORK;
    work();
    service.broken = 0;
    /* cut, and with anything changed: refused, or it is the same key */
    size_t whole = service.answer_bytes;
    for (size_t cut = 0; cut < whole; cut += 7) {
        service.answer_bytes = cut;
        work();
        CHECK_INT(files(), 0);
    }
    service.answer_bytes = whole;
    for (size_t i = 0; i < whole; i += 3) {
        service.answer[i] ^= 0x10;
        work();
        if (dumps.key.of.allowed)
            CHECK_MEM(dumps.key.public, public, sizeof public);
        service.answer[i] ^= 0x10;
        static const struct dump_consent no = {0};
        dumps_consent(&dumps, &no);
        dumps_consent(&dumps, &yes);
    }
    CHECK_INT(files(), 0);
}

static void kept_and_delivered(void)
{
    offer_good();
    dumps_consent(&dumps, &yes);
    work();
    CHECK_INT(files(), 1); /* the key */
    unsigned asked = service.asked_key;
    work();
    CHECK_INT(service.asked_key, asked); /* it is kept */
    CHECK_INT(take(1, 11), 0);
    CHECK_INT(take(1, 11), E_EXISTS); /* again and again: one waits */
    CHECK_INT(take(1, 6), 0);
    CHECK_INT(take(2, 11), 0);
    CHECK_INT(take(3, 11), 0);
    CHECK_INT(take(4, 11), E_FULL);
    CHECK_INT(files(), 5);
    /* after a restart of azured they are there */
    dumps_release(&dumps);
    dumps_init(&dumps, folder, anchor);
    dumps_consent(&dumps, &yes);
    CHECK_INT(take(1, 11), E_EXISTS);
    /* no answer, or not now: they stay */
    static const int again[] = {429, 500, 503, 408};
    for (size_t i = 0; i < 4; i++) {
        service.dump_status = again[i];
        work();
        CHECK_INT(files(), 5);
    }
    service.broken = E_TIMEOUT;
    work();
    service.broken = E_DENIED; /* TLS */
    work();
    CHECK_INT(files(), 5);
    service.broken = 0;
    service.retry_after_s = 86400;
    service.dump_status = 429;
    work();
    asked = service.asked_dump;
    dumps_work(&dumps, &link_, now_s);
    CHECK_INT(service.asked_dump, asked); /* stays away as long as it was told */
    CHECK(dumps.due_ms >= clock_ms() + 86000000);
    service.retry_after_s = 0;
    service.dump_status = 204;
    work();
    CHECK_INT(files(), 1);
    opened(1); /* put off most often, it went last */
    asked = service.asked_dump;
    work();
    CHECK_INT(service.asked_dump, asked); /* once */
}

/* dumps of components 1 to n, in this order */
static void waiting(unsigned n)
{
    for (uint8_t i = 1; i <= n; i++)
        CHECK_INT(take(i, 11), 0);
    CHECK_INT(files(), n + 1);
}

/* How often the service is asked in a round. */
static unsigned asked_in_round(void)
{
    unsigned before = service.asked_dump;
    work();
    return service.asked_dump - before;
}

/* The first is not taken: those behind it are. */
static void one_refused(void)
{
    static const int finals[] = {400, 403, 404, 413};
    for (size_t i = 0; i < 4; i++) {
        waiting(3);
        service.status_of[1] = finals[i];
        CHECK_INT(asked_in_round(), 3);
        CHECK_INT(files(), 2);
        unsigned asked = service.asked_dump;
        dumps_work(&dumps, &link_, now_s); /* at the same moment nobody is asked again */
        CHECK_INT(service.asked_dump, asked);
        CHECK(dumps.due_ms >= clock_ms() + DUMPS_AGAIN_MS - 1000);
        for (unsigned n = 2; n < DUMPS_REFUSED_MAX; n++) {
            CHECK_INT(asked_in_round(), 1);
            CHECK_INT(files(), 2);
        }
        CHECK_INT(asked_in_round(), 1);
        CHECK_INT(files(), 1); /* refused for good */
        CHECK_INT(asked_in_round(), 0);
        /* the next in its place begins anew */
        waiting(1);
        CHECK_INT(asked_in_round(), 1);
        CHECK_INT(files(), 2);
        service.status_of[1] = 0;
        CHECK_INT(asked_in_round(), 1);
        CHECK_INT(files(), 1);
        opened(1);
    }
}

/* Bytes that somebody changed behind an answer's head: whose head it is, nobody can say. */
static void broken_session(void)
{
    static const int statuses[] = {204, 403, 503};
    for (size_t i = 0; i < 3; i++) {
        waiting(3);
        service.broken_behind = E_DENIED;
        service.dump_status = statuses[i];
        for (unsigned n = 0; n < 2 * DUMPS_REFUSED_MAX; n++)
            CHECK_INT(asked_in_round(), 1);
        CHECK_INT(files(), 4);
        service.broken_behind = 0;
        service.dump_status = 204;
        CHECK_INT(asked_in_round(), 3);
        CHECK_INT(files(), 1);
    }
}

static void one_put_off(void)
{
    static const int again[] = {500, 503, 408, 429, 200, 302};
    for (size_t i = 0; i < 6; i++) {
        waiting(4);
        service.status_of[1] = again[i];
        CHECK_INT(asked_in_round(), 4);
        CHECK_INT(files(), 2);
        for (unsigned n = 0; n < 300; n++) /* for ever, but it is there */
            CHECK_INT(asked_in_round(), 1);
        service.status_of[1] = 0;
        CHECK_INT(asked_in_round(), 1);
        CHECK_INT(files(), 1);
    }
    /* two of them: a round ends with the second, and the next begins with the others */
    waiting(4);
    service.status_of[1] = service.status_of[2] = 500;
    CHECK_INT(asked_in_round(), 2);
    CHECK_INT(files(), 5);
    CHECK_INT(asked_in_round(), 4);
    CHECK_INT(files(), 3);
    /* a time is the service's own: no other is tried */
    service.retry_after_s = 60;
    CHECK_INT(asked_in_round(), 1);
    service.retry_after_s = 0;
    /* nor where nobody answers */
    service.broken = E_NETWORK;
    work();
    service.broken = 0;
    memset(service.status_of, 0, sizeof service.status_of);
    CHECK_INT(asked_in_round(), 2);
    CHECK_INT(files(), 1);
}

/* What a group allows and the device could not keep, its owner hears of; what is as it should be, nobody. */
static void lost_ones_are_reported(void)
{
    static struct outbox outbox;
    static const struct os_crash_dump what = {.component = {4}, .image = {5}, .signal = 11, .time_s = 1800000000};
    outbox_init(&outbox, folder);
    dumps_lost(0, &what, &outbox);
    dumps_lost(E_DENIED, &what, &outbox);
    dumps_lost(E_EXISTS, &what, &outbox);
    CHECK_INT(outbox.reports.waiting, 0);
    dumps_lost(E_FULL, &what, &outbox);
    dumps_lost(E_FULL, &what, &outbox);
    dumps_lost(E_MALFORMED, &what, &outbox);
    REQUIRE(outbox.reports.waiting == 2);
    const struct report *r = outbox.reports.at;
    CHECK(r[0].event.category == EVENT_DUMP_LOST && r[0].event.exit_code == EVENT_DUMP_NO_ROOM && r[0].count == 2);
    CHECK(r[1].event.category == EVENT_DUMP_LOST && r[1].event.exit_code == EVENT_DUMP_FAILED && r[1].count == 1);
    CHECK(r[0].event.component[0] == 4 && r[0].event.image[0] == 5 && r[0].event.signal == 0);
    outbox_release(&outbox);
}

static void no_cores(void)
{
    struct os_message m = core_of(1, 11, 6); /* says another signal */
    CHECK_INT(dumps_take(&dumps, &keys, &m), E_MALFORMED);
    m.u.crash_dump.signal = 11;
    for (uint32_t bytes = 0; bytes < 400; bytes += 13) {
        m.u.crash_dump.bytes = bytes;
        CHECK(dumps_take(&dumps, &keys, &m) != 0);
    }
    m.u.crash_dump.bytes = CRASH_DUMP_CORE_MAX + 1;
    CHECK_INT(dumps_take(&dumps, &keys, &m), E_LIMIT);
    m.u.crash_dump.bytes = CRASH_DUMP_CORE_MAX; /* more than there is */
    CHECK_INT(dumps_take(&dumps, &keys, &m), E_IO);
    close(m.fd);
    int pipes[2];
    REQUIRE(pipe(pipes) == 0);
    m.fd = pipes[0]; /* no memory */
    m.u.crash_dump.bytes = 100;
    CHECK_INT(dumps_take(&dumps, &keys, &m), E_IO);
    close(pipes[0]);
    close(pipes[1]);
    CHECK_INT(files(), 1);
}

static void consent_ends(void)
{
    struct dump_consent other = yes;
    CHECK_INT(take(1, 11), 0);
    CHECK_INT(files(), 2);
    other.allowed = false;
    dumps_consent(&dumps, &other);
    CHECK_INT(files(), 0);
    CHECK_INT(take(1, 11), E_DENIED);
    unsigned asked = service.asked_dump;
    work();
    CHECK_INT(service.asked_dump, asked);
    /* another group, another owner: nothing of the time before goes along */
    for (int i = 0; i < 2; i++) {
        dumps_consent(&dumps, &yes);
        work();
        CHECK_INT(take(1, 11), 0);
        other = yes;
        (i ? other.catalog : other.group)[5] = 9;
        dumps_consent(&dumps, &other);
        CHECK_INT(files(), 0);
        CHECK_INT(take(1, 11), E_DENIED); /* until there is a key for it */
    }
    dumps_consent(&dumps, &yes);
    work();
}

static void old_and_changed(void)
{
    uint8_t bytes[CRASH_DUMP_BYTES_MAX];
    size_t len;
    /* too old */
    CHECK_INT(take(1, 11), 0);
    unsigned asked = service.asked_dump;
    now_s += DUMPS_WAIT_S;
    work();
    CHECK_INT(service.asked_dump, asked);
    CHECK_INT(files(), 1);
    /* one from before the device knew the time has no age */
    struct os_message early = core_of(1, 11, 11);
    early.u.crash_dump.time_s = 100;
    CHECK_INT(dumps_take(&dumps, &keys, &early), 0);
    close(early.fd);
    work();
    CHECK_INT(service.asked_dump, asked + 1);
    CHECK_INT(files(), 1);
    /* the key is asked for again */
    asked = service.asked_key;
    now_s += DUMPS_KEY_S + 1;
    work();
    CHECK_INT(service.asked_key, asked + 1);
    service.key_status = 503; /* not to be had: the old one is as good */
    now_s += DUMPS_KEY_S + 1;
    CHECK_INT(take(1, 11), 0);
    work();
    CHECK_INT(files(), 1);
    service.key_status = 200;
    /* a file that somebody changed goes nowhere */
    CHECK_INT(take(1, 11), 0);
    CHECK_INT(kept_file_write(folder, "dump-0", "dump.new", 0600, span_of("rubbish", 7)), 0);
    asked = service.asked_dump;
    work();
    CHECK_INT(service.asked_dump, asked);
    CHECK_INT(files(), 1);
    /* nor does one that cannot be read to its end: to send it would be azured's end */
    CHECK_INT(take(1, 11), 0);
    unreadable_from = 256; /* the head can */
    work();
    unreadable_from = SIZE_MAX;
    CHECK_INT(service.asked_dump, asked);
    CHECK_INT(files(), 1);
    CHECK_INT(take(1, 11), 0);
    work();
    CHECK_INT(service.asked_dump, asked + 1);
    /* a key file that is not one: every prefix and every bit */
    REQUIRE(kept_file_read(folder, OS_DUMP_KEY_FILE, bytes, sizeof bytes, &len) == 0);
    CHECK_INT(len, DUMP_KEY_BYTES);
    struct dump_key key;
    for (size_t cut = 0; cut < len; cut++)
        CHECK_INT(dump_key_parse(span_of(bytes, cut), &key), E_MORE);
    CHECK_INT(dump_key_parse(span_of(bytes, len + 1), &key), E_TRAILING);
    for (size_t bit = 0; bit < len * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK(dump_key_parse(span_of(bytes, len), &key) != 0 && !key.of.allowed);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    CHECK_INT(dump_key_parse(span_of(bytes, len), &key), 0);
    bytes[20] ^= 1;
    CHECK_INT(take(1, 11), 0);
    REQUIRE(kept_file_write(folder, OS_DUMP_KEY_FILE, "dump.new", 0600, span_of(bytes, len)) == 0);
    dumps_release(&dumps);
    dumps_init(&dumps, folder, anchor);
    CHECK_INT(files(), 0); /* without a key nothing waits */
    CHECK_INT(take(1, 11), E_DENIED);
}

/* All that the device trusts: as if the CAs of the service stood in the answer. */
static void anchors_write(void)
{
    FILE *f = fopen(anchor, "w");
    REQUIRE(f && PEM_write_X509(f, root.certificate) == 1 && PEM_write_X509(f, servers.certificate) == 1 &&
            PEM_write_X509(f, longer.certificate) == 1 && fclose(f) == 0);
}

int main(void)
{
    static struct fake_pluton pluton;
    static const uint8_t seed[HPKE_SEED_BYTES] = {42};
    REQUIRE(mkdtemp(folder_path) != NULL && hpke_pair(seed, private, public) == 0);
    folder = open(folder_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    snprintf(anchor, sizeof anchor, "%s/anchor.pem", folder_path);
    test_ca_make(&root, CRASH_DUMP_SIGNER_NAME);
    test_ca_make(&foreign, CRASH_DUMP_SIGNER_NAME);
    test_ca_make(&servers, "Perisphere servers");
    test_ca_make(&longer, CRASH_DUMP_SIGNER_NAME " of others");
    anchors_write();
    now_s = (uint64_t)time(NULL);
    struct rot *rot = rot_new(fake_pluton_start(&pluton));
    REQUIRE(rot && folder >= 0);
    key_guard_init(&keys, rot);
    identities_init(&ids);
    device_time_init();
    dumps_init(&dumps, folder, anchor);
    without_consent();
    other_keys();
    kept_and_delivered();
    one_refused();
    broken_session();
    one_put_off();
    lost_ones_are_reported();
    no_cores();
    consent_ends();
    old_and_changed();
    dumps_release(&dumps);
    key_guard_release(&keys);
    fake_pluton_stop(&pluton);
    test_ca_release(&root);
    test_ca_release(&foreign);
    test_ca_release(&servers);
    test_ca_release(&longer);
    CHECK_INT(unlink(anchor), 0);
    CHECK_INT(rmdir(folder_path), 0);
    return check_done();
}
