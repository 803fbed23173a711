/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Another capability key.  A device takes a capability that a key of its keystore signed, and a keystore may have several:
 *   prepare   issuer/capability-next.key, capability-next-key.pub        -> a keystore with both keys goes to the devices
 *   rotate    capability-next.key becomes capability.key, by one rename  -> a keystore without the former one
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "service/ipc/service_init.h"
#include "service/issuer/authority_file.h"
#include "service/issuer/key_file.h"

struct capability_files {
    char folder[PATH_MAX], now[PATH_MAX], next[PATH_MAX], next_public[PATH_MAX];
};

static int fail(const char *subject, int err)
{
    fprintf(stderr, "perisphered: capability key: %s: %s\n", subject, err_text(err));
    return err;
}

static int public_write(const char *data, const char *name, const struct authority *a)
{
    char text[AUTHORITY_PUBLIC_TEXT_BYTES];
    authority_public_text(a, text);
    return text_file_write(data, name, text, 0644);
}

static int prepare(const char *data, struct token *token, const struct capability_files *files)
{
    struct authority now = {0}, next = {0};
    bool there = access(files->next, F_OK) == 0;
    int err = authority_load(&now, token, files->now, NULL);
    if (!err)
        err = there ? authority_load(&next, token, files->next, NULL)
                    : authority_generate_beside(&next, &now, token, (uint64_t)time(NULL));
    if (!err && !there && (err = authority_file_write(files->folder, "capability-next.key", &next, true)) != 0 && next.token_key)
        (void)!token_key_destroy(next.token_key);
    if (!err)
        err = public_write(data, "capability-next-key.pub", &next);
    authority_release(&now);
    authority_release(&next);
    return err ? fail(there ? files->next : files->now, err) : 0;
}

/* The public half last: cut off before it, the same command writes it. */
static int rotate(const char *data, struct token *token, const struct capability_files *files)
{
    struct authority key = {0};
    bool there = access(files->next, F_OK) == 0;
    int err = authority_load(&key, token, there ? files->next : files->now, NULL);
    if (!err && there && rename(files->next, files->now) != 0)
        err = errno == ENOSPC || errno == EDQUOT ? E_FULL : E_IO;
    if (!err)
        err = key_folder_sync(files->folder);
    if (!err)
        err = public_write(data, "capability-key.pub", &key);
    authority_release(&key);
    if (err)
        return fail(there ? files->next : files->now, err);
    bool finished = unlink(files->next_public) == 0;
    if (there || finished)
        return 0;
    fprintf(stderr, "perisphered: no capability key is prepared: --prepare first, and a keystore with capability-next-key.pub\n");
    return E_STATE;
}

int service_capability_key_rotate(const char *data, struct token *token, bool prepare_only)
{
    struct capability_files files;
    if (snprintf(files.folder, sizeof files.folder, "%s/issuer", data) >= (int)sizeof files.folder ||
        snprintf(files.now, sizeof files.now, "%s/issuer/capability.key", data) >= (int)sizeof files.now ||
        snprintf(files.next, sizeof files.next, "%s/issuer/capability-next.key", data) >= (int)sizeof files.next ||
        snprintf(files.next_public, sizeof files.next_public, "%s/capability-next-key.pub", data) >= (int)sizeof files.next_public)
        return fail(data, E_RANGE);
    return prepare_only ? prepare(data, token, &files) : rotate(data, token, &files);
}
