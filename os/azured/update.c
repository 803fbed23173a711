/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azured/update.h"

#include <stdio.h>
#include <string.h>

#include "lib/guid.h"
#include "os/azured/update_set.h"

/* A system on trial is confirmed a moment after the service has attested it: asking the monitor again costs little. */
enum { TRIAL_WAIT_S = 5 };

const char *update_refusal_name(uint32_t status)
{
    static const struct {
        uint32_t status;
        const char *name;
    } names[] = {
        {MONITOR_OK, "not refused"},
        {MONITOR_IMAGE_ALREADY_LOADED, "image already loaded"},
        {MONITOR_NO_FREE_SPACE, "no free space"},
        {MONITOR_NOT_IMPLEMENTED, "not implemented"},
        {MONITOR_IMAGE_NOT_FOUND, "image not found"},
        {MONITOR_UPDATE_IN_PROGRESS, "update in progress"},
        {MONITOR_BAD_HANDLE, "bad handle"},
        {MONITOR_BAD_OFFSET, "bad offset"},
        {MONITOR_WRITE_FAILED, "write failed"},
        {MONITOR_INVALID_PARAMETER, "invalid parameter"},
        {MONITOR_VERIFICATION_FAILED, "verification failed"},
        {MONITOR_IMAGE_TOO_LARGE, "image too large"},
        {MONITOR_IDENTITY_INCONSISTENT, "identity inconsistent"},
        {MONITOR_MUST_DOWNLOAD_MISSING, "images are missing"},
        {MONITOR_MALFORMED_MANIFEST, "malformed manifest"},
        {MONITOR_OUT_OF_ORDER, "out of order"},
        {MONITOR_PERMISSION_DENIED, "permission denied"},
        {MONITOR_NO_UPDATE_IN_PROGRESS, "no update in progress"},
        {MONITOR_ABI_MISSING, "abi missing"},
        {MONITOR_NOT_FRESH, "not fresh"},
        {MONITOR_WRONG_DEVICE, "wrong device"},
        {MONITOR_SECURITY_VERSION, "security version too low"},
        {MONITOR_UNDONE, "this system was tried and did not stay"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].status == status)
            return names[i].name;
    return "unknown status";
}

/* Said and reported once, until something else happens. */
static void refused(struct update *u, uint32_t status, const uint8_t image[static 16], uint64_t now_s)
{
    if (u->refused == status && memcmp(u->refused_image, image, 16) == 0)
        return;
    u->refused = status;
    memcpy(u->refused_image, image, 16);
    struct os_event event = {.category = EVENT_UPDATE_REFUSED, .exit_code = status, .time_s = now_s};
    memcpy(event.image, image, 16);
    outbox_add(u->outbox, &event);
    char text[GUID_TEXT_BYTES];
    guid_format(image, text);
    fprintf(stderr, "azured: update refused: %s%s%s\n", update_refusal_name(status),
            guid_is_zero(image) ? "" : ", image ", guid_is_zero(image) ? "" : text);
}

/* What is new in after becomes an event each. */
static void changed(struct update *u, const struct monitor_components *before,
                    const struct monitor_components *after, uint64_t now_s)
{
    for (size_t i = 0; i < after->count; i++) {
        bool known = false;
        for (size_t k = 0; k < before->count; k++)
            known |= memcmp(before->at[k].component, after->at[i].component, 16) == 0 &&
                     memcmp(before->at[k].image, after->at[i].image, 16) == 0;
        if (known)
            continue;
        bool app = after->at[i].type == IMAGE_TYPE_APPLICATIONS;
        struct os_event event = {.category = app ? EVENT_APP_UPDATE : EVENT_OS_UPDATE, .time_s = now_s};
        memcpy(event.component, after->at[i].component, 16);
        memcpy(event.image, after->at[i].image, 16);
        outbox_add(u->outbox, &event);
        char component[GUID_TEXT_BYTES], image[GUID_TEXT_BYTES];
        guid_format(event.component, component);
        guid_format(event.image, image);
        fprintf(stderr, "azured: installed image %s of component %s\n", image, component);
    }
}

static int ask(struct update *u, const uint8_t nonce[static 32],
               const struct monitor_components *installed, const struct monitor_rollback *rollback,
               struct http_exchange *x, struct failure *failure)
{
    uint8_t bytes[2048];
    struct writer body = writer_of(bytes, sizeof bytes);
    int err = update_check_write(nonce, installed, rollback, &body);
    if (err)
        return failure_of(failure, "update request", err);
    x->method = "POST";
    x->path = DEVICE_API_CHECK;
    x->content_type = "application/cbor";
    x->body = writer_view(&body);
    err = service_ask(u->service, x, 200, failure);
    x->body = span_of(NULL, 0);
    if (!err && x->body_room.len == 0)
        err = failure_of_answer(failure, "update answer", E_MORE);
    return err;
}

/* Downloads what the staged set misses; image names the one that failed. */
static int fetch_missing(struct update *u, uint8_t image[static 16], struct failure *failure)
{
    struct download d = {u->service, u->monitor, u->keys, u->pause};
    struct monitor_missing missing;
    int err = monitor_get_missing(u->monitor, &missing);
    if (err)
        return failure_of(failure, "missing images", err);
    for (size_t i = 0; i < missing.count; i++) {
        memcpy(image, missing.at[i].image, 16);
        fprintf(stderr, "azured: downloading an image of %u bytes\n", (unsigned)missing.at[i].file_bytes);
        err = download_image(&d, image, missing.at[i].file_bytes, failure);
        if (err)
            return err;
    }
    memset(image, 0, 16);
    return 0;
}

/* Images that were there and are not any more: whoever runs of them is ending. */
static void replaced(const struct monitor_components *before, const struct monitor_components *after,
                     struct update_result *out)
{
    for (size_t i = 0; i < before->count; i++) {
        bool stays = false;
        for (size_t k = 0; k < after->count; k++)
            stays |= memcmp(before->at[i].image, after->at[k].image, 16) == 0;
        if (!stays)
            memcpy(out->changed[out->changed_count++], before->at[i].component, 16);
    }
}

static int install(struct update *u, uint64_t now_s, struct update_result *out, struct failure *failure)
{
    struct monitor_components before, after;
    int err = monitor_get_components(u->monitor, &before);
    if (err)
        return failure_of(failure, "asking the monitor", err);
    err = monitor_install(u->monitor, &out->restart);
    if (err)
        return failure_of(failure, "installing", err);
    out->installed = true;
    err = monitor_get_components(u->monitor, &after);
    if (err)
        return failure_of(failure, "asking the monitor", err);
    changed(u, &before, &after, now_s);
    replaced(&before, &after, out);
    bool inert = !out->restart && before.count == after.count && out->changed_count == 0;
    u->inert_sequence = inert ? u->staged_sequence : 0;
    return 0;
}

static int check(struct update *u, struct update_result *out, uint8_t image[static 16], struct failure *failure)
{
    static uint8_t room[MANIFEST_SET_BYTES_MAX]; /* the worker's alone */
    struct http_exchange x = {.body_room = writer_of(room, sizeof room)};
    struct monitor_components before;
    struct monitor_rollback rollback;
    struct update_set set;
    uint8_t nonce[32];
    uint32_t missing;

    int err = monitor_get_components(u->monitor, &before);
    if (!err)
        err = monitor_get_rollback(u->monitor, &rollback);
    if (!err)
        err = monitor_new_update_nonce(u->monitor, nonce);
    if (err)
        return failure_of(failure, "asking the monitor", err);
    if (rollback.on_trial) { /* the monitor takes no other set before this one is confirmed */
        out->check_interval_s = TRIAL_WAIT_S;
        return 0;
    }
    err = ask(u, nonce, &before, &rollback, &x, failure);
    if (err)
        return err;
    struct span package = writer_view(&x.body_room);
    out->staged = true;
    err = monitor_stage_manifests(u->monitor, package, &missing);
    if (err)
        return failure_of(failure, "staging manifests", err);
    err = update_set_parse(package, &before, &set);
    if (err)
        return failure_of_answer(failure, "manifest set", err);
    out->check_interval_s = set.check_interval_s;
    out->limits = set.limits;
    out->accepted = true;
    out->dumps = set.dumps;
    out->type = set.system ? UPDATE_TYPE_SYSTEM : UPDATE_TYPE_APP;
    u->staged_sequence = set.sequence;
    out->ready = missing || (set.differs && set.sequence != u->inert_sequence);
    out->nothing = !out->ready;
    if (out->ready)
        deferral_started(u->deferral, missing > 0);
    if (missing) {
        err = fetch_missing(u, image, failure);
        if (err)
            return err;
    }
    /* The same images under a higher sequence are installed too: otherwise what lies
     * between the two sequences could still be offered (TALOS-2021-1342's kin). */
    if (out->ready || set.sequence <= rollback.accepted_sequence)
        return 0;
    err = monitor_install(u->monitor, &out->restart);
    return err ? failure_of(failure, "installing", err) : 0;
}

/* What every call begins and ends with. */
static void begin(struct update *u, struct failure *failure)
{
    *failure = (struct failure){0};
    u->monitor->status = MONITOR_OK;
}

static int end(struct update *u, int err, const uint8_t image[static 16], uint64_t now_s, struct update_result *out)
{
    if (!err) {
        if (!out->ready) /* else the installation is still to come */
            u->refused = MONITOR_OK;
        return 0;
    }
    out->refused = !u->monitor->broken && u->monitor->status != MONITOR_OK;
    if (out->refused)
        refused(u, u->monitor->status, image, now_s);
    return err;
}

int update_check(struct update *u, uint64_t now_s, struct update_result *out, struct failure *failure)
{
    uint8_t image[16] = {0};
    memset(out, 0, sizeof *out);
    begin(u, failure);
    return end(u, check(u, out, image, failure), image, now_s, out);
}

int update_install(struct update *u, uint64_t now_s, struct update_result *out, struct failure *failure)
{
    static const uint8_t none[16];
    begin(u, failure);
    out->ready = false;
    return end(u, install(u, now_s, out, failure), none, now_s, out);
}
