/* SPDX-License-Identifier: BSD-2-Clause */
#include "pluton/host/fuse_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/ct.h"
#include "pluton/host/disk.h"

static const char file_name[] = "fuses", new_name[] = "fuses.new";

_Static_assert(FUSE_FILE_COVERED_BYTES + SHA256_BYTES == FUSE_FILE_BYTES, "layout");

static int encode(const struct fuse_file *in, uint8_t bytes[static FUSE_FILE_BYTES])
{
    uint8_t digest[SHA256_BYTES];
    struct writer w = writer_of(bytes, FUSE_FILE_BYTES);
    writer_u32le(&w, FUSE_FILE_MAGIC);
    writer_u16le(&w, FUSE_FILE_VERSION);
    writer_u16le(&w, FUSE_FILE_BYTES);
    writer_u64le(&w, in->boot_count);
    writer_bytes(&w, in->scalar, sizeof in->scalar);
    writer_bytes(&w, in->root_key, sizeof in->root_key);
    writer_bytes(&w, in->row, sizeof in->row);
    writer_zero(&w, FUSE_FILE_COVERED_BYTES - w.len);
    const struct span covered = writer_view(&w);
    int err = crypto_sha256(&covered, 1, digest);
    writer_bytes(&w, digest, sizeof digest);
    return err ? err : w.err;
}

static int decode(const uint8_t bytes[static FUSE_FILE_BYTES], struct fuse_file *out)
{
    uint8_t digest[SHA256_BYTES], stored[SHA256_BYTES];
    const struct span covered = span_of(bytes, FUSE_FILE_COVERED_BYTES);
    int err = crypto_sha256(&covered, 1, digest);
    if (err)
        return err;
    struct cursor c = cursor_of(span_of(bytes, FUSE_FILE_BYTES));
    const uint32_t magic = cursor_u32le(&c);
    const uint16_t version = cursor_u16le(&c), size = cursor_u16le(&c);
    out->boot_count = cursor_u64le(&c);
    cursor_copy(&c, out->scalar, sizeof out->scalar);
    cursor_copy(&c, out->root_key, sizeof out->root_key);
    cursor_copy(&c, out->row, sizeof out->row);
    cursor_skip(&c, c.left - SHA256_BYTES);
    cursor_copy(&c, stored, sizeof stored);
    if (cursor_end(&c) || magic != FUSE_FILE_MAGIC || !ct_equal(digest, stored, sizeof digest))
        return E_CORRUPT;
    return version == FUSE_FILE_VERSION && size == FUSE_FILE_BYTES ? 0 : E_VERSION;
}

/* Exactly FUSE_FILE_BYTES, no more and no less. */
static int read_exactly(int fd, uint8_t bytes[static FUSE_FILE_BYTES])
{
    uint8_t more;
    size_t have = 0;
    while (have < FUSE_FILE_BYTES) {
        const ssize_t got = read(fd, bytes + have, FUSE_FILE_BYTES - have);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return E_IO;
        if (got == 0)
            return E_CORRUPT;
        have += (size_t)got;
    }
    return read(fd, &more, 1) == 0 ? 0 : E_CORRUPT;
}

int fuse_file_read(int folder, uid_t owner, struct fuse_file *out)
{
    uint8_t bytes[FUSE_FILE_BYTES];
    struct stat st;
    int err = E_IO;
    memset(out, 0, sizeof *out);
    const int fd = openat(folder, file_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? E_NOT_FOUND : errno == EACCES || errno == ELOOP ? E_DENIED : E_IO;
    if (fstat(fd, &st))
        goto out;
    err = E_DENIED;
    if (!S_ISREG(st.st_mode) || (st.st_mode & 07777) != 0600 || st.st_uid != owner ||
        st.st_nlink != 1)
        goto out;
    err = read_exactly(fd, bytes);
    if (!err)
        err = decode(bytes, out);
out:
    close(fd);
    ct_wipe(bytes, sizeof bytes);
    if (err)
        ct_wipe(out, sizeof *out);
    return err;
}

static int write_new(int folder, uid_t owner, const struct fuse_file *in, bool replace)
{
    uint8_t bytes[FUSE_FILE_BYTES];
    int fd = -1, err = encode(in, bytes);
    if (err)
        goto out;
    fd = disk_create(folder, new_name);
    if (fd < 0) {
        err = fd;
        goto out;
    }
    if (owner != geteuid() && fchown(fd, owner, (gid_t)-1)) {
        err = E_IO;
        goto out;
    }
    err = disk_write(fd, bytes, sizeof bytes);
    if (!err)
        err = disk_sync(fd);
    if (!err)
        err = disk_rename(folder, new_name, file_name, replace);
    if (!err)
        err = disk_sync(folder);
out:
    if (fd >= 0)
        close(fd);
    ct_wipe(bytes, sizeof bytes);
    return err;
}

int fuse_file_write(int folder, const struct fuse_file *in)
{
    return write_new(folder, geteuid(), in, true);
}

int fuse_file_create(int folder, uid_t owner, const struct fuse_file *in)
{
    const int err = write_new(folder, owner, in, false);
    if (err)
        (void)unlinkat(folder, new_name, 0); /* holds private keys nobody will use */
    return err;
}
