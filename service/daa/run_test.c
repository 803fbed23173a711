/* SPDX-License-Identifier: BSD-2-Clause */
/* daa as the supervisor starts it: key file, confinement, and all of its
 * cryptography from inside the confinement. */
#include "service/api/routes.h"
#include "service/daa/device_fixture_test.h"
#include "service/ipc/run_fixture_test.h"

#include <sys/stat.h>

static const enum process_id peers[] = {PROCESS_FRONT, PROCESS_STORE, PROCESS_ISSUER};
static char folder[] = "/tmp/daa_run_test.XXXXXX";

static int ask(struct run_fixture *f, uint16_t route, struct span body)
{
    struct http_request http = {.route = route, .request_id = span_of("test", 4), .body = body};
    return run_fixture_ask(f, &http);
}

int main(void)
{
    struct run_fixture f;
    struct device_fixture device;
    char daa[64], path[96];

    REQUIRE(mkdtemp(folder) != NULL);
    snprintf(daa, sizeof daa, "%s/daa", folder);
    snprintf(path, sizeof path, "%s/challenge.key", daa);

    run_fixture_start(&f, PROCESS_DAA, daa_run, folder, peers, 3);
    for (int i = 0; i < 3; i++)
        CHECK_INT(ask(&f, ROUTE_ID_Daa_Challenge, (struct span){NULL, 0}), 200);
    CHECK_INT(ask(&f, ROUTE_ID_Daa_Attest, span_of("x", 1)), 400);
    CHECK_INT(run_fixture_end(&f), 0);

    /* evidence over a nonce of this very key: the store is asked, so the nonce and
     * the signature were found good; it leaves without an answer: exit code 1 */
    fixture_init(&device);
    size_t len;
    uint8_t *key = check_read_file(path, &len);
    REQUIRE(len == CHALLENGE_KEY_BYTES);
    memcpy(device.challenge.at[0], key, len);
    free(key);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    fixture_challenge(&device, (uint64_t)now.tv_sec);
    fixture_sign(&device);
    run_fixture_start(&f, PROCESS_DAA, daa_run, folder, peers, 3);
    static uint8_t bytes[65536];
    struct writer w = writer_of(bytes, sizeof bytes);
    struct http_request http = {.route = ROUTE_ID_Daa_Attest, .request_id = span_of("test", 4),
                                .body = span_of(device.bytes, device.len)};
    REQUIRE(http_request_write(&http, &w) == 0);
    uint8_t header[CHANNEL_HEADER_BYTES] = {0};
    struct writer h = writer_of(header, sizeof header);
    writer_u32le(&h, (uint32_t)w.len);
    writer_u32le(&h, 1);
    writer_u16le(&h, HTTP_OP_REQUEST);
    REQUIRE(send(f.fd[PROCESS_FRONT], header, sizeof header, 0) == (ssize_t)sizeof header);
    REQUIRE(send(f.fd[PROCESS_FRONT], bytes, w.len, 0) == (ssize_t)w.len);
    REQUIRE(recv(f.fd[PROCESS_STORE], header, sizeof header, MSG_WAITALL) == (ssize_t)sizeof header);
    struct cursor c = cursor_of(span_of(header, sizeof header));
    cursor_skip(&c, 8);
    CHECK_INT(cursor_u16le(&c), STORE_OP_REFERENCE_GET);
    close(f.fd[PROCESS_STORE]);
    f.fd[PROCESS_STORE] = -1;
    int status;
    REQUIRE(waitpid(f.pid, &status, 0) == f.pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    close(f.fd[PROCESS_FRONT]);
    close(f.fd[PROCESS_ISSUER]);

    /* a key file that others may read: it does not start, and says so at once */
    REQUIRE(chmod(path, 0644) == 0);
    run_fixture_start(&f, PROCESS_DAA, daa_run, folder, peers, 3);
    CHECK_INT(run_fixture_end(&f), PROCESS_EXIT_CANNOT_START);

    fixture_release(&device);
    REQUIRE(unlink(path) == 0 && rmdir(daa) == 0 && rmdir(folder) == 0);
    return check_done();
}
