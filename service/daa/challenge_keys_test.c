/* SPDX-License-Identifier: BSD-2-Clause */
/* The key file's rules: made once, kept, private, of an exact length. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/daa/challenge_keys.h"
#include "tests/check.h"

static char folder[] = "/tmp/challenge_keys_test.XXXXXX";
static char data[64], path[96];

static void file_put(size_t len, mode_t mode)
{
    uint8_t bytes[CHALLENGE_KEYS_MAX * CHALLENGE_KEY_BYTES + CHALLENGE_KEY_BYTES];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i / CHALLENGE_KEY_BYTES + 1);
    (void)unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    REQUIRE(fd >= 0 && write(fd, bytes, len) == (ssize_t)len && fchmod(fd, mode) == 0);
    close(fd);
}

int main(void)
{
    struct challenge_keys keys, again;
    struct stat st;

    REQUIRE(mkdtemp(folder) != NULL);
    snprintf(data, sizeof data, "%s/daa", folder);
    snprintf(path, sizeof path, "%s/challenge.key", data);

    /* first start: one key, private; second start: the same one */
    CHECK_INT(challenge_keys_load(data, &keys), 0);
    CHECK_INT(keys.count, 1);
    CHECK_INT(stat(path, &st), 0);
    CHECK_INT(st.st_mode & 07777, 0600);
    CHECK_INT(st.st_size, CHALLENGE_KEY_BYTES);
    CHECK_INT(st.st_nlink, 1);
    CHECK_INT(challenge_keys_load(data, &again), 0);
    CHECK_MEM(&keys, &again, sizeof keys);

    /* rotation: current first, at most CHALLENGE_KEYS_MAX */
    file_put(2 * CHALLENGE_KEY_BYTES, 0600);
    CHECK_INT(challenge_keys_load(data, &keys), 0);
    CHECK_INT(keys.count, 2);
    CHECK_INT(keys.at[0][0], 1);
    CHECK_INT(keys.at[1][31], 2);
    file_put(CHALLENGE_KEYS_MAX * CHALLENGE_KEY_BYTES, 0600);
    CHECK_INT(challenge_keys_load(data, &keys), 0);
    CHECK_INT(keys.count, CHALLENGE_KEYS_MAX);

    /* wrong length, wrong permissions, not a file: refused, left as it is */
    static const size_t bad[] = {0, 1, 31, 33, 63, CHALLENGE_KEYS_MAX * CHALLENGE_KEY_BYTES + 1,
                                 (CHALLENGE_KEYS_MAX + 1) * CHALLENGE_KEY_BYTES};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        file_put(bad[i], 0600);
        CHECK_INT(challenge_keys_load(data, &keys), E_CORRUPT);
        CHECK_INT(keys.count, 0);
        CHECK_INT(stat(path, &st), 0);
        CHECK_INT(st.st_size, (long long)bad[i]);
    }
    file_put(CHALLENGE_KEY_BYTES, 0640);
    CHECK_INT(challenge_keys_load(data, &keys), E_DENIED);
    CHECK_INT(keys.count, 0);
    REQUIRE(unlink(path) == 0 && symlink("elsewhere", path) == 0);
    CHECK_INT(challenge_keys_load(data, &keys), E_DENIED);
    REQUIRE(unlink(path) == 0 && mkdir(path, 0700) == 0);
    CHECK_INT(challenge_keys_load(data, &keys), E_DENIED);

    REQUIRE(rmdir(path) == 0 && rmdir(data) == 0 && rmdir(folder) == 0);
    return check_done();
}
