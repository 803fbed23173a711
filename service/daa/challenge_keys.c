/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/ct.h"
#include "service/daa/challenge_keys.h"

static const char file_name[] = "challenge.key";

/* A half-written file never carries the name: write beside, sync, link.  A
 * second starter that loses the race uses the file that won. */
static int file_create(int dir)
{
    uint8_t key[CHALLENGE_KEY_BYTES];
    char beside[64];
    int fd = -1, err = E_IO;

    snprintf(beside, sizeof beside, "%s.%ld", file_name, (long)getpid());
    if (getrandom(key, sizeof key, 0) != (ssize_t)sizeof key) {
        err = E_ENTROPY;
        goto out;
    }
    (void)unlinkat(dir, beside, 0);
    fd = openat(dir, beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        goto out;
    if (write(fd, key, sizeof key) != (ssize_t)sizeof key || fsync(fd) != 0)
        goto out;
    /* The name may be lost with the power, and the next start makes a new key:
     * challenges live for minutes.  A name without its bytes would be worse. */
    if (linkat(dir, beside, dir, file_name, 0) != 0 && errno != EEXIST)
        goto out;
    err = 0;
out:
    if (fd >= 0) {
        close(fd);
        (void)unlinkat(dir, beside, 0);
    }
    ct_wipe(key, sizeof key);
    return err;
}

static int file_read(int fd, struct challenge_keys *keys)
{
    uint8_t bytes[CHALLENGE_KEYS_MAX * CHALLENGE_KEY_BYTES + 1];
    struct stat st;
    int err = E_IO;

    if (fstat(fd, &st) != 0)
        goto out;
    if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077) != 0) {
        err = E_DENIED;
        goto out;
    }
    ssize_t got = read(fd, bytes, sizeof bytes);
    if (got < 0)
        goto out;
    if (got == 0 || got % CHALLENGE_KEY_BYTES != 0 || got == (ssize_t)sizeof bytes) {
        err = E_CORRUPT;
        goto out;
    }
    keys->count = (unsigned)(got / CHALLENGE_KEY_BYTES);
    memcpy(keys->at, bytes, (size_t)got);
    err = 0;
out:
    ct_wipe(bytes, sizeof bytes);
    return err;
}

int challenge_keys_load(const char *folder, struct challenge_keys *keys)
{
    int dir = -1, fd = -1, err = E_IO;

    memset(keys, 0, sizeof *keys);
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        goto out;
    dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        goto out;
    fd = openat(dir, file_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT) {
        err = file_create(dir);
        if (err)
            goto out;
        fd = openat(dir, file_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    }
    if (fd < 0) {
        err = errno == EACCES || errno == ELOOP ? E_DENIED : E_IO;
        goto out;
    }
    err = file_read(fd, keys);
out:
    if (err)
        fprintf(stderr, "daa: challenge key: \"%s/%s\": %s\n", folder, file_name, err_text(err));
    if (fd >= 0)
        close(fd);
    if (dir >= 0)
        close(dir);
    return err;
}
