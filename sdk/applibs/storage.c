/* SPDX-License-Identifier: BSD-2-Clause */
#include <applibs/storage.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/app_channel.h"

char *Storage_GetAbsolutePathInImagePackage(const char *relativePath)
{
    if (!relativePath) {
        errno = EFAULT;
        return NULL;
    }
    if (!*relativePath || *relativePath == '/' || *relativePath == '.' || strstr(relativePath, "..")) {
        errno = EINVAL;
        return NULL;
    }
    char *path = malloc(sizeof APP_PATH_IMAGE + 1 + strlen(relativePath));
    if (!path)
        return NULL;
    strcpy(path, APP_PATH_IMAGE "/");
    strcat(path, relativePath);
    return path;
}

int Storage_OpenFileInImagePackage(const char *relativePath)
{
    char *path = Storage_GetAbsolutePathInImagePackage(relativePath);
    if (!path)
        return -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int error = errno;
    free(path);
    errno = error;
    return fd;
}

/* Granted by the application manager together with the folder. */
static int storage_granted(void)
{
    const char *kb = getenv(APP_ENV_STORAGE_KB);
    if (kb && strtoul(kb, NULL, 10) > 0)
        return 0;
    errno = EACCES;
    return -1;
}

int Storage_OpenMutableFile(void)
{
    if (storage_granted() != 0)
        return -1;
    return open(APP_STORAGE_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

int Storage_DeleteMutableFile(void)
{
    if (storage_granted() != 0)
        return -1;
    /* The file is a mount of its own in the compartment: emptying it is deleting it. */
    struct stat st;
    int result = -1, fd = open(APP_STORAGE_FILE, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) == 0) {
        errno = ENOENT;
        if (st.st_size > 0)
            result = ftruncate(fd, 0);
    }
    int error = errno;
    close(fd);
    errno = error;
    return result;
}
