/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writer: sort the paths, lay the tree out breadth first, write it once.  The
 * order is a function of the paths alone, so equal sources give equal bytes.
 */
#include <string.h>

#include "abi/asxipfs.h"
#include "lib/asxipfs.h"
#include "lib/crc32.h"

struct node {
    uint16_t first, end; /* sources under it, in plan.order */
    uint16_t child, child_count;
    uint16_t name_at, name_len; /* in the path of its first source */
    bool directory;
    uint32_t offset, size;
};

struct plan {
    const struct asxipfs_source *sources;
    uint16_t order[ASXIPFS_FILES_MAX];
    struct node node[ASXIPFS_FILES_MAX]; /* 0 is the root; children are neighbours */
    uint16_t nodes;
    uint32_t bytes;
};

static uint32_t round_up(uint32_t v, uint32_t unit) { return (v + unit - 1) / unit * unit; }

/* Absolute, and what asxipfs_open() takes. */
static bool path_valid(const char *path)
{
    size_t len = 0, component = 0, depth = 0;
    if (!path || path[0] != '/')
        return false;
    for (;; len++) {
        const unsigned char ch = (unsigned char)path[len];
        if (len > ASXIPFS_PATH_MAX || (ch != '\0' && ch < 0x20) || ch == 0x7f)
            return false;
        if (ch != '/' && ch != '\0')
            continue;
        if (len > 0) {
            const char *name = path + component;
            const size_t name_len = len - component;
            if (name_len == 0 || name_len > ASXIPFS_NAME_MAX || ++depth > ASXIPFS_DEPTH_MAX ||
                (name[0] == '.' && (name_len == 1 || (name_len == 2 && name[1] == '.'))))
                return false;
        }
        if (ch == '\0')
            return true;
        component = len + 1;
    }
}

/* The separator sorts below every character of a name: what is under one
 * directory stays together, and names are ascending within it. */
static unsigned char_rank(char ch)
{
    return ch == '/' ? 1 : (unsigned char)ch;
}

static bool path_before(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return char_rank(*a) < char_rank(*b);
}

static const char *path_at(const struct plan *plan, uint16_t index)
{
    return plan->sources[plan->order[index]].path;
}

static void plan_sort(struct plan *plan, uint16_t count)
{
    for (uint16_t i = 0; i < count; i++) {
        uint16_t at = i;
        while (at > 0 && path_before(plan->sources[i].path, path_at(plan, (uint16_t)(at - 1)))) {
            plan->order[at] = plan->order[at - 1];
            at--;
        }
        plan->order[at] = i;
    }
}

static uint16_t component_len(const char *name)
{
    uint16_t len = 0;
    while (name[len] != '/' && name[len] != '\0')
        len++;
    return len;
}

/* Appends the children of node number parent. */
static int plan_children(struct plan *plan, uint16_t parent)
{
    struct node *dir = &plan->node[parent];
    const uint16_t at = (uint16_t)(dir->name_at + dir->name_len + 1);

    dir->child = plan->nodes;
    for (uint16_t i = dir->first; i < dir->end;) {
        const char *path = path_at(plan, i);
        const uint16_t len = component_len(path + at);
        struct node node = {.first = i, .end = (uint16_t)(i + 1), .name_at = at, .name_len = len,
                            .directory = path[at + len] == '/'};
        /* All paths here agree before at, so these are the same name. */
        while (node.end < dir->end && component_len(path_at(plan, node.end) + at) == len &&
               memcmp(path_at(plan, node.end) + at, path + at, len) == 0) {
            if (!node.directory)
                return E_DUPLICATE; /* twice, or a file and a directory */
            node.end++;
        }
        if (plan->nodes == ASXIPFS_FILES_MAX)
            return E_LIMIT;
        plan->node[plan->nodes++] = node;
        dir->size += ASXIPFS_INODE_BYTES + round_up(len, 4);
        i = node.end;
    }
    dir->child_count = (uint16_t)(plan->nodes - dir->child);
    return 0;
}

/* Directories from the superblock on, then each file from a page boundary. */
static int plan_place(struct plan *plan)
{
    uint32_t at = ASXIPFS_SUPER_BYTES;
    for (uint16_t i = 0; i < plan->nodes; i++) {
        if (!plan->node[i].directory)
            continue;
        plan->node[i].offset = at;
        at += plan->node[i].size;
    }
    at = round_up(at, ASXIPFS_PAGE_BYTES);
    for (uint16_t i = 0; i < plan->nodes; i++) {
        struct node *node = &plan->node[i];
        if (node->directory)
            continue;
        const size_t len = plan->sources[plan->order[node->first]].data.len;
        if (len > ASXIPFS_BYTES_MAX - at)
            return E_LIMIT;
        node->size = (uint32_t)len;
        node->offset = len ? at : 0; /* an empty file lies nowhere */
        at = round_up(at + node->size, ASXIPFS_PAGE_BYTES);
    }
    plan->bytes = at;
    return 0;
}

static void inode_write(struct writer *w, uint16_t mode, const struct node *node)
{
    writer_u16le(w, mode);
    writer_u16le(w, 0);
    writer_u32le(w, node->size); /* gid 0 above it */
    writer_u32le(w, node->offset / 4 << 6 | round_up(node->name_len, 4) / 4);
}

static void child_write(struct writer *w, const struct plan *plan, const struct node *node)
{
    const struct asxipfs_source *source = &plan->sources[plan->order[node->first]];
    inode_write(w, node->directory      ? ASXIPFS_WRITTEN_DIRECTORY
                   : source->executable ? ASXIPFS_WRITTEN_EXECUTABLE
                                        : ASXIPFS_WRITTEN_FILE, node);
    writer_bytes(w, source->path + node->name_at, node->name_len);
    writer_zero(w, round_up(node->name_len, 4) - node->name_len);
}

static void super_write(struct writer *w, const struct plan *plan)
{
    static const char label[ASXIPFS_LABEL_BYTES] = ASXIPFS_LABEL;
    writer_u32le(w, ASXIPFS_MAGIC);
    writer_u32le(w, plan->bytes);
    writer_u32le(w, ASXIPFS_FLAGS);
    writer_u32le(w, 0);
    writer_bytes(w, ASXIPFS_SIGNATURE, ASXIPFS_SIGNATURE_BYTES);
    writer_zero(w, ASXIPFS_CRC_BYTES); /* until the rest stands */
    writer_zero(w, 8);
    writer_u32le(w, plan->nodes);
    writer_bytes(w, label, sizeof label);
    inode_write(w, ASXIPFS_WRITTEN_DIRECTORY, &plan->node[0]);
}

static int plan_write(struct writer *w, const struct plan *plan)
{
    super_write(w, plan);
    for (uint16_t i = 0; i < plan->nodes; i++)
        for (uint16_t k = 0; plan->node[i].directory && k < plan->node[i].child_count; k++)
            child_write(w, plan, &plan->node[plan->node[i].child + k]);
    if (!w->err)
        writer_zero(w, round_up((uint32_t)w->len, ASXIPFS_PAGE_BYTES) - w->len);
    for (uint16_t i = 0; i < plan->nodes && !w->err; i++) {
        if (plan->node[i].directory)
            continue;
        const struct span data = plan->sources[plan->order[plan->node[i].first]].data;
        writer_bytes(w, data.at, data.len);
        if (!w->err)
            writer_zero(w, round_up((uint32_t)w->len, ASXIPFS_PAGE_BYTES) - w->len);
    }
    if (w->err)
        return w->err;
    struct writer crc = writer_of(w->at + ASXIPFS_CRC_AT, ASXIPFS_CRC_BYTES);
    writer_u32le(&crc, crc32_update(0, w->at, w->len));
    return 0;
}

int asxipfs_write(const struct asxipfs_source *sources, size_t count, struct writer *w)
{
    struct plan plan = {.sources = sources, .nodes = 1};

    if (w->err)
        return w->err;
    if (w->len != 0)
        return E_RANGE;
    if (count >= ASXIPFS_FILES_MAX) /* the root is one of them */
        return E_LIMIT;
    for (size_t i = 0; i < count; i++)
        if (!path_valid(sources[i].path))
            return E_RANGE;
    plan_sort(&plan, (uint16_t)count);
    plan.node[0] = (struct node){.end = (uint16_t)count, .directory = true};
    for (uint16_t i = 0; i < plan.nodes; i++) {
        int err = plan.node[i].directory ? plan_children(&plan, i) : 0;
        if (err)
            return err;
    }
    int err = plan_place(&plan);
    return err ? err : plan_write(w, &plan);
}
