/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The disk of PostgreSQL's data is full (docs/spec/store.md, "Durability"): whoever writes is told E_FULL, reading
 * goes on, what was acknowledged is there, and it goes on by itself once there is room.
 * The disk is a tablespace on a small tmpfs, in a mount namespace of the test's own, which takes root.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>

#include "service/store/store_fixture_test.h"

enum { DISK_BYTES = 24 << 20, ROOM = 200000, PRODUCTS_MAX = 2000 };

static char disk[] = "/tmp/peri-full-XXXXXX", filler[64], url[256];

static bool disk_mount(void)
{
    char options[64];
    if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return false;
    snprintf(options, sizeof options, "size=%d,mode=0711", DISK_BYTES);
    return mount("none", disk, "tmpfs", 0, options) == 0;
}

/* All but ROOM. */
static void disk_fill(void)
{
    static const uint8_t block[65536];
    int fd = open(filler, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    struct stat st;
    REQUIRE(fd >= 0);
    for (size_t bytes = sizeof block; bytes; bytes /= 2)
        while (write(fd, block, bytes) == (ssize_t)bytes)
            ;
    CHECK_INT(errno, ENOSPC);
    REQUIRE(fstat(fd, &st) == 0 && st.st_size > ROOM && ftruncate(fd, st.st_size - ROOM) == 0);
    close(fd);
}

/* A database of the server's whose tables are on the small disk. */
static void database_make(void)
{
    char command[1024], place[64];
    snprintf(place, sizeof place, "%s/space", disk);
    REQUIRE(mkdir(place, 0700) == 0 && (!fx.server.uid || chown(place, fx.server.uid, fx.server.gid) == 0));
    snprintf(command, sizeof command, "%s/psql -q -X -v ON_ERROR_STOP=1 '%s' -c \"CREATE TABLESPACE small LOCATION '%s'\" "
             "-c 'CREATE DATABASE narrow TABLESPACE small'", fx.server.programs, fx.server.url, place);
    REQUIRE(system(command) == 0);
    snprintf(url, sizeof url, "postgresql://perisphere@/narrow?host=%s", fx.server.folder);
}

static int product_put(unsigned number)
{
    char name[32], text[1001];
    snprintf(name, sizeof name, "product%u", number);
    memset(text, 'd', sizeof text);
    const struct store_product_put put = {.scope = fixture_scope("one", name, ""), .set_description = true,
                                          .description = span_of(text, 1000)};
    return fixture_api(STORE_OP_PRODUCT_PUT, &store_product_put_type, &put);
}

static int product_get(unsigned number)
{
    char name[32];
    snprintf(name, sizeof name, "product%u", number);
    const struct store_query query = {.scope = fixture_scope("one", name, "")};
    return fixture_api(STORE_OP_PRODUCT_GET, &store_query_type, &query);
}

static void check_there(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        CHECK_INT(product_get(i), 0);
    CHECK(product_get(count) != 0);
}

static unsigned until_full(unsigned made)
{
    int err = 0;
    while (made < PRODUCTS_MAX && (err = product_put(made)) == 0)
        made++;
    REQUIRE(made < PRODUCTS_MAX);
    CHECK_INT(err, E_FULL);
    return made;
}

int main(void)
{
    REQUIRE(mkdtemp(disk) != NULL);
    if (!disk_mount()) {
        REQUIRE(geteuid() != 0);
        fprintf(stderr, "PostgreSQL on a full disk: skipped, a mount takes root\n");
        return rmdir(disk) == 0 ? 0 : 1;
    }
    snprintf(filler, sizeof filler, "%s/filler", disk);
    strcpy(fx.folder, "/tmp/perisphere-store-XXXXXX");
    REQUIRE(mkdtemp(fx.folder) != NULL);
    fx.on_postgresql = true;
    postgresql_server_start(&fx.server);
    database_make();
    REQUIRE(store_open(&fx.store, fx.folder, url, NULL) == 0);
    batch_init(&fx.batch, &fx.store, fixture_replied);
    fixture_place("one", "", "");
    unsigned made = 0;
    for (int time = 0; time < 2; time++) {
        disk_fill();
        unsigned first = made;
        made = until_full(made);
        CHECK(made > first);
        for (int again = 0; again < 3; again++) /* it stays so, and nothing of it is there by half */
            CHECK_INT(product_put(made), E_FULL);
        check_there(made);
        if (time == 1) { /* a service that starts meanwhile reads as well */
            store_close(&fx.store);
            REQUIRE(store_open(&fx.store, fx.folder, url, NULL) == 0);
            check_there(made);
        }
        REQUIRE(unlink(filler) == 0);
        CHECK_INT(product_put(made), 0);
        check_there(++made);
    }
    fixture_end();
    REQUIRE(umount(disk) == 0 && rmdir(disk) == 0);
    return check_done();
}
