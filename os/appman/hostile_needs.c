/* SPDX-License-Identifier: BSD-2-Clause */
/* What an application must be able to do, tried by the program that tries what it must not (hostile_app.c): a compartment
 * that lets nothing through would pass the one without the other. */
#include <dirent.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "abi/app_channel.h"
#include "os/appman/hostile_calls.h"
#include "os/appman/hostile_needs.h"

static const char *listed_port;

static bool reads(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool reads_image(void) { return reads(APP_PATH_IMAGE "/app_manifest.json"); }
static bool lists_image(void)
{
    DIR *d = opendir(APP_PATH_IMAGE "/bin");
    bool ok = d && readdir(d);
    if (d)
        closedir(d);
    return ok;
}
static bool writes_storage(void)
{
    char back[4] = "";
    int fd = open(APP_STORAGE_FILE, O_RDWR | O_CREAT, 0600);
    bool ok = fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, "kept", 4, 8188) == 4 &&
              pread(fd, back, 4, 8188) == 4 && memcmp(back, "kept", 4) == 0;
    close(fd);
    return ok;
}
static bool limit_is_told(void)
{
    const char *v = getenv(APP_ENV_STORAGE_KB);
    return v && strcmp(v, "8") == 0 && !getenv("HOME") && !getenv("LD_PRELOAD");
}
static bool random_bytes(void) { return reads("/dev/urandom"); }
static void *give_back(void *p) { return p; }
static bool threads(void)
{
    pthread_t t;
    void *got = NULL;
    return pthread_create(&t, NULL, give_back, &got) == 0 && pthread_join(t, &got) == 0 && got == &got;
}
static bool listed_name(void)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    if (getaddrinfo("localhost", listed_port, &hints, &list))
        return false;
    bool ok = false;
    for (struct addrinfo *a = list; a && !ok; a = a->ai_next) {
        int fd = socket(a->ai_family, SOCK_STREAM, 0);
        ok = fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) == 0;
        if (fd >= 0)
            close(fd);
    }
    freeaddrinfo(list);
    return ok;
}
static bool wake_up_pair(void)
{
    int pair[2];
    bool ok = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0;
    if (ok) {
        close(pair[0]);
        close(pair[1]);
    }
    return ok;
}
static bool channel_open(void) { return fcntl(APP_CHANNEL_FD, F_GETFD) >= 0; }
static bool reads_certificate(void)
{
    for (int i = 0; i < 100; i++) { /* azured may bring it after the start */
        if (reads(APP_PATH_CERTIFICATE))
            return true;
        struct timespec t = {0, 50000000};
        nanosleep(&t, NULL);
    }
    return false;
}

static const struct {
    const char *name;
    bool (*succeeds)(void);
} needed[] = {
    {"read its image", reads_image},
    {"list its image", lists_image},
    {"write its mutable file to the limit", writes_storage},
    {"know its storage and nothing else of the environment", limit_is_told},
    {"random numbers", random_bytes},
    {"a thread", threads},
    {"a pair of sockets between its threads", wake_up_pair},
    {"set the time limits of a socket", hostile_socket_timeout},
    {"connect to a listed name", listed_name},
    {"its channel", channel_open},
    {"read its certificate", reads_certificate},
};

size_t hostile_needs_try(const char *port)
{
    listed_port = port;
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        printf("%s %s\n", needed[i].succeeds() ? "works" : "BROKEN", needed[i].name);
    return sizeof needed / sizeof *needed;
}
