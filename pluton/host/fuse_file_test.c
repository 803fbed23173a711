/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fuse file: power lost at any operation leaves the old or the new one;
 * damage, wrong mode, wrong type are found.  Driven through the HAL as the
 * runtime drives it, over a disk that fails (testing/disk_fault.c).
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pluton/host/hal_host.h"
#include "pluton/runtime/pluton.h"
#include "pluton/testing/call.h"
#include "pluton/testing/disk_fault.h"
#include "tests/check.h"

static int folder;
static const uint8_t root[P256_PUBLIC_BYTES] = {1, 2, 3};

static size_t bytes_read(uint8_t bytes[static FUSE_FILE_BYTES + 1])
{
    const int fd = openat(folder, "fuses", O_RDONLY);
    REQUIRE(fd >= 0);
    const ssize_t got = read(fd, bytes, FUSE_FILE_BYTES + 1);
    close(fd);
    REQUIRE(got >= 0);
    return (size_t)got;
}

static void bytes_write(const uint8_t *bytes, size_t len)
{
    const int fd = openat(folder, "fuses", O_WRONLY | O_TRUNC);
    REQUIRE(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
    close(fd);
}

static int reopen(struct fuse_file *file)
{
    return fuse_file_read(folder, geteuid(), file);
}

/* Power lost in the factory: no fuses, or complete ones; never a second device. */
static void manufacture_cut(void)
{
    for (unsigned torn = 0; torn < 2; torn++)
        for (unsigned n = 1;; n++) {
            uint8_t id[64];
            struct fuse_file file;
            unlinkat(folder, "fuses", 0);
            disk_fault_at(n, torn);
            const int err = hal_manufacture(folder, geteuid(), root, id);
            const bool hit = disk_fault_hit();
            disk_fault_at(0, false);
            if (!hit) {
                CHECK_INT(err, 0);
                CHECK(n > 5); /* create, write, sync, rename, sync were all cut */
                break;
            }
            CHECK_INT(err, E_IO);
            const int after = reopen(&file);
            CHECK(after == 0 || after == E_NOT_FOUND);
            if (after == 0)
                CHECK_INT(hal_manufacture(folder, geteuid(), root, id), E_EXISTS);
        }
}

static int lifecycle_set(struct pluton *p, uint8_t state)
{
    static uint8_t room[PLUTON_DATAGRAM_MAX];
    uint8_t request[16];
    struct span answer;
    const uint8_t payload[8] = {0xab, 0xc5, 0x04, 0x5f, state};
    struct writer w = writer_of(request, sizeof request), reply = writer_of(room, sizeof room);
    call_write(&w, PLUTON_SET_MANUFACTURING_STATE, span_of(payload, 8));
    REQUIRE(pluton_call(p, PLUTON_RIGHT_SECURITY_STATE, writer_view(&w), &reply) == 0);
    return call_read(writer_view(&reply), PLUTON_SET_MANUFACTURING_STATE, &answer);
}

/* One boot and one life-cycle step, cut at every operation in turn. */
static void program_cut(void)
{
    static struct pluton p;
    static struct hal hal;
    uint8_t factory[FUSE_FILE_BYTES + 1], id[64];
    struct fuse_file before, after;

    unlinkat(folder, "fuses", 0);
    REQUIRE(hal_manufacture(folder, geteuid(), root, id) == 0);
    REQUIRE(bytes_read(factory) == FUSE_FILE_BYTES);
    for (unsigned torn = 0; torn < 2; torn++)
        for (unsigned n = 1;; n++) {
            struct fuses fuses;
            unlinkat(folder, "fuses.new", 0);
            bytes_write(factory, FUSE_FILE_BYTES);
            REQUIRE(reopen(&before) == 0);
            REQUIRE(hal_open(&hal, folder, geteuid()) == 0);
            disk_fault_at(n, torn);
            const int booted = pluton_boot(&p, &hal);
            const int status = lifecycle_set(&p, LIFECYCLE_MODULE1_COMPLETE);
            const bool hit = disk_fault_hit();
            disk_fault_at(0, false);
            hal_close(&hal);

            /* identity and root survive everything; a counted boot stays counted */
            REQUIRE(reopen(&after) == 0);
            CHECK_MEM(after.scalar, before.scalar, sizeof after.scalar);
            CHECK_MEM(after.root_key, root, sizeof root);
            REQUIRE(fuse_row_read(after.row, &fuses) == 0);
            CHECK(after.boot_count - before.boot_count <= 1);
            if (booted == 0)
                CHECK_INT(after.boot_count, before.boot_count + 1);
            /* what was confirmed is there; what was not is old or new */
            CHECK(fuses.lifecycle <= LIFECYCLE_MODULE1_COMPLETE);
            if (status == PLUTON_OK)
                CHECK_INT(fuses.lifecycle, LIFECYCLE_MODULE1_COMPLETE);
            else
                CHECK_INT(status, PLUTON_HARDWARE);
            /* and the device starts again */
            REQUIRE(hal_open(&hal, folder, geteuid()) == 0);
            CHECK_INT(pluton_boot(&p, &hal), 0);
            CHECK_MEM(p.device_id, id, sizeof id);
            hal_close(&hal);
            if (!hit) {
                CHECK(n > 10);
                break;
            }
        }
}

static void damage_is_found(void)
{
    static const struct fuse_file empty;
    uint8_t good[FUSE_FILE_BYTES + 1], bad[FUSE_FILE_BYTES + 1] = {0};
    struct fuse_file file;
    REQUIRE(bytes_read(good) == FUSE_FILE_BYTES && reopen(&file) == 0);
    for (unsigned bit = 0; bit < 8 * FUSE_FILE_BYTES; bit++) {
        memcpy(bad, good, FUSE_FILE_BYTES);
        bad[bit / 8] = (uint8_t)(bad[bit / 8] ^ 1u << bit % 8);
        bytes_write(bad, FUSE_FILE_BYTES);
        CHECK_INT(reopen(&file), E_CORRUPT);
        CHECK_MEM(&file, &empty, sizeof file);
    }
    memcpy(bad, good, FUSE_FILE_BYTES);
    for (size_t len = 0; len <= FUSE_FILE_BYTES + 1; len++) {
        bytes_write(bad, len);
        CHECK_INT(reopen(&file), len == FUSE_FILE_BYTES ? 0 : E_CORRUPT);
    }
    bytes_write(good, FUSE_FILE_BYTES);
}

/* "mode 0600 enforced on open (wrong permissions or owner: clear error)" */
static void permissions(void)
{
    struct fuse_file file;
    for (mode_t mode = 0; mode <= 07777; mode++) {
        REQUIRE(fchmodat(folder, "fuses", mode, 0) == 0);
        const int err = reopen(&file);
        CHECK_INT(err, mode == 0600 ? 0 : E_DENIED);
    }
    REQUIRE(fchmodat(folder, "fuses", 0600, 0) == 0);
    CHECK_INT(fuse_file_read(folder, geteuid() + 1, &file), E_DENIED);
    REQUIRE(linkat(folder, "fuses", folder, "second", 0) == 0);
    CHECK_INT(reopen(&file), E_DENIED); /* a second name is a second way in */
    REQUIRE(unlinkat(folder, "second", 0) == 0);
    REQUIRE(renameat(folder, "fuses", folder, "real") == 0);
    REQUIRE(symlinkat("real", folder, "fuses") == 0);
    CHECK_INT(reopen(&file), E_DENIED);
    REQUIRE(unlinkat(folder, "fuses", 0) == 0);
    REQUIRE(mkfifoat(folder, "fuses", 0600) == 0);
    CHECK_INT(reopen(&file), E_DENIED); /* and does not wait for a writer */
    REQUIRE(unlinkat(folder, "fuses", 0) == 0);
    CHECK_INT(reopen(&file), E_NOT_FOUND);
    REQUIRE(renameat(folder, "real", folder, "fuses") == 0);
    CHECK_INT(reopen(&file), 0);
}

/* Scalars outside 1..n-1 are no keys; the digest alone does not make them good. */
static void scalars_are_checked(void)
{
    static const uint8_t fill[] = {0x00, 0xff};
    for (unsigned i = 0; i < 2; i++) {
        struct hal hal;
        struct fuse_file file;
        REQUIRE(reopen(&file) == 0);
        memset(file.scalar[HAL_SLOT_GENERAL], fill[i], KEY_PRIVATE_BYTES);
        REQUIRE(fuse_file_write(folder, &file) == 0);
        CHECK_INT(hal_open(&hal, folder, geteuid()), E_CORRUPT);
    }
}

int main(void)
{
    char path[] = "/tmp/fuse_file_test.XXXXXX";
    REQUIRE(mkdtemp(path) != NULL);
    folder = open(path, O_RDONLY | O_DIRECTORY);
    REQUIRE(folder >= 0);
    manufacture_cut();
    program_cut();
    damage_is_found();
    permissions();
    scalars_are_checked();
    unlinkat(folder, "fuses.new", 0);
    unlinkat(folder, "fuses", 0);
    close(folder);
    CHECK_INT(rmdir(path), 0);
    return check_done();
}
