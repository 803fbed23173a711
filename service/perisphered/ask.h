/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A command asks a process of the service that runs, through files in that process's folder: request, one word, and
 * answer, one line.  Nobody but the owner of the service can write there, and that process, which may have been taken over
 * and has fewer rights than who asks: no link of its making is followed, no file of elsewhere becomes its own, and what it
 * says is shown without what a terminal would obey.
 * Answering: service/store/requests.h, service/issuer/rotation.h.  What fails is one line on stderr.
 */
#ifndef PERI_SERVICE_PERISPHERED_ASK_H
#define PERI_SERVICE_PERISPHERED_ASK_H

#include <stdbool.h>
#include <stdint.h>

/* The lock of a service that does not run, kept from starting meanwhile: a descriptor; -1: it runs. */
int ask_lock(const char *data);
bool ask_running(const char *data);
/* A file or pipe becomes the process's own: readable by the user that it runs as.  Not 0, with errno: a link, or a file with
 * another name elsewhere. */
int ask_file_give(const char *path, const char *data, const char *part);

/* How far it is ("at SEEN TOTAL"), and what was said at its end ("done RESEALED UNOPENED"); zero where neither was said. */
struct ask_count {
    uint64_t first, second;
};

/* part: folder of the process, "store" or "issuer".  Waits for "done"; "failed: " and why is said.  count NULL: nobody
 * wants to know. */
enum ask_end { ASK_DONE, ASK_FAILED, ASK_ENDED /* nobody said how it went */ };
int ask_process(const char *data, const char *part, const char *word, struct ask_count *count);
void ask_forget(const char *data, const char *part);

#endif
