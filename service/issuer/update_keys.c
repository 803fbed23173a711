/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Update keys over rotations.  issuer/update.key signs for devices whose keystore has it; after a
 * rotation the one before stays as issuer/update-before-N.key, for devices whose keystore is older
 * than version N (docs/update.md, "Keys").  Written by service_update_key_rotate() alone, read at
 * the start of the issuer.
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/ipc/service_init.h"
#include "service/issuer/key_file.h"
#include "service/issuer/state.h"

static const char prefix[] = "update-before-", suffix[] = ".key";

uint32_t update_key_before(const char *name)
{
    char *end;
    if (strncmp(name, prefix, sizeof prefix - 1) != 0)
        return 0;
    const char *digits = name + sizeof prefix - 1;
    if (*digits < '1' || *digits > '9')
        return 0;
    errno = 0;
    const unsigned long value = strtoul(digits, &end, 10);
    return errno || value >= UINT32_MAX || strcmp(end, suffix) != 0 ? 0 : (uint32_t)value;
}

static int former_add(struct issuer *issuer, struct token *token, const char *folder, const char *name, uint32_t before)
{
    char path[PATH_MAX];
    if (issuer->former_count == ISSUER_FORMER_KEYS_MAX)
        return E_LIMIT;
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return E_RANGE;
    struct former_update_key *to = &issuer->former[issuer->former_count];
    int err = authority_load(&to->key, token, path, NULL);
    if (err)
        return err;
    to->before = before;
    issuer->former_count++;
    return 0;
}

int update_keys_load(struct issuer *issuer, struct token *token, const char *folder)
{
    int err = 0;
    DIR *dir = opendir(folder);
    if (!dir)
        return E_IO;
    for (struct dirent *e; !err && (e = readdir(dir)) != NULL;) {
        const uint32_t before = update_key_before(e->d_name);
        if (before)
            err = former_add(issuer, token, folder, e->d_name, before);
        if (err)
            fprintf(stderr, "issuer: %s/%s: %s\n", folder, e->d_name, err_text(err));
    }
    closedir(dir);
    return err;
}

void update_keys_release(struct issuer *issuer)
{
    for (unsigned i = 0; i < issuer->former_count; i++)
        authority_release(&issuer->former[i].key);
    issuer->former_count = 0;
}

struct authority *update_key_for(struct issuer *issuer, uint32_t keystore_version)
{
    struct former_update_key *found = NULL;
    for (unsigned i = 0; i < issuer->former_count; i++)
        if (keystore_version < issuer->former[i].before && (!found || issuer->former[i].before < found->before))
            found = &issuer->former[i];
    return found ? &found->key : &issuer->update;
}

/* -- rotation ---------------------------------------------------------------- */

static int refuse(const char *why, int err)
{
    fprintf(stderr, "perisphered: update key: %s\n", why);
    return err;
}

/* The highest N there is; versions only rise. */
static int newest_before(const char *folder, uint32_t *newest)
{
    DIR *dir = opendir(folder);
    *newest = 0;
    if (!dir)
        return E_NOT_FOUND;
    for (struct dirent *e; (e = readdir(dir)) != NULL;)
        if (update_key_before(e->d_name) > *newest)
            *newest = update_key_before(e->d_name);
    closedir(dir);
    return 0;
}

/* Cut off after the copy: it is that of the key which is still in use. */
static bool is_copy_of(const char *kept, struct token *token, const struct authority *in_use)
{
    struct authority key = {0};
    bool same = authority_load(&key, token, kept, NULL) == 0 && key.point_bytes == in_use->point_bytes &&
                memcmp(key.point, in_use->point, key.point_bytes) == 0;
    authority_release(&key);
    return same;
}

static int key_write(const char *folder, const char *name, const struct authority *key)
{
    char *text;
    int err = authority_text(key, true, false, span_of(NULL, 0), &text);
    if (!err)
        err = key_file_write(folder, name, span_of(text, strlen(text)), 0600);
    authority_text_free(text);
    return err;
}

int service_update_key_rotate(const char *data, struct token *token, uint32_t keystore_version)
{
    struct authority in_use = {0}, key = {0};
    char folder[PATH_MAX - 64], path[PATH_MAX], kept[64], public[AUTHORITY_PUBLIC_TEXT_BYTES], why[128];
    uint32_t newest;
    snprintf(folder, sizeof folder, "%s/issuer", data);
    snprintf(kept, sizeof kept, "%s%u%s", prefix, (unsigned)keystore_version, suffix);
    int err = newest_before(folder, &newest);
    if (err)
        return refuse("the data folder has no issuer", err);
    snprintf(path, sizeof path, "%s/update.key", folder);
    err = authority_load(&in_use, token, path, NULL);
    if (err)
        return refuse(err_text(err), err);
    snprintf(path, sizeof path, "%s/%s", folder, kept);
    if (keystore_version < 2 || keystore_version < newest || (keystore_version == newest && !is_copy_of(path, token, &in_use))) {
        authority_release(&in_use);
        snprintf(why, sizeof why, "the keystore's version must be above %u, that of the %s, and is %u", (unsigned)(newest > 1 ? newest : 1),
                 newest > 1 ? "last rotation" : "first keystore", (unsigned)keystore_version);
        return refuse(why, E_RANGE);
    }
    err = authority_generate_beside(&key, &in_use, token, keystore_version);
    /* The copy first: at no moment is the key that devices trust without a name. */
    if (!err)
        err = key_write(folder, kept, &in_use);
    if (!err)
        err = key_write(folder, "update.key", &key);
    if (err && key.token_key) /* no file names it */
        (void)!token_key_destroy(key.token_key);
    if (!err) {
        authority_public_text(&key, public);
        err = key_file_write(data, "update-key.pub", span_of(public, strlen(public)), 0644);
    }
    authority_release(&in_use);
    authority_release(&key);
    return err ? refuse(err_text(err), err) : 0;
}
