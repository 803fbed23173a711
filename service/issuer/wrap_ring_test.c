/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One wrap key follows another: whatever moment it is cut off at, the folder opens all that was sealed, and asked again it
 * comes to the same end.  And the pass over what the store has.
 */
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/ipc/key_text.h"
#include "service/issuer/authority_file.h"
#include "service/issuer/key_file.h"
#include "service/issuer/wrap_pass.h"
#include "service/pkcs11/softhsm_test.h"
#include "tests/check.h"

static char top[] = "/tmp/peri-wrap-ring-XXXXXX", folder[64];
static const struct span bound = {(const uint8_t *)"bound", 5};

struct sealed {
    uint8_t nonce[GCM_NONCE_BYTES], bytes[6], tag[GCM_TAG_BYTES];
};

static void seal(const struct wrap *wrap, struct sealed *to)
{
    REQUIRE(wrap_seal(wrap, bound, span_of("secret", 6), to->nonce, to->bytes, to->tag) == 0);
}

static int opens(struct wrap_ring *ring, const struct sealed *of)
{
    uint8_t clear[6];
    int err = wrap_ring_open(ring, of->nonce, bound, span_of(of->bytes, 6), clear, of->tag, NULL);
    if (!err)
        CHECK_MEM(clear, "secret", 6);
    return err;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st, (void)kind, (void)ftw;
    return remove(path);
}

static void folder_new(void)
{
    static unsigned count;
    snprintf(folder, sizeof folder, "%s/%u", top, count++);
    REQUIRE(mkdir(folder, 0700) == 0);
}

static bool has(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, F_OK) == 0;
}

static void file(const char *name, char digit)
{
    char text[2 * KEY_TEXT_BYTES + 1];
    memset(text, digit, sizeof text);
    text[2 * KEY_TEXT_BYTES] = '\n';
    REQUIRE(key_file_write(folder, name, span_of(text, sizeof text), 0600) == 0);
}

/* As the process looks, once a second, by a clock that says so. */
static void looks(struct wrap_ring *ring, uint64_t now_s)
{
    for (unsigned i = 0; i < WRAP_OVER_LOOKS; i++)
        wrap_ring_expire(ring, folder, now_s);
}

/* The states that a change goes through, in its order; wrap.key is '1' before the rename and '2' from it on. */
static const struct state {
    const char *what;
    char now;
    bool next, former, mark, part;
} states[] = {
    {"nothing", '1', false, false, false, false},   {"asked for", '1', true, false, false, false},
    {"a part", '1', true, false, false, true},      {"the former kept", '1', true, true, false, false},
    {"marked", '1', true, true, true, false},       {"renamed", '2', false, true, true, false},
    {"the name came back", '1', true, true, true, true}, {"done", '2', false, true, false, false},
};

static void state_make(const struct state *state)
{
    folder_new();
    file("wrap.key", state->now);
    if (state->next)
        file("wrap-next.key", '2');
    if (state->former)
        file("wrap-until-500.key", '1');
    if (state->mark)
        REQUIRE(key_file_write(folder, "wrap.reseal", span_of(NULL, 0), 0600) == 0);
    if (state->part)
        file(KEY_FILE_PART "wrap-until-500.key", '7');
}

static void test_cut(void)
{
    struct sealed old, fresh;
    struct wrap_ring ring;
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        const struct state *state = &states[i];
        const struct wrap first = {.key = {0}};
        struct wrap one = first, two = first;
        memset(one.key, 0x11, sizeof one.key);
        memset(two.key, 0x22, sizeof two.key);
        seal(&one, &old);
        seal(&two, &fresh);
        state_make(state);
        REQUIRE(wrap_ring_load(folder, NULL, &ring) == 0);
        CHECK_INT(ring.pending, state->mark);
        CHECK_INT(opens(&ring, &old), 0);
        CHECK_INT(opens(&ring, &fresh), state->now == '2' || state->next ? 0 : E_KEY_UNKNOWN);
        /* asked again */
        if (!state->next && state->now == '1')
            file("wrap-next.key", '2');
        int err = wrap_ring_prepare(&ring, folder, NULL);
        CHECK_INT(err, state->now == '2' ? E_NOT_FOUND : 0);
        if (!err)
            CHECK_INT(wrap_ring_switch(&ring, folder, 500), 0);
        CHECK_INT(wrap_ring_settle(&ring, folder), 0);
        for (unsigned again = 0; again < 2; again++) { /* in memory, and as the folder has it */
            CHECK_INT(ring.now.key[0], 0x22);
            CHECK_INT(ring.former_count, 1);
            CHECK(!ring.has_next && !ring.pending && !has("wrap-next.key") && !has("wrap.reseal") && has("wrap-until-500.key"));
            CHECK_INT(opens(&ring, &old), 0);
            CHECK_INT(opens(&ring, &fresh), 0);
            wrap_ring_release(&ring);
            REQUIRE(wrap_ring_load(folder, NULL, &ring) == 0);
        }
        for (unsigned k = 1; k < WRAP_OVER_LOOKS; k++)
            wrap_ring_expire(&ring, folder, 4000000000);
        wrap_ring_expire(&ring, folder, 499); /* the clock was ahead, and is set */
        for (unsigned k = 1; k < WRAP_OVER_LOOKS; k++)
            wrap_ring_expire(&ring, folder, 500);
        CHECK(has("wrap-until-500.key"));
        CHECK_INT(opens(&ring, &old), 0);
        wrap_ring_expire(&ring, folder, 500);
        CHECK(!has("wrap-until-500.key"));
        CHECK_INT(opens(&ring, &old), E_KEY_UNKNOWN);
        CHECK_INT(opens(&ring, &fresh), 0);
        wrap_ring_release(&ring);
    }
}

/* What is refused changes nothing; what cannot be read is left out, and the rest stands. */
static void test_refused(void)
{
    struct wrap_ring ring;
    folder_new();
    REQUIRE(wrap_ring_load(folder, NULL, &ring) == 0); /* makes wrap.key */
    CHECK(has("wrap.key") && !ring.has_next && ring.former_count == 0);
    const struct wrap made = ring.now;
    wrap_ring_release(&ring);
    REQUIRE(wrap_ring_load(folder, NULL, &ring) == 0);
    CHECK_MEM(ring.now.key, made.key, sizeof made.key);
    CHECK_INT(wrap_ring_switch(&ring, folder, 9), E_STATE);
    CHECK_INT(wrap_ring_prepare(&ring, folder, NULL), E_NOT_FOUND);
    fprintf(stderr, "expected messages follow\n");
    REQUIRE(key_file_write(folder, "wrap-next.key", span_of("rubbish\n", 8), 0600) == 0);
    CHECK_INT(wrap_ring_prepare(&ring, folder, NULL), E_MALFORMED);
    REQUIRE(key_file_write(folder, "wrap-next.key", span_of("pkcs11:token=t;object=o\n", 24), 0600) == 0);
    CHECK_INT(wrap_ring_prepare(&ring, folder, NULL), E_STATE);
    file("wrap.key", '3');
    wrap_ring_release(&ring);
    REQUIRE(wrap_ring_load(folder, NULL, &ring) == 0); /* with the next one left out */
    CHECK(!ring.has_next && ring.left_out);
    file("wrap-next.key", '3');
    CHECK_INT(wrap_ring_prepare(&ring, folder, NULL), E_EXISTS);
    CHECK(!ring.has_next && ring.former_count == 0 && ring.now.key[0] == 0x33 && !has("wrap.reseal"));
    /* as many former ones as are kept, and one more; the names of two of one second differ */
    for (char digit = '4'; digit < '4' + WRAP_FORMER_MAX; digit++) {
        file("wrap-next.key", digit <= '9' ? digit : (char)(digit - '9' - 1 + 'a'));
        REQUIRE(wrap_ring_prepare(&ring, folder, NULL) == 0 && wrap_ring_switch(&ring, folder, 9) == 0);
    }
    CHECK_INT(ring.former_count, WRAP_FORMER_MAX);
    CHECK_INT(ring.former[WRAP_FORMER_MAX - 1].until_s, 9 + WRAP_FORMER_MAX - 1);
    file("wrap-next.key", 'f');
    REQUIRE(wrap_ring_prepare(&ring, folder, NULL) == 0);
    CHECK_INT(wrap_ring_switch(&ring, folder, 9), E_LIMIT);
    CHECK(has("wrap-next.key") && ring.has_next);
    looks(&ring, 1000);
    CHECK_INT(ring.former_count, WRAP_FORMER_MAX); /* CAs may wait for the new key */
    REQUIRE(wrap_ring_settle(&ring, folder) == 0);
    looks(&ring, 10);
    CHECK_INT(ring.former_count, WRAP_FORMER_MAX - 2);
    CHECK_INT(wrap_ring_switch(&ring, folder, 9), 0);
    wrap_ring_release(&ring);
    /* The rename fails, as on a disk without room: nothing waits for the new key, which seals nothing. */
    char path[128];
    folder_new();
    file("wrap.key", '1');
    file("wrap-next.key", '2');
    file("wrap-until-500.key", '1');
    REQUIRE(wrap_ring_load(folder, NULL, &ring) == 0);
    snprintf(path, sizeof path, "%s/wrap.key", folder);
    REQUIRE(unlink(path) == 0 && mkdir(path, 0700) == 0);
    CHECK_INT(wrap_ring_switch(&ring, folder, 600), E_IO);
    CHECK(ring.has_next && !ring.pending && !has("wrap.reseal") && ring.now.key[0] == 0x11 && ring.former_count == 1);
    wrap_ring_release(&ring);
    /* Names of files. */
    CHECK(wrap_until("wrap-until-5.key") == 5 && !wrap_until("wrap-until-05.key") && !wrap_until("wrap-until-5.key2") &&
          !wrap_until("wrap-until-.key") && !wrap_until("wrap-until-99999999999999999999.key") && !wrap_until("wrap.key"));
    CHECK(wrap_ring_file("wrap-next.key") && wrap_ring_file("wrap.reseal") && !wrap_ring_file("wrap.key"));
}

/* In a token: made there by the first look, and found by the next. */
static void test_token(void)
{
    static const char name[] = "pkcs11:token=ring;object=wrap\n";
    struct token *token;
    struct wrap_ring ring;
    struct sealed old, fresh;
    softhsm_begin(top);
    softhsm_token_add("ring");
    REQUIRE(token_open(SOFTHSM_MODULE, SOFTHSM_PIN, &token) == 0);
    folder_new();
    REQUIRE(wrap_ring_load(folder, token, &ring) == 0);
    seal(&ring.now, &old);
    REQUIRE(key_file_write(folder, "wrap-next.key", span_of(name, sizeof name - 1), 0600) == 0);
    CHECK_INT(wrap_ring_prepare(&ring, folder, token), 0);
    CHECK_INT(wrap_ring_prepare(&ring, folder, token), 0);
    CHECK_INT(wrap_ring_switch(&ring, folder, 500), 0);
    seal(&ring.now, &fresh);
    for (unsigned again = 0; again < 2; again++) {
        CHECK(ring.now.token_key != NULL);
        CHECK_INT(opens(&ring, &old), 0);
        CHECK_INT(opens(&ring, &fresh), 0);
        wrap_ring_release(&ring);
        REQUIRE(wrap_ring_load(folder, token, &ring) == 0);
    }
    /* on, to another key there */
    REQUIRE(key_file_write(folder, "wrap-next.key", span_of("pkcs11:token=ring;object=two\n", 29), 0600) == 0);
    CHECK_INT(wrap_ring_prepare(&ring, folder, token), 0);
    CHECK_INT(wrap_ring_switch(&ring, folder, 600), 0);
    CHECK_INT(opens(&ring, &old), 0);
    CHECK_INT(opens(&ring, &fresh), 0);
    fprintf(stderr, "expected messages follow\n");
    REQUIRE(key_file_write(folder, "wrap-next.key", span_of("pkcs11:token=none;object=x\n", 27), 0600) == 0);
    CHECK_INT(wrap_ring_prepare(&ring, folder, token), E_MISSING);
    /* One that cannot be asked any more, though it opened last, is in nobody's way. */
    struct sealed now;
    seal(&ring.now, &now);
    CHECK_INT(opens(&ring, &fresh), 0);
    for (size_t i = 0; i < ring.former_count; i++)
        if (ring.former[i].wrap.token_key)
            CHECK_INT(token_key_destroy(ring.former[i].wrap.token_key), 0);
    int gone = opens(&ring, &fresh);
    CHECK(gone != 0 && gone != E_KEY_UNKNOWN); /* nobody says that it is sealed by a key that there never was */
    CHECK_INT(opens(&ring, &now), 0);
    CHECK_INT(opens(&ring, &old), 0);
    wrap_ring_release(&ring);
    token_close(token);
}

/* -- the pass ------------------------------------------------------------------------- */

enum { CAS = 21 };

static struct held {
    struct store_ca ca;
    uint8_t sealed[STORE_CA_SEALED_MAX];
} held[CAS];

static void held_make(const struct wrap *wrap)
{
    struct catalog_ca ca = {.number = 0};
    REQUIRE(authority_generate(&ca.authority, false) == 0);
    REQUIRE(authority_certify(top, &ca.authority, NULL, PROFILE_ROOT, "a catalog", "Contoso") == 0);
    memcpy(ca.anchor, ca.authority.certificate, ca.authority.certificate_bytes);
    ca.anchor_bytes = ca.authority.certificate_bytes;
    for (unsigned i = 0; i < CAS; i++) {
        const uint8_t id[16] = {(uint8_t)(i / 2 + 1)};
        ca.number = i % 2 + 1;
        ca.authority.serial[0] = (uint8_t)i;
        REQUIRE(catalog_record_seal(wrap, id, &ca, held[i].sealed, &held[i].ca) == 0);
    }
    authority_release(&ca.authority);
}

/* As the store answers, by place in the list. */
static struct span page_of(const struct store_ca_after *after, uint8_t *bytes, size_t cap)
{
    static struct store_ca_page page;
    struct writer w = writer_of(bytes, cap);
    unsigned at = 0;
    if (!after->first)
        while (at < CAS && (held[at].ca.tenant[0] < after->tenant[0] ||
                            (held[at].ca.tenant[0] == after->tenant[0] && held[at].ca.number <= after->number)))
            at++;
    page.total = CAS;
    page.count = 0;
    while (at < CAS && page.count < STORE_CAS_MAX)
        page.at[page.count++] = held[at++].ca;
    REQUIRE(record_write(&store_ca_page_type, &page, &w) == 0);
    return writer_view(&w);
}

static void page_put(const struct store_cas *cas)
{
    for (uint32_t i = 0; i < cas->count; i++)
        for (unsigned k = 0; k < CAS; k++)
            if (memcmp(held[k].ca.tenant, cas->at[i].tenant, 16) == 0 && held[k].ca.number == cas->at[i].number) {
                memcpy(held[k].sealed, cas->at[i].sealed.at, cas->at[i].sealed.len);
                held[k].ca.sealed = span_of(held[k].sealed, cas->at[i].sealed.len);
            }
}

/* The process ends before the step of that number is over.  Are all steps done? */
static bool pass_run(struct wrap_ring *ring, struct wrap_pass *pass, unsigned steps)
{
    static uint8_t bytes[STORE_CAS_MAX * (STORE_CA_SEALED_MAX + 128)];
    static struct wrap_pass_page page;
    bool done = false;
    wrap_pass_begin(pass);
    for (unsigned i = 0; !done; i++) {
        if (i == 2 * steps)
            return false; /* before it is asked */
        REQUIRE(wrap_pass_step(pass, ring, page_of(&pass->after, bytes, sizeof bytes), &page, &done) == 0);
        if (++i == 2 * steps + 1)
            return false; /* before it is kept */
        page_put(&page.cas);
    }
    return true;
}

static unsigned sealed_by(const struct wrap *wrap)
{
    struct wrap_ring alone = {.now = *wrap};
    uint8_t buffer[STORE_CA_SEALED_MAX];
    unsigned count = 0;
    bool resealed;
    for (unsigned i = 0; i < CAS; i++) {
        struct store_ca ca = held[i].ca;
        count += catalog_record_reseal(&alone, &ca, buffer, &resealed) == 0;
    }
    return count;
}

static void test_pass(void)
{
    struct wrap_ring ring = {.now = {.key = {2}}, .former_count = 1, .former = {{.wrap = {.key = {1}}, .until_s = 5}}};
    const struct wrap *old = &ring.former[0].wrap;
    struct wrap_pass pass;
    /* Cut off after each number of steps, then made again: all, each once. */
    for (unsigned steps = 0; steps < 6; steps++) {
        held_make(old);
        CHECK_INT(sealed_by(old), CAS);
        (void)pass_run(&ring, &pass, steps);
        CHECK_INT(sealed_by(old) + sealed_by(&ring.now), CAS);
        const unsigned before = sealed_by(&ring.now);
        CHECK(pass_run(&ring, &pass, 100));
        CHECK_INT(pass.resealed, CAS - before);
        CHECK_INT(sealed_by(&ring.now), CAS);
        CHECK_INT(sealed_by(old), 0);
        CHECK_INT(pass.seen, CAS);
        CHECK(pass_run(&ring, &pass, 100));
        CHECK_INT(pass.resealed, 0);
    }
    /* One that no key opens is counted, and keeps nobody. */
    held_make(old);
    held[4].sealed[40] ^= 1;
    held[9].sealed[0] = 9;
    held[10].ca.number = 77; /* passed off as another */
    fprintf(stderr, "expected messages follow\n");
    CHECK(pass_run(&ring, &pass, 100));
    CHECK_INT(pass.resealed, CAS - 3);
    CHECK_INT(pass.unopened, 3);
}

/* A store that goes on for ever, or answers rubbish. */
static void test_pass_hostile(void)
{
    static uint8_t bytes[STORE_CAS_MAX * (STORE_CA_SEALED_MAX + 128)];
    static struct wrap_pass_page page;
    struct wrap_ring ring = {.now = {.key = {2}}};
    struct wrap_pass pass;
    bool done;
    held_make(&ring.now);
    const struct store_ca_after first = {.first = true};
    wrap_pass_begin(&pass);
    struct span good = page_of(&first, bytes, sizeof bytes);
    int err = 0;
    for (unsigned i = 0; !err && i < 10; i++)
        err = wrap_pass_step(&pass, &ring, good, &page, &done);
    CHECK_INT(err, E_CONFLICT);
    wrap_pass_begin(&pass);
    for (size_t cut = 0; cut < good.len; cut += 37)
        CHECK(wrap_pass_step(&pass, &ring, span_of(good.at, cut), &page, &done) != 0 && !done && page.cas.count == 0);
    CHECK_INT(pass.seen, 0);
}

int main(void)
{
    REQUIRE(mkdtemp(top) != NULL);
    test_cut();
    test_refused();
    test_token();
    test_pass();
    test_pass_hostile();
    nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return check_done();
}
