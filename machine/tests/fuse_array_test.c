/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules of the fuse array and its file: abi/mt3620_fuse.h. */
#include "machine/fuse_array.h"

#include "tests/check.h"

/* The table of the header, word by word. */
static void word_rights(void)
{
    for (unsigned word = 0; word < FUSE_WORDS; word++) {
        bool root = word < 8, copies = word >= 8 && word < 12, counter = word >= 16 && word < 48;

        CHECK_INT(fuse_word_readable(word), root || copies || counter);
        CHECK_INT(fuse_word_burnable(word, 0), root || copies || counter);
        CHECK_INT(fuse_word_burnable(word, FUSE_LOCK_ROOT), copies || counter);
        CHECK_INT(fuse_word_burnable(word, ~0u), copies || counter);
    }
    CHECK(!fuse_word_readable(FUSE_WORDS));
    CHECK(!fuse_word_burnable(FUSE_WORDS, 0));
}

static void sample(struct fuse_array *array)
{
    array->starts = 0x0123456789ABCDEFull;
    for (unsigned i = 0; i < FUSE_WORDS; i++) {
        array->word[i] = 0x01000193u * (i + 1);
    }
}

/* Offsets and byte order of the file as the header's table has them. */
static void layout(void)
{
    struct fuse_array array;
    uint8_t file[FUSE_FILE_BYTES];

    sample(&array);
    fuse_file_encode(&array, file);
    CHECK_MEM(file, "PERIFUSE\x01\0\0\0\x80\0\0\0\xEF\xCD\xAB\x89\x67\x45\x23\x01", 24);
    CHECK_MEM(file + FUSE_FILE_ARRAY, "\x93\x01\x00\x01\x26\x03\x00\x02", 8);
}

static void round_trip(void)
{
    struct fuse_array array, back;
    uint8_t file[FUSE_FILE_BYTES];

    sample(&array);
    fuse_file_encode(&array, file);
    CHECK_INT(fuse_file_decode(file, &back), FUSE_FILE_GOOD);
    CHECK_MEM(&back, &array, sizeof(array));
}

/* No single flipped bit is taken, and nothing of a refused file is handed on. */
static void every_flip_refused(void)
{
    static const struct fuse_array nothing;
    struct fuse_array array, back;
    uint8_t file[FUSE_FILE_BYTES];

    sample(&array);
    fuse_file_encode(&array, file);
    for (unsigned bit = 0; bit < 8 * FUSE_FILE_BYTES; bit++) {
        unsigned byte = bit / 8;
        enum fuse_file_check want = byte < 8    ? FUSE_FILE_NOT_ONE
                                    : byte < 16 ? FUSE_FILE_OTHER_VERSION
                                                : FUSE_FILE_DAMAGED;

        file[byte] ^= (uint8_t)(1u << bit % 8);
        CHECK_INT(fuse_file_decode(file, &back), want);
        CHECK_MEM(&back, &nothing, sizeof(back));
        file[byte] ^= (uint8_t)(1u << bit % 8);
    }
}

int main(void)
{
    word_rights();
    layout();
    round_trip();
    every_flip_refused();
    return check_done();
}
