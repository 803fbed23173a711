/* SPDX-License-Identifier: BSD-2-Clause */
/* cli/package/package_tree.h: what becomes an image, and what is refused. */
#include "cli/package/package_tree.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "cli/file.h"
#include "cli/run_fixture_test.h"

#define MANIFEST(more)                                                                    \
    "{\"SchemaVersion\":1,\"Name\":\"a\",\"ComponentId\":\"00000000-0000-0000-0000-000000000001\"," \
    "\"EntryPoint\":\"/bin/app\",\"CmdArgs\":[],\"Capabilities\":{}" more "}"

static struct package_tree tree;
static struct app_manifest manifest;

static int load(const char *folder)
{
    package_tree_release(&tree);
    return CAUGHT(package_tree_load(&tree, folder));
}

/* The standard tree with this manifest (NULL: none) through the manifest step. */
static int pack(const char *text, const char *file, uint32_t version)
{
    unlink(at("app/app_manifest.json"));
    if (text)
        put_text(at("app/app_manifest.json"), text);
    REQUIRE(load(at("app")) == 0);
    return CAUGHT(package_tree_manifest(&tree, file, version, NULL, &manifest));
}

static void order(void)
{
    put_text(at("app/b"), "b");
    put_text(at("app/a"), "a");
    CHECK_INT(load(at("app")), 0);
    CHECK_INT((int)tree.count, 3);
    CHECK_STR(tree.source[0].path, "/a");
    CHECK_STR(tree.source[1].path, "/b");
    CHECK_STR(tree.source[2].path, "/bin/app");
    CHECK(tree.source[2].executable && !tree.source[0].executable);
    CHECK(package_tree_bytes(&tree) > 4096);
    CHECK_INT(load(at("app//")), 0); /* slashes of completion change nothing */
    CHECK_STR(tree.source[2].path, "/bin/app");
    REQUIRE(symlink(at("app"), at("link")) == 0);
    CHECK_INT(load(at("link")), 0); /* the folder itself may be named by a link */
    CHECK_STR(tree.source[2].path, "/bin/app");
    unlink(at("app/a"));
    unlink(at("app/b"));
}

static void refused(void)
{
    CHECK_INT(load(at("gone")), 1);
    CHECK_HAS(caught, "No such file");
    CHECK_INT(load(at("app/bin/app")), 1);
    CHECK_HAS(caught, "is not a folder");
    REQUIRE(mkdir(at("empty"), 0755) == 0 && mkdir(at("empty/empty"), 0755) == 0);
    CHECK_INT(load(at("empty")), 1);
    CHECK_HAS(caught, "is empty");

    REQUIRE(symlink("/etc/passwd", at("app/x")) == 0);
    CHECK_INT(load(at("app")), 1);
    CHECK_HAS(caught, "app/x' is a symbolic link");
    REQUIRE(unlink(at("app/x")) == 0 && symlink("/no/where", at("app/x")) == 0);
    CHECK_INT(load(at("app")), 1);
    CHECK_HAS(caught, "symbolic link");
    REQUIRE(unlink(at("app/x")) == 0 && mkfifo(at("app/x"), 0644) == 0);
    CHECK_INT(load(at("app")), 1);
    CHECK_HAS(caught, "is a special file");
    REQUIRE(unlink(at("app/x")) == 0);
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    snprintf(name.sun_path, sizeof name.sun_path, "%s", at("app/x"));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(fd >= 0 && bind(fd, (struct sockaddr *)&name, sizeof name) == 0);
    close(fd);
    CHECK_INT(load(at("app")), 1);
    CHECK_HAS(caught, "is a special file");
    REQUIRE(unlink(at("app/x")) == 0);
}

static void limits(void)
{
    REQUIRE(mkdir(at("many"), 0755) == 0);
    for (int i = 0; i < ASXIPFS_FILES_MAX - 1; i++)
        put_text(at("many/%d", i), "");
    CHECK_INT(load(at("many")), 0);
    CHECK_INT((int)tree.count, ASXIPFS_FILES_MAX - 1);
    put_text(at("many/x"), "");
    CHECK_INT(load(at("many")), 1);
    CHECK_HAS(caught, "more than 255 files");
    put_text(at("many/0"), "");
    REQUIRE(truncate(at("many/0"), FILE_MAX_BYTES + 1L) == 0);
    CHECK_INT(load(at("many")), 1);
    CHECK_HAS(caught, "many/0' has 33554433 bytes");
}

static struct span packed(void)
{
    for (size_t i = 0; i < tree.count; i++)
        if (strcmp(tree.source[i].path, "/app_manifest.json") == 0)
            return tree.source[i].data;
    return span_of(NULL, 0);
}

static void manifests(void)
{
    CHECK_INT(pack(MANIFEST(""), NULL, 0), 0);
    CHECK_INT(manifest.runtime_version, 0);
    CHECK_INT(pack("\xEF\xBB\xBF " MANIFEST(""), NULL, 0), 0); /* BOM and space go */
    CHECK(packed().len == strlen(MANIFEST("")) && memcmp(packed().at, MANIFEST(""), packed().len) == 0);
    CHECK_INT(pack(MANIFEST(""), NULL, 5), 0);
    CHECK_INT(manifest.runtime_version, 5);
    CHECK_INT(pack(MANIFEST(",\"TargetApplicationRuntimeVersion\":7"), NULL, 0), 0);
    CHECK_INT(manifest.runtime_version, 7);

    REQUIRE(chmod(at("app/bin/app"), 0644) == 0); /* the entry point becomes executable */
    CHECK_INT(pack(MANIFEST(""), NULL, 0), 0);
    for (size_t i = 0; i < tree.count; i++)
        CHECK(tree.source[i].executable == (strcmp(tree.source[i].path, "/bin/app") == 0));

    put_text(at("other.json"), MANIFEST(",\"TargetApplicationRuntimeVersion\":9"));
    CHECK_INT(pack(NULL, at("other.json"), 0), 0); /* from elsewhere: added */
    CHECK_INT(manifest.runtime_version, 9);
    CHECK_INT((int)tree.count, 2);
    CHECK_INT(pack(MANIFEST(""), at("other.json"), 0), 0); /* and in place of the folder's */
    CHECK_INT(manifest.runtime_version, 9);
    CHECK_INT((int)tree.count, 2);
    CHECK_INT(pack(MANIFEST(""), at("gone.json"), 0), 1);
    CHECK_HAS(caught, "gone.json");
}

/* By number, as the reference reports them. */
static void manifest_errors(void)
{
#define BODY(text) "{\"Name\":\"a\",\"ComponentId\":\"00000000-0000-0000-0000-000000000001\"," text "}"
    static const struct {
        const char *text;
        int number;
    } rows[] = {
        {NULL, APP_MANIFEST_MANIFEST_MISSING},
        {"", APP_MANIFEST_NOT_JSON},
        {"{", APP_MANIFEST_NOT_JSON},
        {"[]", APP_MANIFEST_NOT_JSON},
        {"{\"Name\":1,\"Name\":2}", APP_MANIFEST_NOT_JSON},
        {BODY("\"SchemaVersion\":1,\"CmdArgs\":[],\"Capabilities\":{}"), APP_MANIFEST_NO_ENTRY_POINT},
        {BODY("\"EntryPoint\":\"/bin/app\",\"Capabilities\":{}"), APP_MANIFEST_NO_SCHEMA_VERSION},
        {BODY("\"SchemaVersion\":1,\"EntryPoint\":\"/bin/app\""), APP_MANIFEST_NO_CAPABILITIES},
        {BODY("\"SchemaVersion\":2,\"EntryPoint\":\"/bin/app\",\"Capabilities\":{}"), APP_MANIFEST_BAD_SCHEMA_VERSION},
        {BODY("\"SchemaVersion\":1,\"EntryPoint\":\"/bin/no\",\"Capabilities\":{}"), APP_MANIFEST_ENTRY_POINT_MISSING},
        {BODY("\"SchemaVersion\":1,\"EntryPoint\":\"bin/app\",\"Capabilities\":{}"), APP_MANIFEST_BAD_ENTRY_POINT},
        {BODY("\"SchemaVersion\":1,\"EntryPoint\":\"/bin/app\",\"CmdArgs\":1,\"Capabilities\":{}"),
         APP_MANIFEST_BAD_CMD_ARGS},
        {BODY("\"SchemaVersion\":1,\"EntryPoint\":\"/bin/app\",\"Capabilities\":{\"Fly\":true}"),
         APP_MANIFEST_CAPABILITY_NOT_ALLOWED},
        {BODY("\"SchemaVersion\":1,\"EntryPoint\":\"/bin/app\",\"Capabilities\":{\"MutableStorage\":{\"SizeKB\":65}}"),
         APP_MANIFEST_MUTABLE_STORAGE_TOO_LARGE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char number[32];
        snprintf(number, sizeof number, "(%d) ", rows[i].number);
        CHECK_INT(pack(rows[i].text, NULL, 0), 1);
        CHECK_HAS(caught, number);
    }
}

int main(void)
{
    run_begin();
    umask(022);
    REQUIRE(mkdir(at("app"), 0755) == 0 && mkdir(at("app/bin"), 0755) == 0);
    put_text(at("app/bin/app"), "program");
    REQUIRE(chmod(at("app/bin/app"), 0755) == 0);
    order();
    refused();
    limits();
    manifests();
    manifest_errors();
    package_tree_release(&tree);
    free(caught);
    return check_done();
}
