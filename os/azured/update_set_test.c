/* SPDX-License-Identifier: BSD-2-Clause */
/* What is asked of the service, whether its answer changes anything, and the
 * title of its error bodies. */
#include "os/azured/update_set.h"

#include "abi/device_api.h"
#include "lib/cbor.h"
#include "os/azured/fake_device_test.h"
#include "os/azured/problem.h"
#include "tests/check.h"
#include "tests/vectors.h"

static void question(void)
{
    uint8_t nonce[32] = {1}, bytes[2048];
    struct monitor_components installed = {.count = 1, .at = {{.component = {2}, .image = {3}, .type = 10}}};
    struct monitor_rollback rollback = {.accepted_sequence = 7, .keystore_version = 3};
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(update_check_write(nonce, &installed, &rollback, &w) == 0);
    struct cursor c = cursor_of(writer_view(&w));
    uint8_t got[32];
    cbor_expect_map(&c, 5);
    cbor_expect_int(&c, 1);
    cbor_get_exact(&c, got, 32);
    CHECK_MEM(got, nonce, 32);
    cbor_expect_int(&c, 2);
    cbor_expect_array(&c, 1);
    cbor_expect_array(&c, 3);
    cbor_get_exact(&c, got, 16);
    CHECK_INT(got[0], 2);
    cbor_get_exact(&c, got, 16);
    CHECK_INT(got[0], 3);
    CHECK_INT(cbor_get_uint(&c), 10);
    cbor_expect_int(&c, 3);
    CHECK_INT(cbor_get_uint(&c), 7);
    cbor_expect_int(&c, 4);
    cbor_get_null(&c);
    cbor_expect_int(&c, 5);
    CHECK_INT(cbor_get_uint(&c), 3);
    CHECK_INT(cursor_end(&c), 0);

    rollback.undone = true;
    rollback.undone_sequence = 6;
    w = writer_of(bytes, sizeof bytes);
    REQUIRE(update_check_write(nonce, &installed, &rollback, &w) == 0);
    CHECK_INT(bytes[w.len - 3], 6);
    /* The fullest question fits the service's limit. */
    installed.count = MONITOR_COMPONENTS_MAX;
    for (size_t i = 0; i < installed.count; i++)
        installed.at[i] = (struct monitor_component){.type = 0xFFFF};
    rollback = (struct monitor_rollback){UINT64_MAX, true, UINT64_MAX, .keystore_version = UINT32_MAX};
    w = writer_of(bytes, sizeof bytes);
    CHECK_INT(update_check_write(nonce, &installed, &rollback, &w), 0);
    CHECK_INT(installed.count, DEVICE_API_INSTALLED_MAX);
}

static struct monitor_components installed_of(const struct manifest *m)
{
    struct monitor_components c = {.count = m->count};
    for (size_t i = 0; i < m->count; i++) {
        memcpy(c.at[i].component, m->at[i].component, 16);
        memcpy(c.at[i].image, m->at[i].image, 16);
        c.at[i].type = m->at[i].type;
    }
    return c;
}

static bool refused_or_harmless(struct span changed, void *context)
{
    struct update_set set;
    (void)context;
    static const struct monitor_components none;
    int err = update_set_parse(changed, &none, &set);
    return !err || (set.sequence == 0 && set.check_interval_s == 0 && !set.differs);
}

static void answers(void)
{
    static struct fake_service service;
    static struct fake_answer answer;
    struct update_set set;
    uint8_t nonce[32] = {0}, ask[256];
    struct writer w = writer_of(ask, sizeof ask);
    struct monitor_components none = {0};
    struct monitor_rollback rollback = {0};
    fake_service_init(&service);
    service.sequence = 5;
    fake_app(&service.wanted, 1, 2);
    fake_app(&service.wanted, 3, 4);
    REQUIRE(update_check_write(nonce, &none, &rollback, &w) == 0);
    fake_service_answer(&service, DEVICE_API_CHECK, writer_view(&w), 0, &answer);
    struct span package = span_of(answer.body, answer.len);

    struct monitor_components same = installed_of(&service.wanted);
    CHECK_INT(update_set_parse(package, &same, &set), 0);
    CHECK_INT(set.sequence, 5);
    CHECK_INT(set.check_interval_s, 3600);
    CHECK(!set.differs);
    struct monitor_components swapped = same; /* order says nothing */
    swapped.at[0] = same.at[1];
    swapped.at[1] = same.at[0];
    CHECK(update_set_parse(package, &swapped, &set) == 0 && !set.differs);
    struct monitor_components os = same; /* types without a manifest in the set stay */
    os.at[os.count++] = (struct monitor_component){.type = IMAGE_TYPE_SERVICES, .image = {9}};
    CHECK(update_set_parse(package, &os, &set) == 0 && !set.differs);

    for (uint16_t type = IMAGE_TYPE_NORMAL_WORLD_DTB; type <= IMAGE_TYPE_SERVICES; type++) {
        os = same; /* a system of several images belongs to the firmware manifest, each of it */
        os.at[os.count++] = (struct monitor_component){.type = type, .image = {9}};
        CHECK(update_set_parse(package, &os, &set) == 0 && !set.differs);
    }

    struct monitor_components changed = same;
    changed.at[0].image[0] ^= 1;
    CHECK(update_set_parse(package, &changed, &set) == 0 && set.differs);
    changed = same;
    changed.at[1].component[15] ^= 1;
    CHECK(update_set_parse(package, &changed, &set) == 0 && set.differs);
    changed = same;
    changed.count--;
    CHECK(update_set_parse(package, &changed, &set) == 0 && set.differs);
    changed = same;
    changed.at[changed.count++] = (struct monitor_component){.type = IMAGE_TYPE_APPLICATIONS, .image = {8}};
    CHECK(update_set_parse(package, &changed, &set) == 0 && set.differs);

    cut_and_flip(package, refused_or_harmless, NULL);
    for (size_t cut = 0; cut < package.len; cut++)
        CHECK(update_set_parse(span_of(package.at, cut), &none, &set) != 0);
    fake_service_release(&service);
}

/* What kind of update it is, and for how long it may be put off. */
static void limits(void)
{
    static struct fake_service service;
    static struct fake_answer answer;
    static const struct {
        uint16_t app, os;
        uint32_t app_minutes, system_minutes;
    } rows[] = {
        {MANIFEST_SET_DEFERRAL_DEFAULT, MANIFEST_SET_DEFERRAL_DEFAULT, 10020, 1440},
        {1, 2, 1, 2},
        {MANIFEST_SET_DEFERRAL_NONE, MANIFEST_SET_DEFERRAL_NONE - 1, 0, 65534},
        {MANIFEST_SET_DEFERRAL_DEFAULT, MANIFEST_SET_DEFERRAL_NONE, 10020, 0},
    };
    fake_service_init(&service);
    service.sequence = 5;
    fake_app(&service.wanted, 1, 2);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (unsigned firmware = 0; firmware < 2; firmware++) {
            struct update_set set;
            uint8_t nonce[32] = {0}, ask[256];
            struct writer w = writer_of(ask, sizeof ask);
            struct monitor_components none = {0}, same = installed_of(&service.wanted);
            struct monitor_rollback rollback = {0};
            service.app_deferral_minutes = rows[i].app;
            service.os_deferral_minutes = rows[i].os;
            service.as_firmware = firmware;
            REQUIRE(update_check_write(nonce, &none, &rollback, &w) == 0);
            fake_service_answer(&service, DEVICE_API_CHECK, writer_view(&w), 0, &answer);
            CHECK_INT(update_set_parse(span_of(answer.body, answer.len), &none, &set), 0);
            CHECK(set.differs && set.system == (firmware == 1));
            CHECK_INT(set.limits.app_minutes, rows[i].app_minutes);
            CHECK_INT(set.limits.system_minutes, rows[i].system_minutes);
            CHECK_INT(update_set_parse(span_of(answer.body, answer.len), &same, &set), 0);
            CHECK(!set.system); /* nothing of it would change */
        }
    fake_service_release(&service);
}

static void titles(void)
{
    uint8_t bytes[512];
    char title[PROBLEM_TEXT_MAX], longest[400];
    struct writer w = writer_of(bytes, sizeof bytes);
    cbor_put_map(&w, 2);
    cbor_put_int(&w, -1);
    cbor_put_string(&w, "nonce has expired");
    cbor_put_int(&w, -2);
    cbor_put_string(&w, "x");
    problem_title(writer_view(&w), title);
    CHECK_STR(title, "nonce has expired");
    problem_title(span_of(NULL, 0), title);
    CHECK_STR(title, "no reason given");
    problem_title(span_of("<html>", 6), title);
    CHECK_STR(title, "no reason given");
    /* No line of the log is the service's to write. */
    w = writer_of(bytes, sizeof bytes);
    cbor_put_map(&w, 1);
    cbor_put_int(&w, -1);
    cbor_put_string(&w, "a\nazured: b\x1b[2J\xc3\xa9");
    problem_title(writer_view(&w), title);
    CHECK_STR(title, "a?azured: b?[2J??");
    memset(longest, 'a', sizeof longest);
    w = writer_of(bytes, sizeof bytes);
    cbor_put_map(&w, 1);
    cbor_put_int(&w, -1);
    cbor_put_text(&w, longest, sizeof longest);
    problem_title(writer_view(&w), title);
    CHECK_INT(strlen(title), PROBLEM_TEXT_MAX - 1);
}

int main(void)
{
    question();
    answers();
    limits();
    titles();
    return check_done();
}
