/* SPDX-License-Identifier: BSD-2-Clause */
/* A folder on disk as the sources of an ASXipFS image. */
#ifndef PERI_CLI_PACKAGE_PACKAGE_TREE_H
#define PERI_CLI_PACKAGE_PACKAGE_TREE_H

#include "cli/command.h"
#include "lib/app_manifest.h"
#include "lib/asxipfs.h"

struct hardware; /* cli/package/hardware.h */

struct package_tree {
    struct asxipfs_source source[ASXIPFS_FILES_MAX];
    size_t count;
};

/* Reads every regular file below folder, in order of names; symbolic links, special
 * files and folders that cannot be read are refused. */
int package_tree_load(struct package_tree *tree, const char *folder);
/* Puts the manifest (file, or the one in the tree) in, minified, with what the
 * packer adds, and checks it as a device would; the entry point is made executable.
 * runtime_version 0: as the manifest says.  hardware: what $NAMEs stand for; NULL: the
 * manifest must have none. */
int package_tree_manifest(struct package_tree *tree, const char *file, uint32_t runtime_version,
                          const struct hardware *hardware, struct app_manifest *manifest);
/* A further file with the right to be executed. */
int package_tree_executable(struct package_tree *tree, const char *path);
/* A file more, or in place of the one at this path; takes data (malloc'd), also on failure. */
int package_tree_put(struct package_tree *tree, const char *path, struct span data);
/* Upper bound of the file system's size. */
size_t package_tree_bytes(const struct package_tree *tree);
void package_tree_release(struct package_tree *tree);

#endif
