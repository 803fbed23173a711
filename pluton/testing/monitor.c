/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A security monitor for the tests of plutond: argv[1] says what it does.  It
 * exits 42 with a line on stderr when plutond broke its promises.
 */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/cose.h"
#include "lib/evidence.h"
#include "lib/hex.h"
#include "pluton/testing/call.h"

enum { EXIT_BROKEN = 42, HAMMERS = 4, ROUNDS = 60 };

#define MUST(cond)                                                        \
    do {                                                                  \
        if (!(cond)) {                                                    \
            fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #cond); \
            _exit(EXIT_BROKEN);                                           \
        }                                                                 \
    } while (0)

static uint8_t room[CALL_DATAGRAM_MAX];
static struct span answer;
static const uint8_t tenant[16];

static int call(int fd, uint16_t command, const void *payload, size_t len)
{
    return call_socket(fd, command, span_of(payload, len), room, &answer);
}

/* abi/pluton_call.h: the descriptors of PLUTON_HOST_FD_*, nothing else open. */
static void descriptors_check(void)
{
    struct stat st;
    DIR *dir = opendir("/proc/self/fd");
    MUST(dir);
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        const int fd = atoi(e->d_name);
        MUST(e->d_name[0] == '.' || fd == dirfd(dir) || (fd >= 0 && fd <= PLUTON_HOST_FD_GATEWAYD));
    }
    closedir(dir);
    for (int fd = PLUTON_HOST_FD_MONITOR; fd <= PLUTON_HOST_FD_APPMAN; fd++)
        MUST(fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode));
    MUST(fstat(PLUTON_HOST_FD_GATEWAYD, &st) == 0 && S_ISSOCK(st.st_mode));
    MUST(fcntl(PLUTON_HOST_FD_DEVICE, F_GETFL) & O_PATH);
    MUST(fstatat(PLUTON_HOST_FD_DEVICE, "fuses", &st, 0) == 0);
    const int seals = fcntl(PLUTON_HOST_FD_KEYSTORE, F_GET_SEALS);
    MUST(seals == (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL));
    MUST(fstat(PLUTON_HOST_FD_KEYSTORE, &st) == 0 && st.st_size > 300);
}

static void attest_check(unsigned measurements)
{
    static const uint8_t digest[32] = {1}, nonce[40] = {2};
    uint8_t key[64], request[16 + 32];
    struct cose_sign1 sign1;
    struct evidence e;

    MUST(call(PLUTON_HOST_FD_AZURED, PLUTON_GENERATE_CLIENT_AUTH_KEY, tenant, 16) == PLUTON_OK);
    MUST(answer.len == 64);
    memcpy(key, answer.at, 64);
    memset(request, 0, sizeof request);
    uint8_t attest[16 + sizeof nonce] = {0};
    memcpy(attest + 16, nonce, sizeof nonce);
    MUST(call(PLUTON_HOST_FD_AZURED, PLUTON_PROCESS_ATTESTATION, attest, sizeof attest) == PLUTON_OK);
    MUST(cose_sign1_parse(answer, &sign1) == 0);
    MUST(evidence_parse(sign1.payload, &e) == 0);
    MUST(cose_sign1_verify(&sign1, e.device_id) == 0);
    MUST(memcmp(e.client_key, key, 64) == 0);
    MUST(e.measurement_count == measurements);
    MUST(e.measurement[0].type == 2 && e.measurement[1].type == 19 && e.measurement[2].type == 4);
    char hex[2 * SHA256_BYTES + 1];
    hex_encode(e.measurement[0].digest, SHA256_BYTES, hex);
    printf("runtime=%s boot=%llu\n", hex, (unsigned long long)e.boot_count);
    fflush(stdout);
    MUST(call(PLUTON_HOST_FD_AZURED, PLUTON_COMMIT_CLIENT_AUTH_KEY, tenant, 16) == PLUTON_OK);
    memcpy(request + 16, digest, 32);
    MUST(call(PLUTON_HOST_FD_AZURED, PLUTON_SIGN_WITH_TENANT_ATTESTATION_KEY, request, 48) == PLUTON_OK);
    MUST(answer.len == 64 && crypto_p256_verify(key, digest, answer.at) == 0);
}

/* Each channel has its rights and no others. */
static void rights_check(void)
{
    static const struct {
        int fd;
        uint16_t command;
        uint16_t bytes;
        int status;
    } rows[] = {
        {PLUTON_HOST_FD_MONITOR, PLUTON_GET_SECURITY_STATE, 0, PLUTON_OK},
        {PLUTON_HOST_FD_MONITOR, PLUTON_SET_POSTCODE, 4, PLUTON_DENIED},
        {PLUTON_HOST_FD_MONITOR, PLUTON_GENERATE_CLIENT_AUTH_KEY, 16, PLUTON_DENIED},
        {PLUTON_HOST_FD_AZURED, PLUTON_CLOSE_MEASUREMENTS, 0, PLUTON_DENIED},
        {PLUTON_HOST_FD_AZURED, PLUTON_SET_MANUFACTURING_STATE, 8, PLUTON_DENIED},
        {PLUTON_HOST_FD_APPMAN, PLUTON_SET_POSTCODE, 4, PLUTON_OK},
        {PLUTON_HOST_FD_APPMAN, PLUTON_PROCESS_ATTESTATION, 24, PLUTON_DENIED},
        {PLUTON_HOST_FD_APPMAN, PLUTON_SIGN_WITH_TENANT_ATTESTATION_KEY, 48, PLUTON_DENIED},
        {PLUTON_HOST_FD_APPMAN, PLUTON_MEASURE, 56, PLUTON_DENIED},
        {PLUTON_HOST_FD_APPMAN, PLUTON_SET_MANUFACTURING_STATE, 8, PLUTON_DENIED},
        {PLUTON_HOST_FD_APPMAN, PLUTON_APPLY_CAPABILITIES, 0, PLUTON_DENIED},
        {PLUTON_HOST_FD_APPMAN, 0x7777, 0, PLUTON_UNKNOWN_COMMAND},
        {PLUTON_HOST_FD_GATEWAYD, PLUTON_APPLY_CAPABILITIES, 0, PLUTON_OK},
        {PLUTON_HOST_FD_GATEWAYD, PLUTON_SET_POSTCODE, 4, PLUTON_DENIED},
        {PLUTON_HOST_FD_GATEWAYD, PLUTON_PROCESS_ATTESTATION, 24, PLUTON_DENIED},
        {PLUTON_HOST_FD_GATEWAYD, PLUTON_SIGN_WITH_TENANT_ATTESTATION_KEY, 48, PLUTON_DENIED},
        {PLUTON_HOST_FD_GATEWAYD, PLUTON_MEASURE, 56, PLUTON_DENIED},
    };
    static const uint8_t zero[56];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        MUST(call(rows[i].fd, rows[i].command, zero, rows[i].bytes) == rows[i].status);
}

/* Datagrams that are no calls, on a live channel. */
static void rubbish_check(void)
{
    static uint8_t huge[CALL_DATAGRAM_MAX + 1000];
    MUST(send(PLUTON_HOST_FD_APPMAN, "", 0, 0) == 0);
    MUST(recv(PLUTON_HOST_FD_APPMAN, room, sizeof room, 0) == PLUTON_HEADER_BYTES);
    MUST(room[2] == PLUTON_BAD_LENGTH);
    huge[0] = PLUTON_GET_SECURITY_STATE;
    MUST(send(PLUTON_HOST_FD_APPMAN, huge, sizeof huge, 0) == (ssize_t)sizeof huge);
    MUST(recv(PLUTON_HOST_FD_APPMAN, room, sizeof room, 0) == PLUTON_HEADER_BYTES);
    MUST(room[2] == PLUTON_BAD_LENGTH);
    /* A descriptor in a request goes nowhere and disturbs nothing. */
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    uint8_t request[8] = {PLUTON_GET_MANUFACTURING_STATE};
    struct iovec io = {request, sizeof request};
    struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = control.bytes,
                       .msg_controllen = sizeof control.bytes};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    const int fd = STDERR_FILENO;
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    MUST(sendmsg(PLUTON_HOST_FD_APPMAN, &m, 0) == 8);
    MUST(recv(PLUTON_HOST_FD_APPMAN, room, sizeof room, 0) == 12 && room[2] == PLUTON_OK);
}

/* TALOS-2021-1347: calls that race.  Every process calls on every channel; as
 * callers of one channel may take each other's reply, each hammer only demands
 * whole, well-formed replies; the state must be right at the end. */
static void hammer(unsigned which)
{
    static const uint8_t two[2] = {33, 0};
    uint8_t id[16];
    memset(id, 0x40, sizeof id);
    for (unsigned i = 0; i < ROUNDS; i++) {
        const int fd = PLUTON_HOST_FD_MONITOR + (int)((i + which) % 3);
        uint8_t request[CALL_DATAGRAM_MAX];
        struct writer w = writer_of(request, sizeof request);
        switch (i % 3) {
        case 0: call_write(&w, PLUTON_READ_RNG, span_of(two, 2)); break;
        case 1: call_write(&w, PLUTON_GENERATE_CLIENT_AUTH_KEY, span_of(id, 16)); break;
        default: call_write(&w, PLUTON_GET_SECURITY_STATE, span_of(NULL, 0)); break;
        }
        MUST(send(fd, request, w.len, 0) == (ssize_t)w.len);
        uint8_t reply[CALL_DATAGRAM_MAX];
        const ssize_t got = recv(fd, reply, sizeof reply, 0);
        MUST(got >= PLUTON_HEADER_BYTES);
        struct cursor c = cursor_of(span_of(reply, (size_t)got));
        const uint16_t number = cursor_u16le(&c), status = cursor_u16le(&c);
        MUST(cursor_u32le(&c) == c.left);
        MUST(status == PLUTON_OK || status == PLUTON_DENIED);
        if (status == PLUTON_OK)
            MUST(c.left == (number == PLUTON_READ_RNG             ? 33u
                            : number == PLUTON_GET_SECURITY_STATE ? 132u
                                                                  : 64u));
    }
    _exit(0);
}

static void race_check(void)
{
    pid_t child[HAMMERS];
    for (unsigned i = 0; i < HAMMERS; i++) {
        child[i] = fork();
        MUST(child[i] >= 0);
        if (child[i] == 0)
            hammer(i);
    }
    for (unsigned i = 0; i < HAMMERS; i++) {
        int status;
        MUST(waitpid(child[i], &status, 0) == child[i]);
        MUST(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
}

/* A caller that never reads its replies holds up nobody else. */
static void slow_check(void)
{
    static const uint8_t request[10] = {PLUTON_READ_RNG, 0, 0, 0, 2, 0, 0, 0, 0, 1};
    unsigned sent = 0;
    while (sent < 4000 && send(PLUTON_HOST_FD_APPMAN, request, sizeof request, MSG_DONTWAIT) > 0)
        sent++;
    MUST(sent > 1);
    MUST(call(PLUTON_HOST_FD_MONITOR, PLUTON_GET_MANUFACTURING_STATE, NULL, 0) == PLUTON_OK);
    for (unsigned i = 0; i < sent; i++)
        MUST(recv(PLUTON_HOST_FD_APPMAN, room, sizeof room, 0) == 8 + 256);
}

/* After a reset nothing of the boot before is left. */
static int reset_check(void)
{
    const int made = openat(PLUTON_HOST_FD_DEVICE, "config/once", O_CREAT | O_EXCL | O_WRONLY, 0600);
    if (made >= 0) {
        static const uint8_t code[4] = {0x78, 0x56, 0x34, 0x12};
        uint8_t measure[56] = {9};
        attest_check(3);
        MUST(call(PLUTON_HOST_FD_APPMAN, PLUTON_SET_POSTCODE, code, 4) == PLUTON_OK);
        MUST(call(PLUTON_HOST_FD_MONITOR, PLUTON_MEASURE, measure, 56) == PLUTON_OK);
        MUST(call(PLUTON_HOST_FD_MONITOR, PLUTON_CLOSE_MEASUREMENTS, NULL, 0) == PLUTON_OK);
        return PLUTON_HOST_EXIT_RESET;
    }
    MUST(call(PLUTON_HOST_FD_AZURED, PLUTON_GET_TENANT_PUBLIC_KEY, tenant, 16) == PLUTON_NOT_FOUND);
    attest_check(3);
    return PLUTON_HOST_EXIT_OFF;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    signal(SIGPIPE, SIG_IGN);
    MUST(strcmp(argv[0], "monitord") == 0);
    if (strcmp(what, "check") == 0) {
        MUST(argc == 3 && strcmp(argv[2], "an argument") == 0);
        descriptors_check();
        rights_check();
        rubbish_check();
        attest_check(3);
        race_check();
        slow_check();
        return PLUTON_HOST_EXIT_OFF;
    }
    if (strcmp(what, "reset") == 0)
        return reset_check();
    if (strcmp(what, "crash") == 0) {
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
        kill(getpid(), SIGKILL);
    }
    if (strcmp(what, "kill-root-of-trust") == 0) {
        struct ucred core;
        socklen_t len = sizeof core;
        MUST(getsockopt(PLUTON_HOST_FD_MONITOR, SOL_SOCKET, SO_PEERCRED, &core, &len) == 0);
        MUST(kill(core.pid, SIGKILL) == 0);
        poll(NULL, 0, 60000); /* does not outlive it */
    }
    if (strcmp(what, "exit-7") == 0)
        return 7;
    if (strcmp(what, "stubborn") == 0)
        signal(SIGTERM, SIG_IGN);
    if (strcmp(what, "stubborn") == 0 || strcmp(what, "wait") == 0) {
        printf("waiting\n");
        fflush(stdout);
        poll(NULL, 0, 60000);
    }
    return EXIT_BROKEN;
}
