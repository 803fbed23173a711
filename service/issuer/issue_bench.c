/* SPDX-License-Identifier: BSD-2-Clause */
/* Device certificates a second on one core, request parsed to reply written:
 * one JSON line.  Arguments: a data folder made by perisphered --init, or none
 * to make one in /tmp; where its keys are in a token, the PKCS#11 module and a file with the PIN. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "service/ipc/service_init.h"
#include "service/issuer/certificate.h"
#include "service/issuer/issue.h"

enum { ROUNDS = 40000 };

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int token_of(const char *module, const char *file, struct token **token)
{
    char pin[TOKEN_PIN_MAX + 2] = "";
    FILE *f = fopen(file, "re");
    bool good = f && fgets(pin, sizeof pin, f);
    if (f)
        fclose(f);
    pin[strcspn(pin, "\n")] = '\0';
    return good ? token_open(module, pin, token) : E_IO;
}

int main(int argc, char **argv)
{
    static uint8_t request[8192], answer[ISSUER_REPLY_MAX];
    char top[] = "/tmp/peri-issue-bench-XXXXXX", data[64];
    struct service_init init = {.data = data};
    struct authority device;
    struct issuer *issuer;
    uint64_t now = (uint64_t)time(NULL);
    if (argc < 2) {
        if (!mkdtemp(top) || snprintf(data, sizeof data, "%s/data", top) < 0 || service_init(&init) != 0)
            return 1;
    }
    struct token *token = NULL;
    if (argc > 3 && token_of(argv[2], argv[3], &token) != 0)
        return 1;
    if (issuer_open(argc < 2 ? data : argv[1], token, &issuer) != 0 || authority_generate(&device, false) != 0)
        return 1;
    struct issuer_issue_request r = {.kind = ISSUER_KIND_OS, .not_before_s = now, .not_after_s = now + 86400,
                                     .measurements = span_of(request, 500)};
    memcpy(r.key, device.point + 1, sizeof r.key);
    struct writer w = writer_of(request, sizeof request);
    if (issuer_issue_request_write(&r, &w) != 0)
        return 1;
    double begin = now_s();
    for (int i = 0; i < ROUNDS; i++) {
        struct writer out = writer_of(answer, sizeof answer);
        if (issuer_issue_device(issuer, writer_view(&w), now, &out) != 0)
            return 1;
    }
    double used = now_s() - begin;
    printf("{\"bench\":\"issue_device\",\"operations\":%d,\"cpu_s\":%.3f,\"per_s\":%.0f}\n", ROUNDS, used,
           ROUNDS / used);
    authority_release(&device);
    issuer_close(issuer);
    token_close(token);
    if (argc < 2) {
        char command[96];
        snprintf(command, sizeof command, "rm -rf %s", top);
        return system(command) ? 1 : 0;
    }
    return 0;
}
