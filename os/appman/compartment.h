/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compartment: the private place in which one application runs.
 * Source: docs/spec/compartment.md.  Caller: the application manager, root.
 *
 * Two processes: an init that waits, and under it the application.  The init
 * is there because a first process of a pid namespace ignores signals that it
 * does not handle, so abort() and raise() would behave differently; and because
 * killing it ends everything in the compartment at once.
 * Order in the application's process: own namespaces, private root, memory
 * group, limits, Landlock, uid, capabilities, seccomp, execve.  A step that
 * fails ends the process before its first instruction; none is skipped except
 * those in `missing`.
 *
 * The outcome comes through a pipe as at most four records (struct
 * compartment_record), then end of file.
 */
#ifndef PERI_OS_APPMAN_COMPARTMENT_H
#define PERI_OS_APPMAN_COMPARTMENT_H

#include <limits.h>
#include <sys/types.h>

#include "abi/app_channel.h"
#include "lib/app_manifest.h"
#include "lib/asxipfs.h"

enum {
    COMPARTMENT_NPROC = 64,  /* init and threads; processes are refused anyway */
    COMPARTMENT_NOFILE = 128,
    COMPARTMENT_TEXT_MAX = 80,
};

struct compartment_spec {
    const struct app_manifest *manifest;
    const struct asxipfs *image; /* of the host: unpacked inside; may be unmapped afterwards */
    const uint8_t *component;    /* 16 bytes */
    uint32_t uid;
    unsigned missing;        /* bits 1 << enum part that this machine lacks and may lack */
    const char *root_folder; /* empty folder of the host to build on */
    const char *etc_folder;  /* shown as /etc */
    const char *run_folder;  /* shown as /run/perisphere */
    const char *storage_file;   /* shown as APP_STORAGE_FILE; NULL = no storage */
    const char *memory_group;   /* cgroup.procs to join; NULL = no limit */
    int output;              /* standard output and error */
    int channel;             /* becomes APP_CHANNEL_FD */
    int events;              /* becomes APP_EVENTS_FD; -1 = has not the right */
    int core;                /* the init writes a core to it when a signal kills the application; -1 = it does not look */
};

enum compartment_outcome {
    COMPARTMENT_FAILED = 1, /* value: errno; text: the step */
    COMPARTMENT_EXITED = 2, /* value: wait status */
    COMPARTMENT_CORE = 3,   /* value: bytes of the core */
    COMPARTMENT_UNWATCHED = 4, /* value: errno; text: the step.  It runs, and there will be no core */
};

struct compartment_record {
    int32_t kind;
    int32_t value;
    char text[COMPARTMENT_TEXT_MAX];
};

/* Starts it; *init is the process to signal and to wait for, *outcome a
 * non-blocking pipe.  Descriptors in spec stay the caller's. */
int compartment_start(const struct compartment_spec *spec, pid_t *init, int *outcome) MUST_CHECK;

/* Steps, each 0 or -1 with errno, in files of their own. */
/* private_image_host.c or private_image_mcu.c: shows the image and the libraries below the working
 * folder, which becomes the root. */
int private_image_show(const struct compartment_spec *spec) MUST_CHECK;
int private_libraries_show(void) MUST_CHECK;
/* For them: binds a file or folder at an absolute path of the new root. */
int private_root_show(const char *from, const char *path, bool folder, unsigned long flags) MUST_CHECK;
int private_root_folder(const char *path) MUST_CHECK;
int private_root_enter(const struct compartment_spec *spec, const char **step) MUST_CHECK;
int confine_limits(const struct compartment_spec *spec) MUST_CHECK;
int confine_landlock(const struct compartment_spec *spec) MUST_CHECK;
/* Groups, gid, uid, all capabilities and the bounding set, no new privileges. */
int confine_credentials(uint32_t uid, unsigned missing) MUST_CHECK;

#endif
