/* SPDX-License-Identifier: BSD-2-Clause */
/* The api process as it is started, confined: what its libraries do on the way
 * (hash seeds, time zones, certificates, digests) passes the allow-list. */
#include "service/api/harness_test.h"
#include "tests/check.h"

#define C "/subscriptions/00000000-0000-0000-0000-0000000000aa/resourceGroups/r" \
          "/providers/Microsoft.AzureSphere/catalogs/c"

static const struct row {
    const char *method, *path, *body;
    int status;
} rows[] = {
    {"GET", "/providers/Microsoft.AzureSphere/operations", NULL, 200},
    {"GET", "/providers/Perisphere/status", NULL, 200},
    {"PUT", C, "{\"location\":\"global\",\"tags\":{\"a\":\"b\"}}", 201},
    {"GET", C, NULL, 200},
    {"PUT", C, "{", 400},
    {"GET", C "/certificates", NULL, 200},
    {"POST", C "/certificates/active/retrieveCertChain", NULL, 200},
    {"POST", C "/certificates/active/retrieveProofOfPossessionNonce", "{\"proofOfPossessionNonce\":\"x\"}", 200},
    {"PUT", C "/products/abc", "{}", 201},
    {"POST", C "/products/abc/generateDefaultDeviceGroups", NULL, 200},
    {"GET", C "/products/none", NULL, 404},
};

int main(void)
{
    harness_start(true);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK_INT(harness_request(rows[i].method, rows[i].path, rows[i].body)->status, rows[i].status);
    char *body = harness_image_body(10, 1, 2, 'x', 1 << 20);
    CHECK_INT(harness_request("POST", C "/uploadImage", body)->status, 202);
    free(body);
    harness_stop();
    return check_done();
}
