/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/perisphered/token_needs.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "service/pkcs11/name_file.h"

static int token_add(struct token_needs *needs, const char *text)
{
    struct token_uri uri;
    char why[URI_WHY_BYTES];
    int err = uri_parse(span_of(text, strlen(text)), &uri, why);
    if (err)
        return err;
    memset(&uri.object, 0, sizeof uri.object);
    memset(&uri.id, 0, sizeof uri.id);
    uri.type = URI_TYPE_ANY;
    for (size_t i = 0; i < needs->count; i++)
        if (memcmp(&needs->token[i], &uri, sizeof uri) == 0)
            return 0;
    if (needs->count == TOKEN_NEEDS_MAX)
        return E_LIMIT;
    needs->token[needs->count++] = uri;
    return 0;
}

static int file_look(const char *folder, const char *name, struct token_needs *needs)
{
    struct name_file file;
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return E_RANGE;
    int err = name_file_read(path, &file);
    if (!err && file.uri[0])
        err = token_add(needs, file.uri);
    if (err && err != E_NOT_FOUND)
        fprintf(stderr, "perisphered: %s: %s\n", path, err_text(err));
    return err == E_NOT_FOUND ? 0 : err;
}

int token_needs_read(const char *data, struct token_needs *needs)
{
    char folder[PATH_MAX];
    int err = 0;
    memset(needs, 0, sizeof *needs);
    if (snprintf(folder, sizeof folder, "%s/issuer", data) >= (int)sizeof folder)
        return E_RANGE;
    DIR *dir = opendir(folder);
    if (!dir)
        return E_NOT_FOUND;
    for (struct dirent *e; !err && (e = readdir(dir)) != NULL;) {
        size_t len = strlen(e->d_name);
        if (len > 4 && (strcmp(e->d_name + len - 4, ".key") == 0 || strcmp(e->d_name, "audit.pem") == 0))
            err = file_look(folder, e->d_name, needs);
    }
    closedir(dir);
    return err ? err : file_look(data, "store/data.key", needs);
}

void token_needs_tell(const struct token_needs *needs, struct outcome *outcome)
{
    char text[URI_TEXT_MAX + 1];
    for (size_t i = 0; i < needs->count; i++)
        if (uri_format(&needs->token[i], text, sizeof text) == 0) {
            outcome_list(outcome, "tokens", text);
            outcome_say(outcome, "keys of it are in a token, %s: without that they are lost", text);
        }
}
