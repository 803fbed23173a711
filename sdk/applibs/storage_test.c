/* SPDX-License-Identifier: BSD-2-Clause */
#include <applibs/log.h>
#include <applibs/storage.h>

#include <errno.h>
#include <unistd.h>

#include "abi/app_channel.h"
#include "tests/check.h"

static void path_rules(void)
{
    static const char *const bad[] = {"/x", "", ".x", "./x", "../x", "a/../b", "a..b"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        errno = 0;
        CHECK(Storage_GetAbsolutePathInImagePackage(bad[i]) == NULL);
        CHECK_INT(errno, EINVAL);
        CHECK_INT(Storage_OpenFileInImagePackage(bad[i]), -1);
    }
    CHECK(Storage_GetAbsolutePathInImagePackage(NULL) == NULL && errno == EFAULT);
    char *path = Storage_GetAbsolutePathInImagePackage("certs/ca.pem");
    CHECK_STR(path, APP_PATH_IMAGE "/certs/ca.pem");
    free(path);
    CHECK(Storage_OpenFileInImagePackage("no/such/file") == -1 && errno == ENOENT);
}

static void mutable_file_needs_the_grant(void)
{
    unsetenv(APP_ENV_STORAGE_KB);
    CHECK(Storage_OpenMutableFile() == -1 && errno == EACCES);
    CHECK(Storage_DeleteMutableFile() == -1 && errno == EACCES);
    setenv(APP_ENV_STORAGE_KB, "0", 1);
    CHECK(Storage_OpenMutableFile() == -1 && errno == EACCES);
}

int main(void)
{
    path_rules();
    mutable_file_needs_the_grant();
    CHECK_INT(Log_Debug("%s\n", "a line"), 0);
    int (*unchecked)(const char *, ...) = Log_Debug; /* the compiler refuses NULL by itself */
    CHECK(unchecked(NULL) == -1 && errno == EFAULT);
    return check_done();
}
