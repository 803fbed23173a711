/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that name keys, and where: in a folder of another's a link, or a pipe, is not read; a link that root, or the reader,
 * made in a folder of his is.
 */
#include "service/pkcs11/name_file.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/check.h"

enum { OTHER_UID = 61042 };

#define URI "pkcs11:token=t;object=o"

static char top[] = "/tmp/peri-name-file-XXXXXX";

static const char *at(const char *name)
{
    static char path[2][PATH_MAX];
    static unsigned turn;
    char *to = path[turn++ % 2];
    snprintf(to, PATH_MAX, "%s/%s", top, name);
    return to;
}

static void put(const char *name)
{
    int fd = open(at(name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    REQUIRE(fd >= 0 && write(fd, URI "\n", sizeof URI) == (ssize_t)sizeof URI && close(fd) == 0);
}

static void look(const char *name, int want)
{
    struct name_file file;
    CHECK_INT(name_file_read(at(name), &file), want);
    CHECK_STR(file.uri, want ? "" : URI);
}

/* links: what is read by way of one. */
static void look_all(int links)
{
    look("folder/plain", 0);
    look("folder/none", E_NOT_FOUND);
    look("folder/link", links);
    look("folder/inside", links);
    look("folder/nowhere", links ? links : E_NOT_FOUND);
}

int main(void)
{
    struct name_file file;
    REQUIRE(mkdtemp(top) && mkdir(at("folder"), 0700) == 0);
    put("secret");
    put("folder/plain");
    REQUIRE(symlink(at("secret"), at("folder/link")) == 0 && symlink("plain", at("folder/inside")) == 0 &&
            symlink("no such file", at("folder/nowhere")) == 0 && mkfifo(at("folder/pipe"), 0600) == 0);
    look_all(0);
    CHECK_INT(name_file_read(at("folder/pipe"), &file), 0); /* and is waited for at none */
    CHECK_INT(name_file_read(at("no folder/plain"), &file), E_NOT_FOUND);
    CHECK_INT(name_file_read(at("secret/plain"), &file), E_IO);
    REQUIRE(chdir(at("folder")) == 0);
    CHECK_INT(name_file_read("plain", &file), 0);
    CHECK_INT(name_file_read("link", &file), 0);
    if (geteuid() == 0) { /* nobody else can have a folder that he may read and that is another's */
        REQUIRE(chown(at("folder"), OTHER_UID, OTHER_UID) == 0);
        look_all(E_DENIED);
        CHECK_INT(name_file_read(at("folder/pipe"), &file), E_DENIED);
        CHECK_INT(name_file_read("link", &file), E_DENIED);
        CHECK_INT(name_file_read("plain", &file), 0);
        /* its owner follows his own, and root's */
        REQUIRE(chmod(top, 0755) == 0 && chown(at("secret"), OTHER_UID, OTHER_UID) == 0 &&
                chown(at("folder/plain"), OTHER_UID, OTHER_UID) == 0 && symlink(at("secret"), at("of-root")) == 0);
        REQUIRE(seteuid(OTHER_UID) == 0);
        look_all(0);
        look("of-root", 0);
        REQUIRE(seteuid(0) == 0);
    }
    static const char *const names[] = {"folder/plain", "folder/link", "folder/inside", "folder/nowhere", "folder/pipe", "secret"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        CHECK_INT(unlink(at(names[i])), 0);
    (void)unlink(at("of-root"));
    CHECK_INT(rmdir(at("folder")) | rmdir(top), 0);
    return check_done();
}
