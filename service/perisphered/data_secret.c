/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/perisphered/data_secret.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "lib/ct.h"
#include "service/ipc/key_text.h"
#include "service/perisphered/secret.h"
#include "service/perisphered/unseal.h"

struct asking {
    struct service_config *config;
    const char *data;
    unsigned issuer_uid;
    bool *refused;
};

/* A PIN that was refused is the one thing after which nobody may try again: what the files name is the
 * store's to write, and must not be enough to end the service for good. */
static int unseal(struct asking *a, const struct name_file *file, size_t count, uint8_t key[][SEALED_KEY_BYTES])
{
    int err = unseal_keys(a->config, a->issuer_uid, file, count, key);
    *a->refused = err == E_DENIED;
    return err;
}

/* store/data.key: in the clear it is the store's to read, sealed it is opened for it. */
static int own_key_read(struct asking *a)
{
    struct name_file file[2] = {{.uri = ""}, {.uri = ""}};
    uint8_t key[2][SEALED_KEY_BYTES];
    char path[2][PATH_MAX];
    size_t count = 0;
    snprintf(path[0], sizeof path[0], "%s/store/data.key", a->data);
    snprintf(path[1], sizeof path[1], "%s/store/data.key.new", a->data);
    for (size_t i = 0; i < 2; i++) {
        int err = name_file_read(path[i], &file[i]);
        if (err && err != E_NOT_FOUND) {
            fprintf(stderr, "perisphered: the key of the data, \"%s\": %s\n", path[i], err_text(err));
            return err;
        }
    }
    bool sealed[2] = {file[0].uri[0] != '\0', file[1].uri[0] != '\0'};
    if (!sealed[0])
        file[0] = file[1];
    count = (size_t)sealed[0] + sealed[1];
    int err = count ? unseal(a, file, count, key) : 0;
    a->config->data_key_own = true;
    a->config->has_data_key = !err && sealed[0];
    a->config->has_data_key_next = !err && sealed[1];
    if (a->config->has_data_key)
        memcpy(a->config->data_key, key[0], sizeof key[0]);
    if (a->config->has_data_key_next)
        memcpy(a->config->data_key_next, key[count - 1], sizeof key[0]);
    ct_wipe(key, sizeof key);
    return err;
}

static int other_key_read(struct asking *a)
{
    struct name_file file;
    char path[PATH_MAX];
    int err = secret_path(a->config->key, "key", path, sizeof path);
    if (!err)
        err = name_file_read(path, &file);
    if (!err && file.uri[0])
        err = unseal(a, &file, 1, &a->config->data_key);
    else if (!err)
        err = key_text_read(path, a->config->data_key);
    if (err == E_NOT_FOUND)
        fprintf(stderr, "perisphered: the key of the data, \"%s\", is missing\n", path);
    a->config->has_data_key = !err;
    return err;
}

/* Read here: where an operator keeps it, the process's own user may have no right. */
int data_secret_read(struct service_config *config, const char *data, unsigned issuer_uid, bool *refused)
{
    struct asking a = {config, data, issuer_uid, refused};
    *refused = false;
    int err = config->pkcs11_module[0] ? pin_read(config->pkcs11_pin, config->pin) : 0;
    if (err)
        return err;
    return config->key[0] ? other_key_read(&a) : own_key_read(&a);
}
