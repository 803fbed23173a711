/* SPDX-License-Identifier: BSD-2-Clause */
/* A SoftHSM of the test's own, in a folder that goes with it; Debian's softhsm2. */
#ifndef PERI_SERVICE_PKCS11_SOFTHSM_TEST_H
#define PERI_SERVICE_PKCS11_SOFTHSM_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/check.h"

#define SOFTHSM_MODULE "/usr/lib/softhsm/libsofthsm2.so"
#define SOFTHSM_PIN "1234-user"

static inline int softhsm_run(const char *const argv[])
{
    int status = -1;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        if (!freopen("/dev/null", "w", stdout))
            _exit(127);
        execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    REQUIRE(pid > 0 && waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline void softhsm_token_add(const char *label)
{
    const char *argv[] = {"softhsm2-util", "--init-token", "--free", "--label", label,
                          "--pin", SOFTHSM_PIN, "--so-pin", "5678-officer", NULL};
    REQUIRE(softhsm_run(argv) == 0);
}

/* folder: the tokens' folder is below it, SOFTHSM2_CONF names the file that says so. */
static inline void softhsm_begin(const char *folder)
{
    char path[256];
    snprintf(path, sizeof path, "%s/tokens", folder);
    REQUIRE(mkdir(path, 0700) == 0);
    snprintf(path, sizeof path, "%s/softhsm2.conf", folder);
    FILE *f = fopen(path, "w");
    REQUIRE(f && fprintf(f, "directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n", folder) > 0);
    fclose(f);
    REQUIRE(setenv("SOFTHSM2_CONF", path, 1) == 0);
}

#endif
