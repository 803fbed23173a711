/* SPDX-License-Identifier: BSD-2-Clause */
/* docs/spec/certificates.md, "log of serials": no certificate without its line, a file
 * a day, the old ones gone, and nothing signed that could not be logged. */
#include "service/issuer/serial_log.h"

#include <fcntl.h>
#include <ftw.h>
#include <openssl/x509.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>
#include <unistd.h>

#include "lib/hex.h"
#include "service/ipc/issuer_ops.h"
#include "service/ipc/service_init.h"
#include "service/issuer/issue.h"
#include "tests/check.h"

#define DAY UINT64_C(86400)

static char top[64], data[96];
static struct issuer *issuer;
static char text[65536];

static size_t read_log(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/issuer/serials/%s", data, name);
    FILE *f = fopen(path, "re");
    size_t len = f ? fread(text, 1, sizeof text - 1, f) : 0;
    text[len] = '\0';
    if (f)
        fclose(f);
    return len;
}

static size_t lines(void)
{
    size_t count = 0;
    for (const char *c = text; *c; c++)
        count += *c == '\n';
    return count;
}

/* One device certificate at that time; its serial, as its own bytes say. */
static int issue(uint64_t now_s, char serial[static 33])
{
    static uint8_t bytes[4096], reply[ISSUER_REPLY_MAX];
    struct issuer_issue_request r = {.kind = ISSUER_KIND_OS, .device_id = {0xab}, .not_before_s = now_s,
                                     .not_after_s = now_s + 3600, .measurements = span_of("\x80", 1)};
    struct issuer_certificates got;
    /* The generator of P-256 is a point like any other. */
    REQUIRE(hex_decode(span_of("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
                               "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5", 128),
                       r.key, sizeof r.key) == 0);
    struct writer w = writer_of(bytes, sizeof bytes), out = writer_of(reply, sizeof reply);
    REQUIRE(issuer_issue_request_write(&r, &w) == 0);
    int err = issuer_issue_device(issuer, writer_view(&w), now_s, &out);
    if (err)
        return err;
    REQUIRE(issuer_certificates_parse(writer_view(&out), &got) == 0);
    const uint8_t *at = got.der[0].at;
    X509 *x = d2i_X509(NULL, &at, (long)got.der[0].len);
    uint8_t number[16];
    BIGNUM *n = x ? ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), NULL) : NULL;
    REQUIRE(n && BN_bn2binpad(n, number, sizeof number) == sizeof number);
    hex_encode(number, sizeof number, serial);
    BN_free(n);
    X509_free(x);
    return 0;
}

static void test_init_is_logged(void)
{
    CHECK(read_log("offline.log") > 0);
    CHECK_INT(lines(), 8); /* root, four CAs below it, seals of the audit log, server, first operator */
    CHECK(strstr(text, " root ") && strstr(text, " server ") && strstr(text, " operator "));
}

static void test_a_line_each(uint64_t now_s, const char *day)
{
    char serial[33], want[400];
    CHECK_INT(issue(now_s, serial), 0);
    CHECK(read_log(day) > 0);
    CHECK_INT(lines(), 1);
    snprintf(want, sizeof want, " device %s ", serial);
    CHECK(strstr(text, want) != NULL);
    CHECK(strstr(text, " ab00") != NULL);
    for (int i = 0; i < 5; i++)
        CHECK_INT(issue(now_s + 1, serial), 0);
    read_log(day);
    CHECK_INT(lines(), 6);
    snprintf(want, sizeof want, " device %s ", serial);
    CHECK(strstr(text, want) != NULL);
}

/* Refused requests leave no line, and an issue that cannot be logged is none. */
static void test_refused(uint64_t now_s, const char *day)
{
    char serial[33];
    struct stat st;
    char path[256];
    snprintf(path, sizeof path, "%s/issuer/serials/%s", data, day);
    size_t before = read_log(day);
    signal(SIGXFSZ, SIG_IGN);
    REQUIRE(stat(path, &st) == 0);
    struct rlimit old, limit;
    REQUIRE(getrlimit(RLIMIT_FSIZE, &old) == 0);
    limit = (struct rlimit){(rlim_t)st.st_size + 40, old.rlim_max}; /* room for half a line */
    REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    CHECK_INT(issue(now_s, serial), E_FULL);
    REQUIRE(setrlimit(RLIMIT_FSIZE, &old) == 0);
    CHECK_INT(read_log(day), before); /* not even the half */
    CHECK_INT(issue(now_s, serial), 0);
}

static void day_name(uint64_t now_s, char name[static 16])
{
    time_t t = (time_t)now_s;
    struct tm tm = {0};
    gmtime_r(&t, &tm);
    strftime(name, 16, "%Y-%m-%d.log", &tm);
}

static void put_file(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/issuer/serials/%s", data, name);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    REQUIRE(fd >= 0);
    REQUIRE(write(fd, "x", 1) == 1);
    close(fd);
}

/* The days are counted, whatever the clock says: it may be wrong, and what is gone is gone. */
static void test_old_ones(uint64_t now_s)
{
    char serial[33], first[16], second[16], today[16], next[16], name[16];
    for (uint64_t i = 1; i < SERIAL_LOG_DAYS; i++) { /* with today's: as many as are kept */
        day_name(now_s - (i + 50) * DAY, name);
        put_file(name);
    }
    put_file("2020-01-01.txt");
    day_name(now_s - (SERIAL_LOG_DAYS + 49) * DAY, first);
    day_name(now_s - (SERIAL_LOG_DAYS + 48) * DAY, second);
    day_name(now_s, today);
    day_name(now_s + DAY, next);
    REQUIRE(strcmp(first, "2020-01-01.log") != 0 && read_log(first) == 1);
    CHECK_INT(issue(now_s + DAY, serial), 0);
    CHECK(read_log(next) > 0);
    CHECK_INT(read_log(first), 0);
    CHECK_INT(read_log(second), 1);
    CHECK_INT(read_log("2020-01-01.txt"), 1);
    /* years ahead for a moment, and back: one day more, one day less */
    CHECK_INT(issue(now_s + 3000 * DAY, serial), 0);
    CHECK(read_log(today) > 0);
    CHECK_INT(read_log(second), 0);
    CHECK_INT(issue(now_s + DAY, serial), 0);
    CHECK(read_log(next) > 0);
    CHECK_INT(lines(), 2);
}

/* By an RTC without power nothing is signed, and nothing is logged. */
static void test_before_the_root(void)
{
    char serial[33];
    struct stat st;
    char path[256];
    CHECK_INT(issue(103, serial), E_STATE);
    CHECK_INT(issue(DAY, serial), E_STATE);
    snprintf(path, sizeof path, "%s/issuer/serials/1970-01-01.log", data);
    CHECK(stat(path, &st) != 0);
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
    char day[16];
    const uint64_t now_s = (uint64_t)time(NULL) / DAY * DAY + DAY + 100; /* after the root's begin */
    day_name(now_s, day);
    strcpy(top, "/tmp/perisphere-serials-XXXXXX");
    REQUIRE(mkdtemp(top) != NULL);
    snprintf(data, sizeof data, "%s/data", top);
    const struct service_init init = {.data = data};
    REQUIRE(service_init(&init) == 0);
    REQUIRE(issuer_open(data, NULL, &issuer) == 0);
    test_init_is_logged();
    test_a_line_each(now_s, day);
    test_refused(now_s, day);
    test_old_ones(now_s);
    test_before_the_root();
    issuer_close(issuer);
    nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return check_done();
}
