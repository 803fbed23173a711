/* SPDX-License-Identifier: BSD-2-Clause */
/* docs/spec/cert-store.md: the certificate store and power.  `schedules` random losses: first argument. */
#include <fcntl.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/azured/cert_store.h"
#include "tests/check.h"
#include "tests/power_files.h"
#include "tests/tls_server.h"

enum { SCHEDULES = 300 };

static const uint8_t owner[CERT_OWNER_BYTES];
static char pem[4096];
static size_t pem_len;

/* The one certificate is renamed, or put there first; its name is the value. */
static int save(const char *folder, unsigned value)
{
    const int fd = open(folder, O_RDONLY | O_DIRECTORY);
    struct cert_store *store = cert_store_open(fd);
    struct cert_ask ask = {.action = CERT_AT};
    struct cert_answer answer;
    cert_store_ask(store, owner, &ask, &answer);
    if (answer.error) {
        ask = (struct cert_ask){.action = CERT_INSTALL, .type = CERT_ROOT_CA, .cert_bytes = (uint16_t)pem_len};
        snprintf(ask.id, sizeof ask.id, "%u", value);
        REQUIRE(cert_store_stage(store, owner, 0, span_of(pem, pem_len)) == 0);
    } else {
        ask = (struct cert_ask){.action = CERT_MOVE};
        memcpy(ask.id, answer.id, sizeof ask.id);
        snprintf(ask.new_id, sizeof ask.new_id, "%u", value);
    }
    cert_store_ask(store, owner, &ask, &answer);
    close(fd);
    return answer.error ? E_IO : 0;
}

static int load(const char *folder)
{
    const int fd = open(folder, O_RDONLY | O_DIRECTORY);
    struct cert_store *store = cert_store_open(fd);
    struct cert_ask ask = {.action = CERT_AT};
    struct cert_answer answer;
    cert_store_ask(store, owner, &ask, &answer);
    close(fd);
    if (answer.error)
        return faccessat(AT_FDCWD, folder, F_OK, 0) ? -1 : 0;
    memcpy(ask.id, answer.id, sizeof ask.id);
    ask.action = CERT_SHOW;
    cert_store_ask(store, owner, &ask, &answer);
    return answer.error || answer.count != 1 ? -1 : atoi(answer.id);
}

int main(int argc, char **argv)
{
    static const struct power_files_store store = {"certificate store (azured)", save, load};
    struct test_ca ca;
    test_ca_make(&ca, "root");
    BIO *bio = BIO_new(BIO_s_mem());
    REQUIRE(bio && PEM_write_bio_X509(bio, ca.certificate) == 1);
    int n = BIO_read(bio, pem, sizeof pem);
    REQUIRE(n > 0);
    pem_len = (size_t)n;
    BIO_free(bio);
    test_ca_release(&ca);
    CHECK_INT(power_files_prove(&store, argc > 1 ? strtoul(argv[1], NULL, 10) : SCHEDULES), 0);
    return check_done();
}
