/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docs/spec/store.md, "Encryption": a search through all that a store leaves on disk
 * finds no device id, name, report text or image byte; a database that an older
 * program left in the clear is sealed at its first start; without the key, or with
 * another, nothing opens; a changed image does not pass.
 *   encryption_test [postgresql]
 */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sqlite3.h>
#include <unistd.h>

#include "lib/hex.h"
#include "lib/image.h"
#include "service/ipc/issuer_ops.h"
#include "service/store/batch.h"
#include "service/store/database/postgresql.h"
#include "tests/check.h"
#include "tests/postgresql.h"

static char folder[64];
static struct postgresql_server server;
static bool on_postgresql;
static struct store store;
static struct batch batch;
static int last_status;

#define T(s) span_of(s, sizeof(s) - 1)

static const struct store_scope scope = {
    .subscription = {(const uint8_t *)"subscriptionQQ", 14}, .resource_group = {(const uint8_t *)"resourceQQ", 10},
    .catalog = {(const uint8_t *)"catalogQQ", 9},            .product = {(const uint8_t *)"productQQ", 9},
    .group = {(const uint8_t *)"groupQQ", 7},
};

/* Every text written here has this in it, every id and image body these bytes. */
static const char text_mark[] = "QQ";
static const uint8_t byte_mark[8] = {0xd1, 0xce, 0xb0, 0x0c, 0xfe, 0xed, 0xfa, 0xce};

static void marked(uint8_t *to, size_t len)
{
    for (size_t i = 0; i < len; i++)
        to[i] = byte_mark[i % sizeof byte_mark];
}

static void on_reply(void *token, int status, struct span payload)
{
    (void)token;
    (void)payload;
    last_status = status;
}

static void call(unsigned peer, uint16_t number, struct span payload)
{
    const struct store_operation *op;
    REQUIRE(operation_find(peer, number, &op) == 0);
    (void)batch_take(&batch, op, payload, NULL);
    CHECK_INT(batch_end(&batch), 0);
    CHECK_INT(last_status, 0);
}

static void api(uint16_t number, const struct record_type *type, const void *record)
{
    static uint8_t bytes[1 << 20];
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(record_write(type, record, &w) == 0);
    call(PEER_API, number, writer_view(&w));
}

static void fleet_make(void)
{
    static uint8_t package[200000], bytes[65536];
    struct store_catalog_put catalog = {.scope = scope, .actor = T("actorQQ"), .set_tags = true, .tags = T("{\"tagQQ\":1}")};
    struct store_product_put product = {.scope = scope, .set_description = true, .description = T("descriptionQQ")};
    struct store_group_put group = {.scope = scope, .set = 31, .description = T("group textQQ")};
    struct store_device_register device = {.chip_sku = T("skuQQ")};
    static struct store_device_claim claim = {.scope = scope, .count = 1};
    struct image_meta meta = {.type = IMAGE_TYPE_APPLICATIONS, .signing_type = IMAGE_SIGNING_ECDSA256, .has_debug = true,
                              .name = "imageQQ"};
    struct writer w = writer_of(package, sizeof package);
    marked(device.device_id, sizeof device.device_id);
    marked(claim.device[0].id, sizeof claim.device[0].id);
    marked(meta.id, sizeof meta.id);
    marked(meta.component, sizeof meta.component);
    marked(package, 150000);
    w.len = 150000; /* the body stands there already */
    REQUIRE(image_meta_write(&w, &meta) == 0);
    writer_zero(&w, IMAGE_SIGNATURE_BYTES);
    struct store_image_put image = {.scope = scope, .package = writer_view(&w)};
    api(STORE_OP_CATALOG_PUT, &store_catalog_put_type, &catalog);
    api(STORE_OP_PRODUCT_PUT, &store_product_put_type, &product);
    api(STORE_OP_GROUP_PUT, &store_group_put_type, &group);
    api(STORE_OP_DEVICE_REGISTER, &store_device_register_type, &device);
    api(STORE_OP_DEVICE_CLAIM, &store_device_claim_type, &claim);
    api(STORE_OP_IMAGE_PUT, &store_image_put_type, &image);

    /* kept whole, over several chunks, until it is carried out */
    static uint8_t kept[200000];
    marked(kept, sizeof kept);
    const struct store_operation_begin begin = {scope.subscription, T("kindQQ"), T("actorQQ"), span_of(kept, sizeof kept)};
    api(STORE_OP_OPERATION_BEGIN, &store_operation_begin_type, &begin);

    struct store_attest attest = {.kind = ISSUER_KIND_OS, .not_before_s = 100, .not_after_s = 200};
    marked(attest.device_id, sizeof attest.device_id);
    marked(attest.serial, sizeof attest.serial);
    marked(attest.key, sizeof attest.key);
    w = writer_of(bytes, sizeof bytes);
    REQUIRE(store_attest_write(&attest, &w) == 0);
    call(PEER_DAA, STORE_OP_ATTEST_RECORD, writer_view(&w));
    struct store_report report = {.now_s = 1000, .count = 1};
    marked(report.device_id, sizeof report.device_id);
    marked(report.batch, sizeof report.batch);
    report.at[0] = (struct store_event){.category = 1, .first_s = 1000, .last_s = 1000, .count = 1};
    w = writer_of(bytes, sizeof bytes);
    REQUIRE(store_report_write(&report, &w) == 0);
    call(PEER_REPORTS, STORE_OP_REPORT_ADD, writer_view(&w));
}

/* -- the search ---------------------------------------------------------------- */

static const struct span *wanted;
static size_t wanted_count;
static unsigned found, files;
static size_t searched;

static int search_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    size_t len;
    if (kind != FTW_F || st->st_size == 0 || strcmp(path + ftw->base, "log") == 0)
        return 0;
    uint8_t *bytes = check_read_file(path, &len);
    files++;
    searched += len;
    for (size_t i = 0; i < wanted_count; i++)
        if (memmem(bytes, len, wanted[i].at, wanted[i].len) || memmem(path, strlen(path), wanted[i].at, wanted[i].len)) {
            found++;
        }
    free(bytes);
    return 0;
}

static void search_all(const char *where, const struct span *what, size_t count)
{
    wanted = what;
    wanted_count = count;
    found = files = 0;
    searched = 0;
    REQUIRE(nftw(where, search_one, 16, FTW_PHYS) == 0);
}

static void search(const char *where, const struct span *what, size_t count)
{
    search_all(where, what, count);
    CHECK_INT(found, 0);
    CHECK(files > 0 && searched > 10000);
}

static void test_search(void)
{
    char hex[17], big[17];
    hex_encode(byte_mark, sizeof byte_mark, hex);
    for (size_t i = 0; i < sizeof hex; i++)
        big[i] = (char)(hex[i] >= 'a' ? hex[i] - 32 : hex[i]);
    const struct span what[] = {span_of(text_mark, 2), T("subscription"), T("description"), T("AppCrash"), T("AppExit"),
                                span_of(byte_mark, sizeof byte_mark), span_of(hex, 16), span_of(big, 16)};
    /* "QQ" alone would be found by chance in that many random bytes: longer ones stand for it */
    const struct span names[] = {T("logQQ"), T("ductQQ"), T("roupQQ"), T("ptionQQ"), T("rceQQ"), T("torQQ"), T("tagQQ"), T("kindQQ"),
                                 T("textQQ"), T("skuQQ"), T("mageQQ")};
    if (on_postgresql) {
        REQUIRE(postgresql_execute(&store.db, "CHECKPOINT", NULL) == 0);
        char data[96];
        snprintf(data, sizeof data, "%s/data", server.folder);
        search(data, names, sizeof names / sizeof names[0]);
        search(data, what + 5, 3); /* PostgreSQL's own files are full of English */
    } else {
        search(folder, names, sizeof names / sizeof names[0]); /* with the log of what is not yet in the file */
        search(folder, what + 3, 5);
    }
}

/* -- keys ------------------------------------------------------------------------ */

static int open_again(const uint8_t *key)
{
    struct store *other = calloc(1, sizeof *other);
    REQUIRE(other != NULL);
    int err = store_open(other, folder, server.url, key);
    if (!err)
        store_close(other);
    free(other);
    return err;
}

static void key_write(const char *text, mode_t mode)
{
    char path[96];
    snprintf(path, sizeof path, "%s/data.key", folder);
    (void)unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    REQUIRE(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && fchmod(fd, mode) == 0);
    close(fd);
}

static void test_keys(void)
{
    char path[96], kept[96];
    size_t len;
    snprintf(path, sizeof path, "%s/data.key", folder);
    snprintf(kept, sizeof kept, "%s.kept", folder);
    char *text = (char *)check_read_file(path, &len);
    CHECK_INT(len, 65);
    REQUIRE(rename(path, kept) == 0);
    CHECK_INT(open_again(NULL), E_NOT_FOUND);
    CHECK(access(path, F_OK) != 0); /* and none was made in its place */
    CHECK_INT(open_again((const uint8_t[32]){9}), E_KEY_UNKNOWN);
    static const struct {
        const char *text;
        mode_t mode;
        int want;
    } rows[] = {
        {"0000000000000000000000000000000000000000000000000000000000000000\n", 0600, E_KEY_UNKNOWN},
        {"0000000000000000000000000000000000000000000000000000000000000000\n", 0604, E_DENIED},
        {"00000000000000000000000000000000000000000000000000000000000000\n", 0600, E_MALFORMED},
        {"000000000000000000000000000000000000000000000000000000000000000000\n", 0600, E_MALFORMED},
        {"g000000000000000000000000000000000000000000000000000000000000000\n", 0600, E_MALFORMED},
        {"", 0600, E_MALFORMED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        key_write(rows[i].text, rows[i].mode);
        CHECK_INT(open_again(NULL), rows[i].want);
    }
    REQUIRE(rename(kept, path) == 0);
    CHECK_INT(open_again(NULL), 0);
    uint8_t key[32];
    CHECK_INT(hex_decode(span_of(text, 64), key, sizeof key), 0);
    CHECK_INT(open_again(key), 0);
    free(text);
}

/* An empty database where the data were: a name that is wrong, a file that is gone. */
static void test_gone(void)
{
    char begun[96], path[96];
    snprintf(begun, sizeof begun, "%s/begun", folder);
    snprintf(path, sizeof path, "%s/store.db", folder);
    CHECK_INT(access(begun, F_OK), 0);
    if (on_postgresql) {
        REQUIRE(store_open(&store, folder, server.url, NULL) == 0);
        REQUIRE(postgresql_execute(&store.db, "DROP SCHEMA public CASCADE", NULL) == 0);
        REQUIRE(postgresql_execute(&store.db, "CREATE SCHEMA public", NULL) == 0);
        store_close(&store);
    } else {
        REQUIRE(unlink(path) == 0);
    }
    for (unsigned i = 0; i < 2; i++) /* the refused start leaves nothing that the next one takes for data */
        CHECK_INT(open_again(NULL), E_NOT_FOUND);
    REQUIRE(unlink(begun) == 0);
    CHECK_INT(open_again(NULL), 0);
    CHECK_INT(access(begun, F_OK), 0);
    CHECK_INT(open_again(NULL), 0);
}

/* -- images ---------------------------------------------------------------------- */

static int package_check(void)
{
    static uint8_t bytes[200000];
    uint8_t digest[32];
    size_t got;
    struct statement *s = statement_get(&store.db, STATEMENT_IMAGE_DIGESTS);
    REQUIRE(statement_step(&store.db, s) == 1);
    column_exact(s, 0, digest, sizeof digest);
    statement_done(s);
    int err = package_read(&store, digest, 65000, bytes, 80000, &got);
    CHECK(err || (got == 80000 && bytes[0] == byte_mark[65000 % 8] && bytes[79999] == byte_mark[144999 % 8]));
    return err;
}

static void test_changed_image(void)
{
    char path[200] = "", images[96];
    struct stat st;
    snprintf(images, sizeof images, "%s/images", folder);
    DIR *dir = opendir(images);
    REQUIRE(dir != NULL);
    for (struct dirent *e; (e = readdir(dir)) != NULL;)
        if (e->d_name[0] != '.')
            snprintf(path, sizeof path, "%s/%.64s", images, e->d_name);
    closedir(dir);
    CHECK_INT(package_check(), 0);
    int fd = open(path, O_RDWR);
    uint8_t byte, piece[65564], next[65564];
    REQUIRE(fd >= 0 && fstat(fd, &st) == 0 && pread(fd, &byte, 1, 70000) == 1);
    byte ^= 1;
    REQUIRE(pwrite(fd, &byte, 1, 70000) == 1);
    CHECK_INT(package_check(), E_CORRUPT);
    byte ^= 1;
    REQUIRE(pwrite(fd, &byte, 1, 70000) == 1);
    CHECK_INT(package_check(), 0);
    /* two pieces change places */
    REQUIRE(pread(fd, piece, sizeof piece, 0) == sizeof piece && pread(fd, next, sizeof next, sizeof piece) == sizeof next);
    REQUIRE(pwrite(fd, next, sizeof next, 0) == sizeof next && pwrite(fd, piece, sizeof piece, sizeof next) == sizeof piece);
    CHECK_INT(package_check(), E_CORRUPT);
    close(fd);
}

/* -- what an older program left ----------------------------------------------------- */

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static void test_older(void)
{
    char path[160];
    sqlite3 *db;
    size_t len;
    uint8_t bytes[64], got[64], digest[32];
    size_t n;
    strcpy(folder, "/tmp/perisphere-older-XXXXXX");
    REQUIRE(mkdtemp(folder) != NULL);
    char *sql = (char *)check_read_file("service/store/testdata/schema_1.sql", &len);
    sql[len - 1] = '\0'; /* it ends in a newline */
    snprintf(path, sizeof path, "%s/store.db", folder);
    REQUIRE(sqlite3_open(path, &db) == SQLITE_OK && sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
    free(sql);
    /* the package of its image, in the clear under its digest */
    snprintf(path, sizeof path, "%s/images", folder);
    REQUIRE(mkdir(path, 0700) == 0);
    memset(digest, 0xe1, sizeof digest);
    memset(bytes, 'P', sizeof bytes);
    strcat(path, "/");
    hex_encode(digest, sizeof digest, path + strlen(path));
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    REQUIRE(fd >= 0 && write(fd, bytes, sizeof bytes) == sizeof bytes);
    close(fd);
    uint8_t device[64], image[16] = {0x51};
    memset(device, 0x0a, sizeof device);
    const struct span what[] = {T("Contoso"), T("Dishwasher"), T("washes"), T("Production"), T("in the field"), T("MT3620AN"),
                                T("dw100"), T("AppCrash"), T("uploadImage"), T("PPPPPPPPPPPPPPPP"), span_of(device, 16),
                                span_of(image, 16), T("e1e1e1e1e1e1e1e1")};
    size_t count = sizeof what / sizeof what[0];
    search_all(folder, what, count);
    CHECK(found >= count); /* the search finds them while they are in the clear */
    REQUIRE(store_open(&store, folder, "", NULL) == 0);
    search(folder, what, count);
    CHECK_INT(package_read(&store, digest, 0, got, sizeof got, &n), 0);
    CHECK(n == sizeof got && memcmp(got, bytes, n) == 0);
    store_close(&store);
    search(folder, what, count);
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int main(int argc, char **argv)
{
    on_postgresql = argc > 1 && strcmp(argv[1], "postgresql") == 0;
    strcpy(folder, "/tmp/perisphere-sealed-XXXXXX");
    REQUIRE(mkdtemp(folder) != NULL);
    if (on_postgresql)
        postgresql_server_start(&server);
    REQUIRE(store_open(&store, folder, server.url, NULL) == 0);
    batch_init(&batch, &store, on_reply);
    fleet_make();
    test_search();
    if (!on_postgresql)
        test_changed_image();
    store_close(&store);
    test_keys();
    test_gone();
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    if (on_postgresql)
        postgresql_server_stop(&server);
    else
        test_older();
    return check_done();
}
