/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device for tests: a temporary folder, a stand-in for the monitor that hands
 * out packages from memory, the stand-in for azured, and the real application
 * manager and networkd between them.  Needs root; says so and fails otherwise.
 * The manager takes the monitor's word for signatures, so packages here carry
 * 64 bytes that are none.
 */
#ifndef PERI_OS_APPMAN_FIXTURE_H
#define PERI_OS_APPMAN_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/guid.h"

enum { FIXTURE_APPS_MAX = 4, FIXTURE_PACKAGE_MAX = 1 << 20 };

/* Shared with the stand-in for the monitor, so that a test can change it. */
struct fixture_world {
    size_t count;
    struct {
        uint8_t component[16], image[16];
        size_t bytes;
        uint8_t package[FIXTURE_PACKAGE_MAX];
    } app[FIXTURE_APPS_MAX];
    unsigned resets;
};

struct fixture {
    char folder[64]; /* holds services/, config/, device.conf */
    struct fixture_world *world;
    int without; /* capability that the machine lacks, -1 = none; before fixture_start() */
    pid_t manager, monitor;
    int errors; /* the manager's stderr, read end */
    char said[65536]; /* what came from it so far */
    size_t said_len;
};

void fixture_make(struct fixture *f);
/* Text of device.conf; before fixture_start(). */
void fixture_conf(struct fixture *f, const char *json);
/* Packs the hostile program (path in argv of the test) as application number n:
 * component id from its number, args and capabilities as JSON. */
void fixture_install(struct fixture *f, size_t n, unsigned image, const char *program,
                     const char *args, const char *capabilities);
void fixture_id(size_t n, char id[static GUID_TEXT_BYTES]);
void fixture_start(struct fixture *f);
/* Sends SIGTERM and waits; the exit code, or -1 after timeout_ms. */
int fixture_wait(struct fixture *f, int timeout_ms); /* the same without SIGTERM */
int fixture_stop(struct fixture *f, int timeout_ms);
/* Waits for a text in what the manager said; false after timeout_ms. */
bool fixture_said(struct fixture *f, const char *text, int timeout_ms);
/* Waits for a text in a file below the folder. */
bool fixture_file(struct fixture *f, const char *path, const char *text, int timeout_ms);
/* Content of a file below the folder, terminated, malloc'd; "" when missing. */
char *fixture_read(const struct fixture *f, const char *path);
/* Tells the manager, through azured, that the installed set changed. */
void fixture_changed(struct fixture *f);
unsigned fixture_count(const char *text, const char *what);
/* Ends what is left and removes the folder. */
void fixture_release(struct fixture *f);

#endif
