/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/asxipfs.h"

#include "abi/asxipfs.h"
#include "lib/crc32.h"
#include "tests/check.h"
#include "tests/vectors.h"

enum { PAGE = ASXIPFS_PAGE_BYTES, SMALL = 3 * PAGE, ROOM = 64 * PAGE };

static struct span text(const char *s)
{
    return span_of(s, strlen(s));
}

static uint32_t u32(const uint8_t *at)
{
    struct cursor c = cursor_of(span_of(at, 4));
    return cursor_u32le(&c);
}

static void sum_again(uint8_t *bytes, size_t len)
{
    struct writer w = writer_of(bytes + ASXIPFS_CRC_AT, 4);
    memset(w.at, 0, 4);
    writer_u32le(&w, crc32_update(0, bytes, len));
}

/* The invariants that the header promises after asxipfs_open(). */
static bool tree_holds(const struct asxipfs *fs)
{
    struct asxipfs_entry entry, found;
    char before[ASXIPFS_PATH_MAX + 1] = "";
    for (uint32_t i = 0; i < fs->files; i++) {
        if (asxipfs_at(fs, i, &entry) != 0)
            return false;
        const bool root = i == 0;
        if (root != (strcmp(entry.path, "/") == 0) || (root && !entry.directory))
            return false;
        for (const char *p = entry.path; !root && *p; p++)
            if (*p == '/' && (p[1] == '\0' || p[1] == '/' ||
                              (p[1] == '.' && (p[2] == '\0' || p[2] == '/')) ||
                              (p[1] == '.' && p[2] == '.' && (p[3] == '\0' || p[3] == '/'))))
                return false;
        if (entry.data.len > 0 &&
            (entry.directory || entry.data.at < fs->bytes.at ||
             entry.data.at + entry.data.len > fs->bytes.at + fs->bytes.len))
            return false;
        if (strcmp(entry.path, before) == 0 || asxipfs_find(fs, entry.path, &found) != 0 ||
            found.data.at != entry.data.at || found.mode != entry.mode)
            return false;
        strcpy(before, entry.path);
    }
    return asxipfs_at(fs, fs->files, &entry) == E_NOT_FOUND && entry.path[0] == '\0';
}

static int open_checked(struct span bytes)
{
    struct asxipfs fs;
    int err = asxipfs_open(bytes, &fs);
    if (err)
        CHECK(fs.bytes.at == NULL && fs.files == 0);
    else
        CHECK(tree_holds(&fs));
    return err;
}

/* Vectors are stored without the zeros at their end. */
static int open_padded(struct span bytes)
{
    static uint8_t padded[SMALL];
    REQUIRE(bytes.len <= sizeof padded);
    memset(padded, 0, sizeof padded);
    memcpy(padded, bytes.at, bytes.len);
    return open_checked(span_of(padded, sizeof padded));
}

static void vectors(void)
{
    CHECK(vectors_replay("testdata/asxipfs", open_padded) >= 45);
}

static const struct asxipfs_source app[] = {
    {"/bin/app", true, {(const uint8_t *)"program", 7}},
    {"/app_manifest.json", false, {(const uint8_t *)"{}", 2}},
};

/* What an independent reader of the public facts expects, byte by byte. */
static void layout(void)
{
    static uint8_t bytes[ROOM];
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(asxipfs_write(app, 2, &w) == 0);
    CHECK_INT(w.len, 3 * PAGE);
    static const uint8_t head[32] = "\x45\x3d\xcd\x28\0\x30\0\0\3\0\0\0\0\0\0\0" "Compressed ROMFS";
    CHECK_MEM(bytes, head, 32);
    CHECK_INT(u32(bytes + 36), 0);
    CHECK_INT(u32(bytes + 40), 0);
    CHECK_INT(u32(bytes + 44), 4); /* root, manifest, bin, app */
    CHECK_MEM(bytes + 48, "Compressed\0\0\0\0\0\0", 16);
    CHECK_INT(u32(bytes + 64), 0040755);
    CHECK_INT(u32(bytes + 68), 48);
    CHECK_INT(u32(bytes + 72), 76 / 4 << 6);
    CHECK_INT(u32(bytes + 76), 0101644);
    CHECK_INT(u32(bytes + 80), 2);
    CHECK_INT(u32(bytes + 84), PAGE / 4 << 6 | 5);
    CHECK_MEM(bytes + 88, "app_manifest.json\0\0\0", 20);
    CHECK_INT(u32(bytes + 108), 0040755);
    CHECK_INT(u32(bytes + 112), 16);
    CHECK_INT(u32(bytes + 116), 124 / 4 << 6 | 1);
    CHECK_MEM(bytes + 120, "bin", 4);
    CHECK_INT(u32(bytes + 124), 0101755);
    CHECK_INT(u32(bytes + 128), 7);
    CHECK_INT(u32(bytes + 132), 2 * PAGE / 4 << 6 | 1);
    CHECK_MEM(bytes + 136, "app", 4);
    CHECK_MEM(bytes + PAGE, "{}\0", 3);
    CHECK_MEM(bytes + 2 * PAGE, "program\0", 8);
    const uint32_t crc = u32(bytes + 32);
    memset(bytes + 32, 0, 4);
    CHECK_INT(crc32_update(0, bytes, w.len), crc);
}

/* Walks depth first, parents first, whatever the order of the sources. */
static void order_of_sources_is_free(void)
{
    static const char *const paths[] = {"/a", "/a-b", "/a.b/c", "/a.b/d/e", "/b/a", "/b/b", "/c", "/e/f", "/e-g"};
    static const char *const walk[] = {"/", "/a", "/a-b", "/a.b", "/a.b/c", "/a.b/d", "/a.b/d/e",
                                       "/b", "/b/a", "/b/b", "/c", "/e", "/e/f", "/e-g"};
    static uint8_t first[ROOM], bytes[ROOM];
    enum { N = 9, WALK = 14 };
    for (unsigned turn = 0; turn < N; turn++) {
        struct asxipfs_source sources[N];
        struct asxipfs_entry entry;
        struct asxipfs fs;
        for (unsigned i = 0; i < N; i++)
            sources[(i * 4 + turn) % N] = (struct asxipfs_source){paths[i], false, text(paths[i])};
        struct writer w = writer_of(turn ? bytes : first, ROOM);
        REQUIRE(asxipfs_write(sources, N, &w) == 0);
        CHECK_MEM(w.at, first, w.len);
        REQUIRE(asxipfs_open(writer_view(&w), &fs) == 0);
        CHECK(tree_holds(&fs));
        CHECK_INT(fs.files, WALK);
        for (uint32_t i = 0; i < WALK; i++) {
            CHECK_INT(asxipfs_at(&fs, i, &entry), 0);
            CHECK_STR(entry.path, walk[i]);
        }
        for (unsigned i = 0; i < N; i++) {
            CHECK_INT(asxipfs_find(&fs, paths[i], &entry), 0);
            CHECK(!entry.directory && span_equal(entry.data, text(paths[i])));
        }
    }
}

static void find_is_exact(void)
{
    static const char *const absent[] = {"", "bin", "/bin/", "//bin", "/bin/app/", "/bin/ap",
                                         "/bin/app2", "/BIN", "/bin/../bin/app", "/app"};
    static uint8_t bytes[ROOM];
    struct asxipfs fs;
    struct asxipfs_entry entry;
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(asxipfs_write(app, 2, &w) == 0 && asxipfs_open(writer_view(&w), &fs) == 0);
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++) {
        CHECK_INT(asxipfs_find(&fs, absent[i], &entry), E_NOT_FOUND);
        CHECK(entry.path[0] == '\0' && entry.data.at == NULL);
    }
    CHECK_INT(asxipfs_find(&fs, "/bin", &entry), 0);
    CHECK(entry.directory && entry.data.at == NULL);
    CHECK_INT(entry.mode, 0040755);
    CHECK_INT(asxipfs_find(&fs, "/bin/app", &entry), 0);
    CHECK_INT(entry.mode, 0101755);
    CHECK_INT(asxipfs_find(&fs, "/app_manifest.json", &entry), 0);
    CHECK_INT(entry.mode, 0101644);
}

/* "bytes may be longer than the file system", but not shorter. */
static void sizes_of_files(void)
{
    static const size_t sizes[] = {0, 1, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE};
    static uint8_t data[3 * PAGE], bytes[ROOM];
    struct asxipfs fs;
    struct asxipfs_entry entry;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7 + 1);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const struct asxipfs_source sources[] = {
            {"/x", false, {data, sizes[i]}}, {"/y", false, {data, 1}}};
        struct writer w = writer_of(bytes, sizeof bytes);
        REQUIRE(asxipfs_write(sources, 2, &w) == 0);
        CHECK_INT(w.len, PAGE + (sizes[i] + PAGE - 1) / PAGE * PAGE + PAGE);
        REQUIRE(asxipfs_open(span_of(bytes, w.len + 100), &fs) == 0);
        CHECK_INT(fs.bytes.len, w.len);
        CHECK_INT(asxipfs_find(&fs, "/x", &entry), 0);
        CHECK(span_equal(entry.data, span_of(data, sizes[i])));
        if (sizes[i])
            CHECK_INT((entry.data.at - bytes) % PAGE, 0);
        CHECK_INT(open_checked(span_of(bytes, w.len - 1)), E_MORE);
    }
}

static int write_one(const char *path, size_t times)
{
    static uint8_t bytes[ROOM];
    struct asxipfs_source sources[2] = {{path, false, {NULL, 0}}, {path, false, {NULL, 0}}};
    struct writer w = writer_of(bytes, sizeof bytes);
    int err = asxipfs_write(sources, times, &w);
    if (err)
        CHECK_INT(w.len, 0); /* refused before anything is written */
    else
        CHECK_INT(open_checked(writer_view(&w)), 0);
    return err;
}

static void bad_paths(void)
{
    static const char *const bad[] = {
        "", "a", "bin/app", "/", "//", "/a/", "//a", "/a//b", "/.", "/..", "/a/.", "/a/..", "/./a",
        "/../a", "/a/../b", "/a\n", "/\x7f", "/1/2/3/4/5/6/7/8/9",
    };
    static const char *const good[] = {"/.a", "/..a", "/...", "/a.", "/a b", "/\xc3\xa9",
                                       "/1/2/3/4/5/6/7/8"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_INT(write_one(bad[i], 1), E_RANGE);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CHECK_INT(write_one(good[i], 1), 0);
        CHECK_INT(write_one(good[i], 2), E_DUPLICATE);
    }
    CHECK_INT(write_one(NULL, 1), E_RANGE);

    char path[300];
    memset(path, 'n', sizeof path);
    path[0] = '/';
    path[1 + ASXIPFS_NAME_MAX] = '\0'; /* a name of 252 characters */
    CHECK_INT(write_one(path, 1), 0);
    path[1 + ASXIPFS_NAME_MAX] = 'n';
    path[2 + ASXIPFS_NAME_MAX] = '\0';
    CHECK_INT(write_one(path, 1), E_RANGE);
    path[100] = '/';
    path[1 + ASXIPFS_NAME_MAX] = 'n';
    path[2 + ASXIPFS_NAME_MAX] = 'n';
    path[ASXIPFS_PATH_MAX] = '\0';
    CHECK_INT(write_one(path, 1), 0);
    path[ASXIPFS_PATH_MAX] = 'n';
    path[ASXIPFS_PATH_MAX + 1] = '\0';
    CHECK_INT(write_one(path, 1), E_RANGE);
}

static void writer_refusals(void)
{
    static const struct asxipfs_source clash[] = {{"/a/b", false, {0}}, {"/a", false, {0}}};
    static uint8_t bytes[ROOM];
    struct writer w = writer_of(bytes, sizeof bytes);
    CHECK_INT(asxipfs_write(clash, 2, &w), E_DUPLICATE);
    CHECK_INT(w.len, 0);
    writer_u8(&w, 0);
    CHECK_INT(asxipfs_write(app, 2, &w), E_RANGE); /* not at the start */
    for (size_t cap = 0; cap < 3 * PAGE; cap += 111) {
        w = writer_of(bytes, cap);
        CHECK_INT(asxipfs_write(app, 2, &w), E_FULL);
        CHECK(writer_view(&w).at == NULL);
        CHECK_INT(asxipfs_write(app, 2, &w), E_FULL);
    }
    /* Only the length is looked at before the limit speaks. */
    struct asxipfs_source large = {"/a", false, {bytes, ASXIPFS_BYTES_MAX - PAGE + 1}};
    w = writer_of(bytes, sizeof bytes);
    CHECK_INT(asxipfs_write(&large, 1, &w), E_LIMIT);
    large.data.len = SIZE_MAX;
    CHECK_INT(asxipfs_write(&large, 1, &w), E_LIMIT);
    CHECK_INT(w.len, 0);
}

/* ASXIPFS_FILES_MAX counts directories and the root. */
static void count_limit(void)
{
    static char paths[ASXIPFS_FILES_MAX + 1][16];
    static struct asxipfs_source sources[ASXIPFS_FILES_MAX + 1];
    static uint8_t bytes[ROOM];
    for (unsigned i = 0; i <= ASXIPFS_FILES_MAX; i++) {
        snprintf(paths[i], sizeof paths[i], "/d/%u", i);
        sources[i] = (struct asxipfs_source){paths[i], false, {NULL, 0}};
    }
    struct writer w = writer_of(bytes, sizeof bytes);
    CHECK_INT(asxipfs_write(sources, ASXIPFS_FILES_MAX - 2, &w), 0);
    CHECK_INT(open_checked(writer_view(&w)), 0);
    for (size_t count = ASXIPFS_FILES_MAX - 1; count <= ASXIPFS_FILES_MAX + 1; count++) {
        w = writer_of(bytes, sizeof bytes);
        CHECK_INT(asxipfs_write(sources, count, &w), E_LIMIT);
        CHECK_INT(w.len, 0);
    }
}

static void inode_put(struct writer *w, uint16_t mode, uint32_t size, uint32_t offset, const char *name)
{
    const size_t len = strlen(name), padded = (len + 3) / 4 * 4;
    writer_u16le(w, mode);
    writer_u16le(w, 0);
    writer_u32le(w, size);
    writer_u32le(w, offset / 4 << 6 | (uint32_t)padded / 4);
    writer_bytes(w, name, len);
    writer_zero(w, padded - len);
}

/* Directories nested deeper than ours, and paths longer: E_LIMIT. */
static void nesting_limit(void)
{
    for (unsigned depth = 6; depth < 12; depth++) {
        static uint8_t bytes[PAGE];
        static const struct asxipfs_source none[1];
        memset(bytes, 0, sizeof bytes);
        struct writer w = writer_of(bytes, sizeof bytes);
        REQUIRE(asxipfs_write(none, 0, &w) == 0);
        w = writer_of(bytes + 44, 4);
        writer_u32le(&w, depth + 2);
        w = writer_of(bytes + 64, PAGE - 64);
        inode_put(&w, 0040755, 16, 76, "");
        for (unsigned i = 0; i < depth; i++)
            inode_put(&w, 0040755, 16, 76 + 16 * (i + 1), "d");
        inode_put(&w, 0101644, 0, 0, "f");
        sum_again(bytes, PAGE);
        CHECK_INT(open_checked(span_of(bytes, PAGE)),
                  depth + 1 <= ASXIPFS_DEPTH_MAX ? 0 : E_LIMIT);
    }
    static uint8_t bytes[PAGE];
    struct writer w = writer_of(bytes, sizeof bytes);
    char name[201];
    memset(name, 'n', 200);
    name[200] = '\0';
    REQUIRE(asxipfs_write(NULL, 0, &w) == 0);
    bytes[44] = 3;
    w = writer_of(bytes + 64, PAGE - 64);
    inode_put(&w, 0040755, 212, 76, "");
    inode_put(&w, 0040755, 212, 76 + 212, name);
    inode_put(&w, 0101644, 0, 0, name);
    sum_again(bytes, PAGE);
    CHECK_INT(open_checked(span_of(bytes, PAGE)), E_LIMIT);
}

/* Two names for one directory: the second overlaps the first. */
static void shared_directory(void)
{
    static uint8_t bytes[PAGE];
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(asxipfs_write(NULL, 0, &w) == 0);
    for (unsigned shared = 0; shared < 2; shared++) {
        bytes[44] = 5;
        w = writer_of(bytes + 64, PAGE - 64);
        inode_put(&w, 0040755, 32, 76, "");
        inode_put(&w, 0040755, 16, 108, "a");
        inode_put(&w, 0040755, 16, shared ? 108 : 124, "b");
        inode_put(&w, 0101644, 0, 0, "f");
        inode_put(&w, 0101644, 0, 0, "f");
        sum_again(bytes, PAGE);
        CHECK_INT(open_checked(span_of(bytes, PAGE)), shared ? E_MALFORMED : 0);
    }
}

/* Fields that are not read could hold a directory's entries: the label does. */
static void directory_in_label(void)
{
    static uint8_t bytes[PAGE];
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(asxipfs_write(NULL, 0, &w) == 0);
    bytes[44] = 3;
    w = writer_of(bytes + 48, PAGE - 48);
    inode_put(&w, 0101644, 0, 0, "f");
    inode_put(&w, 0040755, 16, 76, "");
    inode_put(&w, 0040755, 16, 48, "d");
    sum_again(bytes, PAGE);
    CHECK_INT(open_checked(span_of(bytes, PAGE)), E_MALFORMED);
}

/* A name has one padded form: three zeros at most. */
static void padding_of_names(void)
{
    static uint8_t bytes[PAGE];
    for (uint32_t more = 0; more < 2; more++) {
        struct writer w = writer_of(bytes, sizeof bytes);
        REQUIRE(asxipfs_write(NULL, 0, &w) == 0);
        bytes[44] = 2;
        w = writer_of(bytes + 64, PAGE - 64);
        inode_put(&w, 0040755, 16 + 4 * more, 76, "");
        inode_put(&w, 0101644, 0, 0, "f");
        writer_zero(&w, 4 * more);
        bytes[84] = (uint8_t)(1 + more); /* length of the name, in words */
        sum_again(bytes, PAGE);
        CHECK_INT(open_checked(span_of(bytes, PAGE)), more ? E_MALFORMED : 0);
    }
}

/* A flipped bit breaks the sum; with the sum made again it is refused or gives
 * a tree that keeps every promise. */
static void cut_and_flipped(void)
{
    size_t len;
    uint8_t *good = check_read_file("testdata/asxipfs/good-two", &len);
    REQUIRE(len == SMALL);
    for (size_t cut = 0; cut < len; cut += cut < 200 || cut % PAGE > PAGE - 3 ? 1 : 97)
        CHECK_INT(open_checked(span_of(good, cut)), E_MORE);
    for (size_t bit = 0; bit < len * 8; bit += bit < 130 * 8 ? 1 : 1237) {
        const uint8_t mask = (uint8_t)(1u << (bit % 8));
        good[bit / 8] ^= mask;
        CHECK(open_checked(span_of(good, len)) != 0);
        uint8_t *again = malloc(len);
        REQUIRE(again != NULL);
        memcpy(again, good, len);
        sum_again(again, len);
        (void)open_checked(span_of(again, len));
        free(again);
        good[bit / 8] ^= mask;
    }
    free(good);
}

int main(void)
{
    vectors();
    layout();
    order_of_sources_is_free();
    find_is_exact();
    sizes_of_files();
    bad_paths();
    writer_refusals();
    count_limit();
    nesting_limit();
    shared_directory();
    directory_in_label();
    padding_of_names();
    cut_and_flipped();
    return check_done();
}
