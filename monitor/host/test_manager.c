/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The application manager of monitord_test: a small program in a Services
 * image.  What it does is the first word of <device folder>/config/script; what
 * it finds goes to <device folder>/config/report, one line each.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "abi/monitor_call.h"
#include "lib/cursor.h"

static volatile sig_atomic_t stopped;
static void on_term(int number) { stopped = number; }

static FILE *report;

/* Status, or 9999; descriptor received, or -1. */
static unsigned call(int channel, uint32_t number, struct span payload, int *descriptor,
                     size_t *length)
{
    uint8_t bytes[4096];
    struct writer w = writer_of(bytes, sizeof bytes);
    writer_u32le(&w, number);
    writer_u32le(&w, (uint32_t)payload.len);
    writer_bytes(&w, payload.at, payload.len);
    if (send(channel, bytes, w.len, 0) != (ssize_t)w.len)
        return 9999;
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {bytes, sizeof bytes};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes,
                       .msg_controllen = sizeof control.bytes};
    ssize_t got = recvmsg(channel, &m, 0);
    if (got < MONITOR_REPLY_HEADER_BYTES)
        return 9999;
    *descriptor = -1;
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    if (c && c->cmsg_type == SCM_RIGHTS)
        memcpy(descriptor, CMSG_DATA(c), sizeof *descriptor);
    struct cursor in = cursor_of(span_of(bytes, (size_t)got));
    cursor_skip(&in, 4);
    unsigned status = cursor_u32le(&in);
    *length = cursor_u32le(&in);
    return status;
}

static unsigned simple(int channel, uint32_t number)
{
    int descriptor;
    size_t length;
    return call(channel, number, span_of(NULL, 0), &descriptor, &length);
}

static void look_around(char **argv)
{
    struct statvfs fs;
    struct stat st;
    int descriptor;
    size_t length;
    uint8_t uid[16];
    char path[4096];

    fprintf(report, "uid %d\n", (int)getuid());
    snprintf(path, sizeof path, "%s/new", argv[1]);
    fprintf(report, "write %s\n", open(path, O_CREAT | O_WRONLY, 0600) < 0 ? strerror(errno) : "done");
    if (statvfs(argv[1], &fs) == 0)
        fprintf(report, "mount %s%s%s\n", fs.f_flag & ST_RDONLY ? "ro" : "rw",
                fs.f_flag & ST_NOSUID ? ",nosuid" : "", fs.f_flag & ST_NODEV ? ",nodev" : "");
    snprintf(path, sizeof path, "%s/bin/application-manager", argv[1]);
    if (stat(path, &st) == 0)
        fprintf(report, "program mode %o\n", (unsigned)st.st_mode & 07777);
    fprintf(report, "conf %s\n", strrchr(argv[3], '/') + 1);
    fprintf(report, "descriptor 9 %s\n", fcntl(9, F_GETFD) < 0 ? "closed" : "open");
    fprintf(report, "pluton %s\n", send(MONITOR_HOST_FD_PLUTON_AZURED, "a", 1, 0) == 1 &&
                                           send(MONITOR_HOST_FD_PLUTON_APPMAN, "b", 1, 0) == 1
                                       ? "handed on"
                                       : "missing");
    fprintf(report, "appman ping %u\n", simple(MONITOR_HOST_FD_APPMAN, MONITOR_CALL_PING));
    fprintf(report, "appman nonce %u\n", simple(MONITOR_HOST_FD_APPMAN, MONITOR_CALL_NEW_UPDATE_NONCE));
    fprintf(report, "azured nonce %u\n", simple(MONITOR_HOST_FD_AZURED, MONITOR_CALL_NEW_UPDATE_NONCE));
    memset(uid, 0xA1, sizeof uid);
    struct span name = span_of(uid, sizeof uid);
    fprintf(report, "azured open %u\n",
            call(MONITOR_HOST_FD_AZURED, MONITOR_CALL_OPEN_APPLICATION, name, &descriptor, &length));
    unsigned status =
        call(MONITOR_HOST_FD_APPMAN, MONITOR_CALL_OPEN_APPLICATION, name, &descriptor, &length);
    fprintf(report, "appman open %u %zu\n", status, length);
    if (descriptor >= 0 && fstat(descriptor, &st) == 0) {
        fprintf(report, "image bytes %ld\n", (long)st.st_size);
        fprintf(report, "image write %s\n", pwrite(descriptor, "x", 1, 0) < 0 ? "refused" : "done");
        fprintf(report, "image cut %s\n", ftruncate(descriptor, 1) < 0 ? "refused" : "done");
        fprintf(report, "image map %s\n",
                mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0) == MAP_FAILED
                    ? "refused"
                    : "done");
    }
    /* An empty datagram is a bad request, not the end of the channel. */
    char byte;
    send(MONITOR_HOST_FD_AZURED, "", 0, 0);
    fprintf(report, "empty %s\n", recv(MONITOR_HOST_FD_AZURED, &byte, 1, 0) == 1 ? "answered" : "lost");
    fprintf(report, "azured ping %u\n", simple(MONITOR_HOST_FD_AZURED, MONITOR_CALL_PING));
}

int main(int argc, char **argv)
{
    char path[4096], word[32] = "";
    if (argc != 4)
        return 90;
    snprintf(path, sizeof path, "%s/script", argv[2]);
    FILE *script = fopen(path, "r");
    snprintf(path, sizeof path, "%s/report", argv[2]);
    report = fopen(path, "w");
    if (!script || !report || fscanf(script, "%31s", word) != 1)
        return 91;
    fclose(script);
    signal(SIGTERM, strcmp(word, "deaf") == 0 ? SIG_IGN : on_term);
    look_around(argv);
    fprintf(report, "ready\n");
    fflush(report);
    if (strcmp(word, "crash") == 0)
        raise(SIGKILL);
    if (strcmp(word, "exit") == 0)
        return 4;
    int ignored;
    size_t length;
    if (strcmp(word, "restart") == 0)
        call(MONITOR_HOST_FD_APPMAN, MONITOR_CALL_RESET, span_of("\0\0\0\0", 4), &ignored, &length);
    if (strcmp(word, "off") == 0)
        call(MONITOR_HOST_FD_AZURED, MONITOR_CALL_RESET, span_of("\1\0\0\0", 4), &ignored, &length);
    /* Flood without reading an answer: the loop must not wait for us. */
    if (strcmp(word, "flood") == 0)
        for (int i = 0; i < 2000; i++)
            send(MONITOR_HOST_FD_APPMAN, "\2\0\0\0\0\0\0\0", 8, MSG_DONTWAIT);
    while (!stopped)
        usleep(10000);
    fprintf(report, "stopped by %d\n", (int)stopped);
    fclose(report);
    return 0;
}
