/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For tests of the issuer: a data folder, requests as the other processes send them, and what is answered.
 */
#ifndef PERI_SERVICE_ISSUER_ISSUER_FIXTURE_TEST_H
#define PERI_SERVICE_ISSUER_ISSUER_FIXTURE_TEST_H

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "abi/device_api.h"
#include "lib/capability.h"
#include "lib/guid.h"
#include "lib/hex.h"
#include "lib/image.h"
#include "lib/manifest.h"
#include "service/ipc/audit_ops.h"
#include "service/ipc/authority_ops.h"
#include "service/ipc/process.h"
#include "service/ipc/service_init.h"
#include "service/issuer/certificate.h"
#include "service/issuer/issue.h"
#include "service/issuer/state.h"
#include "service/issuer/memory_store_test.h"
#include "service/sandbox/sandbox.h"
#include "tests/check.h"

static char top[64], data[80];
static uint64_t now;
static const uint8_t catalog[16] = {1, 2, 3}, other_catalog[16] = {9};
static uint8_t point[64]; /* a device's client key */

static inline const char *at(const char *name)
{
    static char path[4][300];
    static unsigned next;
    char *p = path[next++ % 4];
    snprintf(p, sizeof path[0], "%s/%s", data, name);
    return p;
}

static inline int run(const char *command)
{
    char text[1200];
    snprintf(text, sizeof text, "%s >/dev/null 2>&1", command);
    return system(text);
}

/* -- requests ------------------------------------------------------------ */

static uint8_t reply_bytes[ISSUER_REPLY_MAX];
static struct writer reply;

static inline int call(struct issuer *issuer, issuer_operation *operation, const struct writer *request)
{
    reply = writer_of(reply_bytes, sizeof reply_bytes);
    return memory_run(issuer, operation, writer_view(request), now, &reply);
}

static inline struct issuer_issue_request device_request(uint16_t kind)
{
    struct issuer_issue_request r = {.kind = kind, .not_before_s = now - 300, .not_after_s = now + 86400,
                                     .measurements = span_of("\x81\x41\x07", 3)};
    if (kind == ISSUER_KIND_CATALOG)
        memcpy(r.catalog, catalog, 16);
    for (size_t i = 0; i < sizeof r.device_id; i++)
        r.device_id[i] = (uint8_t)(i * 5 + 1);
    memcpy(r.key, point, sizeof r.key);
    return r;
}

static inline int issue(struct issuer *issuer, const struct issuer_issue_request *r, struct issuer_certificates *out)
{
    uint8_t bytes[8192];
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(issuer_issue_request_write(r, &w) == 0);
    int err = call(issuer, issuer_issue_device, &w);
    if (!err)
        REQUIRE(issuer_certificates_parse(writer_view(&reply), out) == 0);
    return err;
}

static struct issuer_authorities cas; /* of the last reply */

static inline int on_catalog(struct issuer *issuer, issuer_operation *operation, const uint8_t id[16])
{
    uint8_t bytes[64];
    struct issuer_catalog_request r;
    struct writer w = writer_of(bytes, sizeof bytes);
    memcpy(r.catalog, id, 16);
    REQUIRE(issuer_catalog_request_write(&r, &w) == 0);
    int err = call(issuer, operation, &w);
    if (!err)
        REQUIRE(record_parse(&issuer_authorities_type, writer_view(&reply), &cas) == 0);
    return err;
}

static inline X509 *x509_of(struct span der)
{
    const uint8_t *from = der.at;
    X509 *x = d2i_X509(NULL, &from, (long)der.len);
    REQUIRE(x != NULL && from == der.at + der.len);
    return x;
}

static inline X509 *x509_file(const char *path)
{
    FILE *f = fopen(path, "r");
    REQUIRE(f != NULL);
    X509 *x = PEM_read_X509(f, NULL, NULL, NULL);
    fclose(f);
    REQUIRE(x != NULL);
    return x;
}

static inline void pem_write(const char *path, X509 *x)
{
    FILE *f = fopen(path, "w");
    REQUIRE(f != NULL && PEM_write_X509(f, x) == 1 && fclose(f) == 0);
}

/* A device's key, and the folder that the data folder comes to be in. */
static inline void fixture_begin(void)
{
    struct authority device;
    strcpy(top, "/tmp/peri-issuer-XXXXXX");
    REQUIRE(mkdtemp(top) != NULL);
    snprintf(data, sizeof data, "%s/data", top);
    now = (uint64_t)time(NULL);
    REQUIRE(authority_generate(&device, false) == 0);
    memcpy(point, device.point + 1, 64);
    authority_release(&device);
}

/* What a data folder is made with. */
static inline struct service_init fixture_init(void)
{
    return (struct service_init){.data = data, .organisation = "Probe & Sons", .operator_name = "ada",
                                 .dns_count = 1, .dns = {"sphere.example"}};
}

/* An issuer on it; now is not before its CAs. */
static inline struct issuer *fixture_open(void)
{
    struct issuer *issuer;
    REQUIRE(issuer_open(data, NULL, &issuer) == 0);
    now = (uint64_t)time(NULL);
    return issuer;
}

static inline void fixture_end(void)
{
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", top);
    REQUIRE(run(command) == 0);
}

#endif
