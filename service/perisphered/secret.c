/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/perisphered/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/ct.h"

#define UNIT_CREDENTIALS "/run/credentials/perisphered.service"

int secret_path(const char *place, const char *what, char *path, size_t cap)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    int n;
    if (strncmp(place, "credential:", 11) != 0) {
        n = snprintf(path, cap, "%s", place + 5);
        return n >= 0 && (size_t)n < cap ? 0 : E_RANGE;
    }
    if (!folder && access(UNIT_CREDENTIALS, X_OK) == 0)
        folder = UNIT_CREDENTIALS;
    if (!folder) {
        fprintf(stderr, "perisphered: service.json: \"%s\" names a credential, and systemd gave none: "
                        "LoadCredential=%s:PATH in the unit\n", what, place + 11);
        return E_NOT_FOUND;
    }
    n = snprintf(path, cap, "%s/%s", folder, place + 11);
    return n >= 0 && (size_t)n < cap ? 0 : E_RANGE;
}

static int fail(const char *path, const char *what, int err)
{
    fprintf(stderr, "perisphered: the token's PIN, \"%s\": %s\n", path, what);
    return err;
}

int pin_read(const char *place, char pin[static TOKEN_PIN_MAX + 1])
{
    char path[4096], text[TOKEN_PIN_MAX + 2];
    struct stat st;
    pin[0] = '\0';
    int err = secret_path(place, "pkcs11_pin", path, sizeof path);
    if (err)
        return err;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail(path, strerror(errno), errno == ENOENT ? E_NOT_FOUND : E_IO);
    ssize_t n = read(fd, text, sizeof text);
    size_t len = n < 0 ? 0 : (size_t)n;
    if (len && text[len - 1] == '\n')
        len--;
    if (n < 0 || fstat(fd, &st) != 0)
        err = fail(path, strerror(errno), E_IO);
    else if (st.st_mode & 077 & ~(S_IRGRP))
        err = fail(path, "is open to others: chmod 0600 it", E_DENIED);
    else if (len == 0 || len > TOKEN_PIN_MAX || memchr(text, '\0', len) || memchr(text, '\n', len))
        err = fail(path, "must hold the PIN alone, in one line", E_MALFORMED);
    close(fd);
    if (!err) {
        memcpy(pin, text, len);
        pin[len] = '\0';
    }
    ct_wipe(text, sizeof text);
    return err;
}

int secret_token_open(const struct service_config *config, struct token **token)
{
    char pin[TOKEN_PIN_MAX + 1];
    *token = NULL;
    if (!config->pkcs11_module[0])
        return 0;
    int err = pin_read(config->pkcs11_pin, pin);
    if (!err)
        err = token_open(config->pkcs11_module, pin, token);
    ct_wipe(pin, sizeof pin);
    return err;
}
