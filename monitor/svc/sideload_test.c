/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docs/spec/monitor.md, "sideloading", on the flash of the MCU: who may bring what, what the
 * kernel may map of it then, what stays over a restart, and what a power cut leaves.
 * The engine's own rules: monitor/engine/sideload_test.c.
 */
#include "abi/capability.h"
#include "abi/evidence.h"
#include "monitor/svc/fake_test.h"
#include "monitor/svc/plat.h"

enum { BODY_BYTES = 5000, PIECE = 4096 };

static uint8_t body[BODY_BYTES], package[BODY_BYTES + 1024];
static size_t package_bytes;

static void boot(void)
{
    fake_power_on();
    REQUIRE(fake_boot(NULL) == 0);
    fake.writes = 0;
}

static void fresh(void)
{
    memset(fake.flash + FLASH_STATE_A_AT, 0xFF, FLASH_SYSTEM_A_AT - FLASH_STATE_A_AT);
    memset(fake.flash + FLASH_APPLICATIONS_AT, 0xFF, FLASH_APPLICATIONS_BYTES);
    fake.capability[0] = fake.capability[1] = 0;
    fake.lifecycle = LIFECYCLE_DEVICE_COMPLETE;
    boot();
}

static void package_make(uint8_t component, uint8_t mark, struct soft_key *key, uint32_t temporary)
{
    memset(body, mark, sizeof body);
    const struct fake_image image = {IMAGE_TYPE_APPLICATIONS, component, 0, key, span_of(body, sizeof body),
                                     temporary};
    package_bytes = fake_package(&image, package, sizeof package);
}

static uint32_t one_word(uint32_t number, uint32_t value, uint32_t room, struct span *reply)
{
    return fake_call(number, fake_words(1, &value).at, 4, room, reply);
}

/* Up to and with the call `last`; the first status that is not OK. */
static uint32_t load(uint32_t last)
{
    static uint8_t request[8 + PIECE];
    struct span reply;
    uint32_t status = one_word(MONITOR_CALL_SIDELOAD_OPEN, (uint32_t)package_bytes, 4, &reply);
    if (status != MONITOR_OK)
        return status;
    struct cursor c = cursor_of(reply);
    const uint32_t handle = cursor_u32le(&c);
    for (uint32_t at = 0; status == MONITOR_OK && at < package_bytes; at += PIECE) {
        const uint32_t left = (uint32_t)package_bytes - at, piece = left < PIECE ? left : PIECE;
        struct writer w = writer_of(request, sizeof request);
        writer_u32le(&w, handle);
        writer_u32le(&w, at);
        writer_bytes(&w, package + at, piece);
        status = fake_call(MONITOR_CALL_SIDELOAD_WRITE, request, (uint32_t)w.len, 0, NULL);
    }
    if (status == MONITOR_OK && last != MONITOR_CALL_SIDELOAD_WRITE)
        status = one_word(MONITOR_CALL_SIDELOAD_COMMIT, handle, 32, NULL);
    if (status == MONITOR_OK && last == MONITOR_CALL_SIDELOAD_INSTALL)
        status = one_word(MONITOR_CALL_SIDELOAD_INSTALL, handle, 0, NULL);
    return status;
}

/* Where the kernel finds the component; 0: it does not. */
static uint32_t found(uint8_t component, uint32_t *bytes)
{
    uint8_t uid[16];
    struct span reply;
    memset(uid, component, sizeof uid);
    *bytes = 0;
    if (fake_call(SMC_FIND_IMAGE, uid, sizeof uid, 12, &reply) != MONITOR_OK)
        return 0;
    struct cursor c = cursor_of(reply);
    const uint32_t address = cursor_u32le(&c);
    *bytes = cursor_u32le(&c);
    return address;
}

/* What the kernel does before it maps one: the mark of the body, 0: not mapped. */
static uint8_t mapped(uint8_t component)
{
    uint32_t words[2], bytes;
    struct span reply;
    words[0] = found(component, &bytes);
    words[1] = bytes;
    if (words[0] == 0 ||
        fake_call(SMC_VERIFY_IMAGE, fake_words(2, words).at, 8, 72, &reply) != MONITOR_OK)
        return 0;
    CHECK_INT(reply.at[4], component);
    return fake.flash[words[0] - MT3620_FLASH];
}

static uint32_t removed(uint8_t component)
{
    uint8_t uid[16];
    memset(uid, component, sizeof uid);
    return fake_call(MONITOR_CALL_SIDELOAD_REMOVE, uid, sizeof uid, 0, NULL);
}

/* ---- who may bring what ---- */

static void permit_matrix(void)
{
    enum { DENIED = MONITOR_PERMISSION_DENIED, BAD = MONITOR_VERIFICATION_FAILED };
    static const struct {
        uint16_t capability;
        uint32_t lifecycle;
        uint32_t development, production, wrong_key; /* what the call answers */
    } rows[] = {
        {0, LIFECYCLE_DEVICE_COMPLETE, DENIED, DENIED, DENIED},
        {CAPABILITY_A7_DEBUGGING, LIFECYCLE_DEVICE_COMPLETE, DENIED, DENIED, DENIED},
        {CAPABILITY_APP_DEVELOPMENT, LIFECYCLE_DEVICE_COMPLETE, MONITOR_OK, MONITOR_OK, BAD},
        {CAPABILITY_FIELD_SERVICING, LIFECYCLE_DEVICE_COMPLETE, DENIED, MONITOR_OK, DENIED},
        {0, LIFECYCLE_BLANK, DENIED, MONITOR_OK, DENIED},
        {0, LIFECYCLE_MODULE1_COMPLETE, DENIED, MONITOR_OK, DENIED},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fresh();
        fake.capability[0] = rows[i].capability;
        fake.lifecycle = rows[i].lifecycle;
        package_make(0x51, 1, &fake.development, IMAGE_TEMPORARY_UNDER_DEVELOPMENT);
        CHECK_INT(load(MONITOR_CALL_SIDELOAD_INSTALL), rows[i].development);
        CHECK_INT(mapped(0x51), rows[i].development == MONITOR_OK ? 1 : 0);
        package_make(0x52, 2, &fake.application, 0);
        CHECK_INT(load(MONITOR_CALL_SIDELOAD_INSTALL), rows[i].production);
        CHECK_INT(mapped(0x52), rows[i].production == MONITOR_OK ? 2 : 0);
        package_make(0x53, 3, &fake.application, IMAGE_TEMPORARY_UNDER_DEVELOPMENT);
        CHECK_INT(load(MONITOR_CALL_SIDELOAD_INSTALL), rows[i].wrong_key);
        CHECK_INT(mapped(0x53), 0);
    }
    fake.lifecycle = LIFECYCLE_DEVICE_COMPLETE;
}

/* No answer of the root of trust is a refusal, at every call. */
static void silent_root_of_trust(void)
{
    fresh();
    fake.capability[0] = CAPABILITY_APP_DEVELOPMENT;
    package_make(0x51, 1, &fake.application, 0);
    CHECK_INT(load(MONITOR_CALL_SIDELOAD_COMMIT), MONITOR_OK);
    const struct record before = monitor.engine.live;
    fake.pluton_fails = PLUTON_IS_CAPABILITY_ENABLED;
    CHECK_INT(load(MONITOR_CALL_SIDELOAD_INSTALL), MONITOR_PERMISSION_DENIED);
    CHECK_INT(one_word(MONITOR_CALL_SIDELOAD_INSTALL, monitor.engine.sideload.handle, 0, NULL),
              MONITOR_PERMISSION_DENIED);
    fake.pluton_fails = PLUTON_GET_MANUFACTURING_STATE;
    fake.capability[0] = 0;
    CHECK_INT(load(MONITOR_CALL_SIDELOAD_INSTALL), MONITOR_PERMISSION_DENIED);
    fake.pluton_fails = 0;
    CHECK_MEM(&monitor.engine.live, &before, sizeof before);
}

/* ---- development ---- */

/* Without the capability nothing under development runs, is listed or is mapped; with it
 * again, it is back. */
static void vanishes_with_the_capability(void)
{
    struct span reply;
    uint32_t bytes;
    fresh();
    fake.capability[0] = CAPABILITY_APP_DEVELOPMENT;
    package_make(0x51, 1, &fake.development, IMAGE_TEMPORARY_UNDER_DEVELOPMENT);
    CHECK_INT(load(MONITOR_CALL_SIDELOAD_INSTALL), MONITOR_OK);
    for (unsigned i = 0; i < 2; i++) {
        fake.capability[0] = 0;
        if (i)
            boot();
        CHECK_INT(mapped(0x51), 0);
        CHECK_INT(fake_call(MONITOR_CALL_GET_COMPONENTS, NULL, 0, SMC_REPLY_MAX, &reply), MONITOR_OK);
        CHECK_INT(reply.len, 4 * MONITOR_COMPONENT_BYTES);
        uint8_t uid[16];
        memset(uid, 0x51, sizeof uid);
        CHECK_INT(fake_call(MONITOR_CALL_OPEN_APPLICATION, uid, 16, 20, NULL), MONITOR_IMAGE_NOT_FOUND);
        fake.capability[0] = CAPABILITY_APP_DEVELOPMENT;
        CHECK_INT(mapped(0x51), 1);
        CHECK_INT(fake_call(MONITOR_CALL_GET_COMPONENTS, NULL, 0, SMC_REPLY_MAX, &reply), MONITOR_OK);
        CHECK_INT(reply.len, 5 * MONITOR_COMPONENT_BYTES);
    }
    fake.capability[0] = 0;
    CHECK_INT(removed(0x51), MONITOR_OK); /* what does not run may always go */
    CHECK_INT(found(0x51, &bytes), 0);
}

static void removed_at_boot(void)
{
    uint32_t bytes;
    fresh();
    fake.capability[0] = CAPABILITY_APP_DEVELOPMENT;
    package_make(0x51, 1, &fake.development, IMAGE_TEMPORARY_UNDER_DEVELOPMENT | IMAGE_TEMPORARY_REMOVE_AT_BOOT);
    CHECK_INT(load(MONITOR_CALL_SIDELOAD_INSTALL), MONITOR_OK);
    package_make(0x52, 2, &fake.application, 0);
    CHECK_INT(load(MONITOR_CALL_SIDELOAD_INSTALL), MONITOR_OK);
    CHECK_INT(mapped(0x51), 1);
    boot();
    CHECK_INT(found(0x51, &bytes), 0);
    CHECK_INT(mapped(0x52), 2);
    CHECK_INT(monitor.engine.live.kept.count, 5);
}

/* ---- with what the factory left ---- */

/* The first sideload writes the first record: what the factory installed stays. */
static void beside_the_factory(void)
{
    uint32_t bytes;
    fresh();
    package_make(0x44, 7, &fake.application, 0);
    fake_slot(FLASH_APPLICATIONS_AT, FLASH_APPLICATIONS_BYTES, package, package_bytes);
    boot();
    fake.capability[0] = CAPABILITY_FIELD_SERVICING;
    package_make(0x52, 2, &fake.application, 0);
    CHECK_INT(load(MONITOR_CALL_SIDELOAD_INSTALL), MONITOR_OK);
    for (unsigned i = 0; i < 2; i++) {
        CHECK_INT(mapped(0x44), 7);
        CHECK_INT(mapped(0x52), 2);
        CHECK_INT(monitor.system_at, FLASH_SYSTEM_A_AT);
        boot();
    }
    CHECK_INT(removed(0x44), MONITOR_OK);
    boot();
    CHECK_INT(found(0x44, &bytes), 0);
    /* an application that says it is a component of the OS does not become one */
    package_make(0x73, 9, &fake.application, 0);
    CHECK_INT(load(MONITOR_CALL_SIDELOAD_INSTALL), MONITOR_IDENTITY_INCONSISTENT);
    CHECK_INT(removed(0x73), MONITOR_IMAGE_NOT_FOUND);
    CHECK(monitor.engine.live.kept.count == 5);
}

/* ---- what runs ---- */

static uint32_t released(uint32_t address)
{
    const uint32_t words[2] = {address, (uint32_t)package_bytes};
    return fake_call(SMC_RELEASE_IMAGE, fake_words(2, words).at, 8, 0, NULL);
}

/* An application that was replaced and still runs in place: its bytes stay as they were
 * verified, whatever is brought meanwhile, until who mapped it lets go. */
static void a_running_application_stays(void)
{
    static uint8_t was[sizeof package];
    uint32_t bytes;
    fresh();
    fake.capability[0] = CAPABILITY_FIELD_SERVICING;
    package_make(0x52, 1, &fake.application, 0);
    CHECK_INT(load(MONITOR_CALL_SIDELOAD_INSTALL), MONITOR_OK);
    const uint32_t at = found(0x52, &bytes);
    CHECK_INT(mapped(0x52), 1);
    memcpy(was, fake.flash + (at - MT3620_FLASH), bytes);
    for (uint8_t mark = 2; mark < 12; mark++) {
        uint32_t other;
        package_make(0x52, mark, &fake.application, 0);
        CHECK_INT(load(MONITOR_CALL_SIDELOAD_INSTALL), MONITOR_OK);
        CHECK(found(0x52, &other) != at);
        CHECK_MEM(fake.flash + (at - MT3620_FLASH), was, bytes);
        CHECK_INT(mapped(0x52), mark);
        CHECK_INT(released(found(0x52, &other)), MONITOR_OK);
    }
    /* removed altogether, and then as large an image as there is room for */
    CHECK_INT(removed(0x52), MONITOR_OK);
    const uint32_t most = FLASH_APPLICATIONS_BYTES - FLASH_SECTOR_BYTES;
    CHECK_INT(one_word(MONITOR_CALL_SIDELOAD_OPEN, most, 4, NULL), MONITOR_NO_FREE_SPACE);
    CHECK_INT(one_word(MONITOR_CALL_SIDELOAD_OPEN, most - 0x4000, 4, NULL), MONITOR_OK);
    CHECK_MEM(fake.flash + (at - MT3620_FLASH), was, bytes);
    CHECK_INT(released(at), MONITOR_OK);
    CHECK_INT(one_word(MONITOR_CALL_SIDELOAD_OPEN, most, 4, NULL), MONITOR_OK);
    CHECK(flash_erased(span_of(fake.flash + (at - MT3620_FLASH), bytes)));
    /* a restart holds nothing */
    fresh();
    fake.capability[0] = CAPABILITY_FIELD_SERVICING;
    CHECK_INT(one_word(MONITOR_CALL_SIDELOAD_OPEN, most, 4, NULL), MONITOR_OK);
}

/* Power lost at each operation of a replacement, in each way: the old application or the
 * new one, whole, and the same replacement goes through afterwards. */
static void cuts(void)
{
    for (int cut = 0; cut < FAKE_CUTS; cut++)
        for (long at = 0;; at++) {
            fresh();
            fake.capability[0] = CAPABILITY_FIELD_SERVICING;
            package_make(0x52, 2, &fake.application, 0);
            REQUIRE(load(MONITOR_CALL_SIDELOAD_INSTALL) == MONITOR_OK);
            boot();
            package_make(0x52, 3, &fake.application, 0);
            fake.cut_at = at;
            fake.cut = (enum fake_cut)cut;
            const uint32_t status = load(MONITOR_CALL_SIDELOAD_INSTALL);
            const bool complete = !fake.dead;
            boot();
            const uint8_t is = mapped(0x52);
            CHECK(is == 2 || is == 3);
            CHECK_INT(monitor.engine.live.kept.count, 5);
            if (status == MONITOR_OK)
                CHECK_INT(is, 3);
            CHECK_INT(load(MONITOR_CALL_SIDELOAD_INSTALL), MONITOR_OK);
            CHECK_INT(mapped(0x52), 3);
            if (complete) {
                CHECK(at > 30); /* erases, pages, and the record */
                break;
            }
        }
}

int main(void)
{
    fake_init();
    permit_matrix();
    silent_root_of_trust();
    vanishes_with_the_capability();
    removed_at_boot();
    beside_the_factory();
    a_running_application_stays();
    cuts();
    fake_release();
    return check_done();
}
