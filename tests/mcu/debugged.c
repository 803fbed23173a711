/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/mcu/debugged.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/check.h"

enum { CONNECT_TRIES = 6000, WORDS_MAX = 128 };

static int connect_to(const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    REQUIRE(snprintf(to.sun_path, sizeof to.sun_path, "%s", path) < (int)sizeof to.sun_path);
    for (int tries = 0; tries < CONNECT_TRIES; tries++) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        REQUIRE(fd >= 0);
        if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
            return fd;
        close(fd);
        usleep(5000);
    }
    fprintf(stderr, "the emulator does not listen at '%s'\n", path);
    exit(1);
}

/* Are the words in what came, which may have begun in an earlier piece? */
static bool words_in(const char *words, char *tail, size_t *tail_len, const char *bytes, size_t len)
{
    char all[WORDS_MAX + 4096];
    const size_t want = strlen(words);
    memcpy(all, tail, *tail_len);
    memcpy(all + *tail_len, bytes, len);
    size_t total = *tail_len + len;
    bool found = memmem(all, total, words, want) != NULL;
    *tail_len = total < want - 1 ? total : want - 1;
    memcpy(tail, all + total - *tail_len, *tail_len);
    return found;
}

static void *listen_to_lines(void *context)
{
    struct debugged *d = context;
    char bytes[4096], tail[WORDS_MAX];
    size_t tail_len = 0;
    for (;;) {
        struct pollfd fds[MCU_LINES];
        bool open = false;
        for (int i = 0; i < MCU_LINES; i++) {
            fds[i] = (struct pollfd){d->machine.line[i], POLLIN, 0};
            open |= d->machine.line[i] >= 0;
        }
        if (!open || poll(fds, MCU_LINES, -1) < 0)
            return NULL;
        for (int i = 0; i < MCU_LINES; i++) {
            if (!fds[i].revents)
                continue;
            ssize_t n = read(d->machine.line[i], bytes, sizeof bytes);
            if (n <= 0) {
                close(d->machine.line[i]);
                d->machine.line[i] = -1;
            } else if (i == (int)d->uart && words_in(d->words, tail, &tail_len, bytes, (size_t)n)) {
                atomic_store(&d->heard, true);
            }
        }
    }
}

void debugged_up(struct debugged *d, const char *folder, const char *socket, enum mcu_uart uart, const char *words)
{
    char where[1100];
    REQUIRE(strlen(words) >= 1 && strlen(words) <= WORDS_MAX);
    d->uart = uart;
    d->words = words;
    atomic_store(&d->heard, false);
    unlink(socket);
    snprintf(where, sizeof where, "unix:%s,server=on,wait=off", socket);
    struct mcu_run run = {.folder = folder, .debug = where};
    REQUIRE(mcu_machine_start(&run, &d->machine) == 0);
    REQUIRE(pthread_create(&d->listener, NULL, listen_to_lines, d) == 0);
    rsp_open(&d->rsp, connect_to(socket), PLUTON_PROCESS);
}

void debugged_down(struct debugged *d)
{
    close(d->rsp.fd);
    mcu_machine_cut(&d->machine);
    pthread_join(d->listener, NULL); /* the lines end with the emulator */
    mcu_machine_reap(&d->machine);
}
