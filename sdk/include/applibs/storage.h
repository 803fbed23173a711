/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of the image package, and the application's one mutable file. */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/* Absolute path, to be freed.  NULL with EFAULT, ENOMEM, or EINVAL when
 * relativePath begins with '/' or '.', or contains "..". */
char *Storage_GetAbsolutePathInImagePackage(const char *relativePath);
/* Read-only descriptor; -1 with the errors above, or ENOENT. */
int Storage_OpenFileInImagePackage(const char *relativePath);
/* Read-write descriptor at offset 0; the file is made if it is absent.  Needs
 * MutableStorage; -1 with EACCES without it, EIO. */
int Storage_OpenMutableFile(void);
/* -1 with EACCES, ENOENT, EIO. */
int Storage_DeleteMutableFile(void);

#ifdef __cplusplus
}
#endif
