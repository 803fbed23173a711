/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/perisphered/unseal.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/ct.h"
#include "service/perisphered/uid.h"

/* In the child, before the vendor's code is there: what that has no need of. */
static void secrets_forget(struct service_config *config, size_t count, uint8_t key[][SEALED_KEY_BYTES])
{
    ct_wipe(config->database, sizeof config->database);
    ct_wipe(config->data_key, sizeof config->data_key);
    ct_wipe(config->data_key_next, sizeof config->data_key_next);
    ct_wipe(key, count * SEALED_KEY_BYTES);
}

/* In the child: all of them or nothing.  E_DENIED is the PIN's alone. */
static int keys_send(const struct service_config *config, const struct name_file *file, size_t count, int to)
{
    struct token *token;
    uint8_t key[SEALED_KEY_BYTES];
    int err = token_open(config->pkcs11_module, config->pin, &token);
    for (size_t i = 0; !err && i < count; i++) {
        err = sealed_key_open(token, &file[i], key);
        if (!err && write(to, key, sizeof key) != (ssize_t)sizeof key)
            err = E_IO;
    }
    if (err)
        err = token && token_pin_refused(token) ? E_DENIED : E_CRYPTO;
    ct_wipe(key, sizeof key);
    token_close(token);
    return err;
}

static bool keys_receive(int from, size_t count, uint8_t key[][SEALED_KEY_BYTES])
{
    size_t want = count * SEALED_KEY_BYTES, got = 0;
    while (got < want) {
        ssize_t n = read(from, (uint8_t *)key + got, want - got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        got += (size_t)n;
    }
    return true;
}

int unseal_keys(struct service_config *config, unsigned uid, const struct name_file *file, size_t count,
                uint8_t key[][SEALED_KEY_BYTES])
{
    int pair[2], status = -1;
    if (!config->pkcs11_module[0]) {
        fprintf(stderr, "perisphered: the key of the data is sealed by one in a token, %s, and service.json names no "
                        "\"pkcs11_module\"\n", file[0].uri);
        return E_STATE;
    }
    if (pipe(pair) != 0)
        return E_FULL;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        close(pair[0]);
        secrets_forget(config, count, key);
        int err = uid_take(uid) == 0 ? keys_send(config, file, count, pair[1]) : E_INTERNAL;
        fflush(NULL);
        _exit(err == E_DENIED ? PROCESS_EXIT_REFUSED : err ? 1 : 0);
    }
    close(pair[1]);
    bool good = pid > 0 && keys_receive(pair[0], count, key);
    close(pair[0]);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (good && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    ct_wipe(key, count * SEALED_KEY_BYTES);
    fprintf(stderr, "perisphered: the key of the data could not be opened by the token\n");
    return WIFEXITED(status) && WEXITSTATUS(status) == PROCESS_EXIT_REFUSED ? E_DENIED : E_CRYPTO;
}
