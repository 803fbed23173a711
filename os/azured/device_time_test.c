/* SPDX-License-Identifier: BSD-2-Clause */
/* A device whose clock says anything between 1970 and 2100: it reaches its service, nobody
 * else, and believes the time from a certificate made for its own new key alone. */
#include "os/azured/device_time.h"

#include <openssl/evp.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "os/azured/certificate_dates.h"
#include "os/azured/http_client.h"
#include "os/azured/identities.h"
#include "tests/check.h"
#include "tests/tls_server.h"

time_t __real_time(time_t *to);
time_t __wrap_time(time_t *to);

static time_t clock_says; /* 0: the machine's */

time_t __wrap_time(time_t *to)
{
    time_t now = clock_says ? clock_says : __real_time(NULL);
    if (to)
        *to = now;
    return now;
}

static const struct {
    const char *what;
    time_t says;
} clocks[] = {
    {"1970", 5}, {"1970, some weeks on", 4000000}, {"1999", 946684799}, {"2000", 946684801}, {"2015", 1420070400},
    {"2038", 2147483648}, {"2050", 2524608000}, {"2099", 4102444799}, {"2100", 4102444801},
};

static struct test_ca ca, foreign;
static char folder[] = "/tmp/peri-time-XXXXXX", anchor[64], foreign_anchor[64];

static bool say_hello(void *context, SSL *ssl, int fd, const struct tls_request *request)
{
    (void)context, (void)fd, (void)request;
    tls_answer(ssl, 200, "", span_of("hello", 5));
    return true;
}

static int ask(struct http_client *client)
{
    uint8_t room[64];
    struct http_exchange x = {.method = "GET", .path = "/x", .body_room = writer_of(room, sizeof room)};
    int err = http_client_run(client, &x);
    http_client_close(client);
    return err;
}

static int ask_at(const char *url, const char *path)
{
    struct http_client client;
    REQUIRE(http_client_init(&client, url, path) == 0);
    int err = ask(&client);
    http_client_release(&client);
    return err;
}

/* A leaf for some key, made by issuer, that begins begin_s from now; DER on the heap. */
static struct span leaf_make(const struct test_ca *issuer, X509 *issuer_certificate, long begin_s, long end_s, bool authority)
{
    EVP_PKEY *key = authority ? issuer->key : EVP_EC_gen("P-256");
    X509 *x = test_ca_issue(issuer, "leaf", key, NULL);
    uint8_t *der = NULL;
    if (issuer_certificate)
        REQUIRE(X509_set_issuer_name(x, X509_get_subject_name(issuer_certificate)) == 1);
    X509_gmtime_adj(X509_getm_notBefore(x), begin_s);
    X509_gmtime_adj(X509_getm_notAfter(x), end_s);
    REQUIRE(X509_sign(x, issuer->key, EVP_sha256()) > 0);
    int len = i2d_X509(x, &der);
    REQUIRE(len > 0);
    X509_free(x);
    if (!authority)
        EVP_PKEY_free(key);
    return span_of(der, (size_t)len);
}

static void der_free(struct span der)
{
    union {
        const uint8_t *from;
        void *to;
    } at = {der.at};
    OPENSSL_free(at.to);
}

/* Learned from a leaf by issuer whose life begins begin_s from now and where the service
 * says that it is says_s from now. */
static int learn_by(const char *path, const struct test_ca *issuer, long begin_s, long end_s, long says_s)
{
    struct attestation answer = {.count = 1, .server_time_s = (uint64_t)(__real_time(NULL) + says_s)};
    answer.der[0] = leaf_make(issuer, NULL, begin_s, end_s, false);
    int err = device_time_learn(&answer, path);
    der_free(answer.der[0]);
    return err;
}

static int learn(const struct test_ca *issuer, long begin_s, long end_s, long says_s)
{
    return learn_by(anchor, issuer, begin_s, end_s, says_s);
}

static void dates_set(const struct test_ca *root, long begin_s, long end_s)
{
    X509_gmtime_adj(X509_getm_notBefore(root->certificate), begin_s);
    X509_gmtime_adj(X509_getm_notAfter(root->certificate), end_s);
    REQUIRE(X509_sign(root->certificate, root->key, EVP_sha256()) > 0);
}

static void append(const char *to, const char *from)
{
    char text[4096];
    FILE *in = fopen(from, "r"), *out = fopen(to, "a");
    REQUIRE(in && out);
    size_t len = fread(text, 1, sizeof text, in);
    REQUIRE(fwrite(text, 1, len, out) == len && fclose(out) == 0);
    fclose(in);
}

static void every_clock(const struct tls_server *good, const struct tls_server *bad, const struct tls_server *other)
{
    for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
        unsigned failed = check_failed;
        device_time_forget();
        clock_says = clocks[i].says;
        CHECK_INT(ask_at(good->url, anchor), 0);
        CHECK_INT(ask_at(bad->url, anchor), E_DENIED);          /* a certificate of another root */
        CHECK_INT(ask_at(good->url, foreign_anchor), E_DENIED); /* likewise */
        CHECK_INT(ask_at(other->url, anchor), E_DENIED);        /* for another name */
        CHECK(!device_time_known());

        /* With an identity nothing is taken on trust: the dates count, by the clock there is. */
        struct http_client client;
        REQUIRE(http_client_init(&client, good->url, anchor) == 0);
        client.identified = true;
        CHECK_INT(ask(&client), E_DENIED);
        http_client_release(&client);

        /* Then the time is learned, and everything is as on a machine with a good clock. */
        CHECK_INT(learn(&ca, -60, 3600, 0), 0);
        CHECK(device_time_known() && device_time_s() >= (uint64_t)__real_time(NULL) - 5 &&
              device_time_s() <= (uint64_t)__real_time(NULL) + 5);
        REQUIRE(http_client_init(&client, good->url, anchor) == 0);
        client.identified = true;
        CHECK_INT(ask(&client), 0);
        http_client_release(&client);
        if (check_failed != failed)
            fprintf(stderr, "  that was: %s\n", clocks[i].what);
    }
    clock_says = 0;
}

/* Once the time is known, dates count, whatever the clock says and is set to. */
static void expired(const struct tls_server *good)
{
    struct attestation answer = {.count = 1};
    device_time_forget();
    /* two days ahead: the server's certificate, of one day, has ended by then */
    clock_says = __real_time(NULL);
    answer.server_time_s = (uint64_t)clock_says + 2 * 86400;
    answer.der[0] = leaf_make(&ca, NULL, 2 * 86400 - 60, 3 * 86400, false);
    CHECK_INT(device_time_learn(&answer, anchor), 0);
    der_free(answer.der[0]);
    CHECK_INT(ask_at(good->url, anchor), E_DENIED); /* the clock still says otherwise */

    device_time_forget();
    CHECK_INT(learn(&ca, -60, 3600, 0), 0);
    clock_says = 5;
    CHECK_INT(ask_at(good->url, anchor), 0);
    clock_says = 0;
}

/* The root that was there before and the one that follows it (docs/operate.md, "Another key for the root"), behind it in one file:
 * whichever of them signs is known, whatever the clock says of the other. */
static void another_root(const struct tls_server *good)
{
    static const struct {
        const char *what;
        long before_begin_s, before_end_s, after_begin_s;
        bool other_way;
    } rows[] = {
        {"the next is younger", -86400 * 3650L, 86400 * 3650L, -3600, false},
        {"the next one first", -86400 * 3650L, 86400 * 3650L, -3600, true},
        {"the one before has ended", -86400 * 3650L, -3600, -86400, false},
        {"the next one comes tomorrow", -86400, 86400 * 3650L, 86400, false},
    };
    struct test_ca next;
    struct tls_server by_next = {.script = say_hello};
    char both[80], alone[80];
    snprintf(both, sizeof both, "%s/both.pem", folder);
    snprintf(alone, sizeof alone, "%s/alone.pem", folder);
    test_ca_make(&next, "service"); /* of the same name */
    tls_server_start(&by_next, &next, "DNS:localhost", NULL, TLS1_3_VERSION);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned failed = check_failed;
        const struct test_ca *const first = rows[i].other_way ? &next : &ca, *const second = rows[i].other_way ? &ca : &next;
        dates_set(&ca, rows[i].before_begin_s, rows[i].before_end_s);
        dates_set(&next, rows[i].after_begin_s, 86400 * 7300L);
        test_write_pem(both, first->certificate);
        test_write_pem(alone, second->certificate);
        append(both, alone);
        for (size_t k = 0; k <= sizeof clocks / sizeof clocks[0]; k++) {
            device_time_forget();
            clock_says = k ? clocks[k - 1].says : 0;
            CHECK_INT(ask_at(good->url, both), 0);
            CHECK_INT(ask_at(by_next.url, both), 0);
            CHECK_INT(ask_at(by_next.url, anchor), E_DENIED);
            CHECK_INT(ask_at(good->url, foreign_anchor), E_DENIED);
        }
        clock_says = 0;
        CHECK_INT(learn_by(both, rows[i].after_begin_s > 0 ? &ca : &next, -60, 3600, 0), 0);
        if (check_failed != failed)
            fprintf(stderr, "  that was: %s\n", rows[i].what);
    }
    device_time_forget();
    tls_server_stop(&by_next);
    test_ca_release(&next);
    unlink(both);
    unlink(alone);
}

static void what_is_not_believed(void)
{
    device_time_forget();
    CHECK_INT(learn(&foreign, -60, 3600, 0), E_DENIED);
    CHECK_INT(learn(&ca, -60, 3600, -61), E_STALE);  /* before it begins */
    CHECK_INT(learn(&ca, -60, 3600, 3700), E_STALE); /* after it ends */
    CHECK_INT(learn(&ca, -60, 86400, DEVICE_TIME_LATE_S - 65), 0);
    device_time_forget();
    CHECK_INT(learn(&ca, -60, 86400, DEVICE_TIME_LATE_S - 55), E_STALE); /* kept for a while */
    CHECK_INT(learn(&ca, -5000, 86400, 0), E_STALE);

    /* a device that signs with its own certificate is no authority */
    struct test_ca device = {.key = EVP_EC_gen("P-256")};
    device.certificate = test_ca_issue(&ca, "another device", device.key, NULL);
    uint8_t *der = NULL;
    int len = i2d_X509(device.certificate, &der);
    REQUIRE(len > 0);
    struct attestation answer = {.count = 2, .server_time_s = (uint64_t)__real_time(NULL)};
    answer.der[0] = leaf_make(&device, device.certificate, -60, 3600, false);
    answer.der[1] = span_of(der, (size_t)len);
    CHECK_INT(device_time_learn(&answer, anchor), E_DENIED);
    der_free(answer.der[0]);
    OPENSSL_free(der);
    test_ca_release(&device);

    /* cut and flipped */
    struct span whole = leaf_make(&ca, NULL, -60, 3600, false);
    answer.count = 1;
    for (size_t i = 0; i < whole.len; i++) {
        uint8_t bytes[ATTESTATION_DER_MAX];
        REQUIRE(whole.len <= sizeof bytes);
        memcpy(bytes, whole.at, whole.len);
        bytes[i] ^= 1;
        answer.der[0] = span_of(bytes, whole.len);
        CHECK(device_time_learn(&answer, anchor) != 0);
        answer.der[0] = span_of(whole.at, i);
        CHECK(device_time_learn(&answer, anchor) != 0);
    }
    CHECK(!device_time_known());
    der_free(whole);
}

static void dates(void)
{
    uint64_t begin = 7, end = 7;
    struct span der = leaf_make(&ca, NULL, 0, 100, false);
    CHECK_INT(certificate_dates(der, &begin, &end), 0);
    CHECK(end - begin == 100 && begin + 5 >= (uint64_t)__real_time(NULL));
    for (size_t i = 0; i < der.len; i++) {
        uint8_t *piece = malloc(i + 1); /* exact, so that reading beyond is seen */
        REQUIRE(piece != NULL);
        memcpy(piece, der.at, i);
        int err = certificate_dates(span_of(piece, i), &begin, &end);
        CHECK(err == 0 ? end >= begin : begin == 0 && end == 0);
        free(piece);
    }
    der_free(der);
    /* beyond 2049 dates are written otherwise */
    der = leaf_make(&ca, NULL, 0, 40L * 365 * 86400, false);
    CHECK_INT(certificate_dates(der, &begin, &end), 0);
    CHECK(end - begin == 40UL * 365 * 86400);
    der_free(der);
}

int main(void)
{
    struct tls_server good = {.script = say_hello}, bad = {.script = say_hello}, other = {.script = say_hello};
    signal(SIGPIPE, SIG_IGN);
    REQUIRE(mkdtemp(folder) != NULL);
    snprintf(anchor, sizeof anchor, "%s/anchor.pem", folder);
    snprintf(foreign_anchor, sizeof foreign_anchor, "%s/foreign.pem", folder);
    test_ca_make(&ca, "service");
    test_ca_make(&foreign, "somebody");
    test_write_pem(anchor, ca.certificate);
    test_write_pem(foreign_anchor, foreign.certificate);
    tls_server_start(&good, &ca, "DNS:localhost", NULL, TLS1_3_VERSION);
    tls_server_start(&bad, &foreign, "DNS:localhost", NULL, TLS1_3_VERSION);
    tls_server_start(&other, &ca, "DNS:elsewhere.example", NULL, TLS1_3_VERSION);
    device_time_init();
    every_clock(&good, &bad, &other);
    expired(&good);
    what_is_not_believed();
    dates();
    another_root(&good);
    tls_server_stop(&good);
    tls_server_stop(&bad);
    tls_server_stop(&other);
    test_ca_release(&ca);
    test_ca_release(&foreign);
    unlink(anchor);
    unlink(foreign_anchor);
    rmdir(folder);
    return check_done();
}
