/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/engine/plan.h"

#include <string.h>

enum { PARTITIONS_FIRST = IMAGE_TYPE_BASE_SYSTEM_UPDATE_MANIFEST };

unsigned plan_missing(const struct plan *plan)
{
    unsigned missing = 0;
    for (unsigned i = 0; i < plan->count; i++)
        missing += !plan->at[i].present;
    return missing;
}

static bool plan_lists(const struct plan *plan, uint16_t manifest)
{
    return plan->partitions & 1u << (manifest - PARTITIONS_FIRST);
}

/* A base manifest names one image, a keystore, and comes first. */
bool plan_rotates(const struct plan *plan)
{
    return plan_lists(plan, IMAGE_TYPE_BASE_SYSTEM_UPDATE_MANIFEST) && !plan->at[0].installed;
}

bool plan_keeps(const struct medium *medium, const struct plan *plan,
                const struct component *installed)
{
    const struct image_rule *rule = image_rule_of(medium, installed->type);
    return !rule || !plan_lists(plan, rule->manifest);
}

/* A signed manifest-type image: parsed, of the type, by the update key. */
static enum monitor_status signed_open(const struct keystore *keystore, struct span file,
                                       uint16_t type, struct image *image)
{
    if (image_parse(file, image) != 0 || image->meta.type != type)
        return MONITOR_MALFORMED_MANIFEST;
    /* The usage bit follows from the type: only an update key passes. */
    if (keystore_use_of(&image->meta) != KEYSTORE_USE_UPDATE ||
        keystore_verify(keystore, image, false) != 0)
        return MONITOR_VERIFICATION_FAILED;
    return MONITOR_OK;
}

static enum monitor_status binding_check(const struct plan_context *c,
                                         const struct manifest_set *set)
{
    if (memcmp(set->device_id, c->device_id, sizeof set->device_id) != 0)
        return MONITOR_WRONG_DEVICE;
    if (!c->nonce || memcmp(set->nonce, c->nonce, sizeof set->nonce) != 0)
        return MONITOR_NOT_FRESH;
    /* The monitor has no trusted time: the nonce is what makes a set fresh.
     * manifest_set_parse() has seen that not-after is not before issued. */
    return MONITOR_OK;
}

/* contents' = SHA-256(contents || digest). */
static int contents_add(uint8_t contents[static SHA256_BYTES],
                        const uint8_t digest[static SHA256_BYTES])
{
    struct span parts[] = {{contents, SHA256_BYTES}, {digest, SHA256_BYTES}};
    uint8_t next[SHA256_BYTES];
    int err = crypto_sha256(parts, 2, next);
    memcpy(contents, next, sizeof next);
    return err;
}

/* Adds SHA-256(type || body without its build date): a set that is signed anew for the
 * same wish stays the same.  A body has one form only, lib/manifest.c sees to it. */
static enum monitor_status manifest_note(struct plan *plan, uint16_t type, struct span body)
{
    enum { DATE_AT = 8, DATE_BYTES = 8 };
    const uint8_t kind[2] = {(uint8_t)type, (uint8_t)(type >> 8)};
    const struct span parts[] = {{kind, sizeof kind},
                                 {body.at, DATE_AT},
                                 {body.at + DATE_AT + DATE_BYTES, body.len - DATE_AT - DATE_BYTES}};
    uint8_t digest[SHA256_BYTES];
    const unsigned count = body.len == MANIFEST_HEADER_BYTES ? 2 : 3; /* no empty part: abi/pluton_call.h */
    if (crypto_sha256(parts, count, digest) != 0 || contents_add(plan->contents, digest) != 0)
        return MONITOR_MALFORMED_MANIFEST;
    if (type != IMAGE_TYPE_CUSTOMER_UPDATE_MANIFEST && contents_add(plan->os_contents, digest) != 0)
        return MONITOR_MALFORMED_MANIFEST;
    return MONITOR_OK;
}

static bool same_wish(const struct wanted *a, const struct wanted *b)
{
    return a->is.type == b->is.type && a->is.file_bytes == b->is.file_bytes &&
           memcmp(a->is.component, b->is.component, sizeof a->is.component) == 0 &&
           memcmp(a->is.image, b->is.image, sizeof a->is.image) == 0 &&
           memcmp(a->provides, b->provides, sizeof a->provides) == 0 &&
           memcmp(a->depends, b->depends, sizeof a->depends) == 0;
}

/* Finds the image among what the device holds already. */
static enum monitor_status wanted_resolve(const struct plan_context *c, struct wanted *w)
{
    const struct component *have = image_set_image(&c->record->kept, w->is.image);
    if (have) {
        if (have->type != w->is.type || have->file_bytes != w->is.file_bytes ||
            memcmp(have->component, w->is.component, sizeof w->is.component) != 0)
            return MONITOR_IDENTITY_INCONSISTENT;
        w->is = *have;
        w->installed = w->present = true;
        return MONITOR_OK;
    }
    for (unsigned i = 0; c->staged->present && i < c->staged->count; i++) {
        const struct wanted *old = &c->staged->at[i];
        if (old->present && !old->installed && same_wish(old, w)) {
            w->is = old->is;
            w->present = true;
        }
    }
    return MONITOR_OK;
}

static bool plan_has(const struct plan *plan, const struct manifest_entry *entry)
{
    for (unsigned i = 0; i < plan->count; i++)
        if (memcmp(plan->at[i].is.component, entry->component, IMAGE_UID_BYTES) == 0 ||
            memcmp(plan->at[i].is.image, entry->image, IMAGE_UID_BYTES) == 0)
            return true;
    return false;
}

static enum monitor_status entry_add(const struct plan_context *c, struct plan *plan,
                                     uint16_t manifest_type, const struct manifest_entry *entry)
{
    const struct image_rule *rule = image_rule_of(c->medium, entry->type);
    const uint32_t bytes_max = place_bytes_max(c->medium, entry->type);
    if (!rule || rule->manifest != manifest_type || plan_has(plan, entry))
        return MONITOR_MALFORMED_MANIFEST;
    if (entry->file_bytes > bytes_max || entry->uncompressed_bytes > bytes_max)
        return MONITOR_IMAGE_TOO_LARGE;
    if (plan->count == MONITOR_COMPONENTS_MAX)
        return MONITOR_NO_FREE_SPACE;
    struct wanted *w = &plan->at[plan->count++];
    memcpy(w->is.component, entry->component, sizeof w->is.component);
    memcpy(w->is.image, entry->image, sizeof w->is.image);
    w->is.type = entry->type;
    w->is.first = BLOCK_NONE;
    w->is.file_bytes = entry->file_bytes;
    memcpy(w->provides, entry->provides, sizeof w->provides);
    memcpy(w->depends, entry->depends, sizeof w->depends);
    return wanted_resolve(c, w);
}

static enum monitor_status manifest_add(const struct plan_context *c, struct plan_scratch *s,
                                        uint16_t type, struct span file)
{
    struct image image;
    enum monitor_status status = signed_open(c->keystore, file, type, &image);
    if (status != MONITOR_OK)
        return status;
    if (manifest_parse(image.body, &s->manifest) != 0 ||
        (type == IMAGE_TYPE_BASE_SYSTEM_UPDATE_MANIFEST && s->manifest.count != 1))
        return MONITOR_MALFORMED_MANIFEST;
    bool held = c->hold_applications && type == IMAGE_TYPE_CUSTOMER_UPDATE_MANIFEST;
    if (!held)
        s->plan.partitions = (uint16_t)(s->plan.partitions | 1u << (type - PARTITIONS_FIRST));
    for (unsigned i = 0; i < s->manifest.count && !held && status == MONITOR_OK; i++)
        status = entry_add(c, &s->plan, type, &s->manifest.at[i]);
    return status == MONITOR_OK ? manifest_note(&s->plan, type, image.body) : status;
}

/* Each image of an operating system once: with one more or less the device would
 * not start, or not know what to start. */
static bool os_complete(const struct medium *medium, const struct plan *plan)
{
    uint16_t type;
    for (unsigned i = 0; (type = image_rule_os_type(medium, i)) != 0; i++) {
        unsigned count = 0;
        for (unsigned k = 0; k < plan->count; k++)
            count += plan->at[k].is.type == type;
        if (count != 1)
            return false;
    }
    return true;
}

/* The set as a whole, with what stays installed beside it. */
static enum monitor_status whole_check(const struct plan_context *c, const struct plan *plan)
{
    const struct image_set *live = &c->record->kept;
    unsigned total = plan->count;
    for (unsigned i = 0; i < live->count; i++) {
        const struct component *kept = &live->at[i];
        if (!plan_keeps(c->medium, plan, kept))
            continue;
        total++;
        for (unsigned j = 0; j < plan->count; j++)
            if (memcmp(plan->at[j].is.component, kept->component, IMAGE_UID_BYTES) == 0 ||
                memcmp(plan->at[j].is.image, kept->image, IMAGE_UID_BYTES) == 0)
                return MONITOR_MALFORMED_MANIFEST;
    }
    if (plan_rotates(plan) && plan->partitions != 1)
        return MONITOR_MALFORMED_MANIFEST; /* all else is judged by the new keys: afterwards */
    if (plan_lists(plan, IMAGE_TYPE_FIRMWARE_UPDATE_MANIFEST) && !os_complete(c->medium, plan))
        return MONITOR_MALFORMED_MANIFEST;
    return total > MONITOR_COMPONENTS_MAX ? MONITOR_NO_FREE_SPACE : MONITOR_OK;
}

/* The largest image that has no place yet. */
static struct wanted *unplaced(struct plan *plan)
{
    struct wanted *largest = NULL;
    for (unsigned i = 0; i < plan->count; i++) {
        struct wanted *w = &plan->at[i];
        if (w->is.first == BLOCK_NONE && (!largest || w->is.file_bytes > largest->is.file_bytes))
            largest = w;
    }
    return largest;
}

/* A place for everything that is missing: in the system that does not run, or in
 * the pool beside what is installed and staged. */
static enum monitor_status plan_place(const struct plan_context *c, struct plan *plan)
{
    struct busy_areas busy = *c->busy;
    const uint16_t system = c->record->kept.system;
    struct wanted *w;
    for (unsigned i = 0; i < plan->count; i++)
        if (plan->at[i].present && !plan->at[i].installed)
            busy.at[busy.count++] = component_area(c->medium, &plan->at[i].is);
    while ((w = unplaced(plan)) != NULL) {
        const struct medium_fixed *fixed = place_fixed(c->medium, w->is.type);
        w->is.first = fixed ? fixed->system[system ^ 1u].first
                            : place_find(c->medium, busy.at, busy.count, w->is.file_bytes);
        if (w->is.first == BLOCK_NONE)
            return MONITOR_NO_FREE_SPACE;
        busy.at[busy.count++] = component_area(c->medium, &w->is);
    }
    return MONITOR_OK;
}

static enum monitor_status installed_open(const struct plan_context *c,
                                          const struct component *component, struct image *image)
{
    struct span file;
    if (medium_view(c->medium, component_area(c->medium, component), component->file_bytes, &file) != 0 ||
        image_parse(file, image) != 0)
        return MONITOR_VERIFICATION_FAILED; /* flash is damaged */
    return MONITOR_OK;
}

enum monitor_status plan_image_fits(const struct plan *plan, const struct wanted *wanted,
                                    const struct image *image)
{
    struct abi_offer real = {{0}};
    abi_offer_add(&real, image->meta.provides.at, image->meta.provides.count);
    if (!abi_offer_meets(&real, wanted->provides, MANIFEST_ABI_SLOTS))
        return MONITOR_IDENTITY_INCONSISTENT; /* promises what the image does not have */
    if (!abi_offer_meets(&plan->offer, image->meta.depends.at, image->meta.depends.count))
        return MONITOR_ABI_MISSING;
    return MONITOR_OK;
}

/* Every need is met by what will be installed, by promise for the images that
 * are still missing and by their own metadata for the others. */
static enum monitor_status abi_check(const struct plan_context *c, struct plan *plan)
{
    struct image image;
    enum monitor_status status = MONITOR_OK;
    const struct image_set *live = &c->record->kept;
    plan->offer = c->own;
    for (unsigned i = 0; i < plan->count; i++)
        abi_offer_add(&plan->offer, plan->at[i].provides, MANIFEST_ABI_SLOTS);
    for (unsigned i = 0; i < live->count && status == MONITOR_OK; i++)
        if (plan_keeps(c->medium, plan, &live->at[i])) {
            status = installed_open(c, &live->at[i], &image);
            if (status == MONITOR_OK)
                abi_offer_add(&plan->offer, image.meta.provides.at, image.meta.provides.count);
        }
    for (unsigned i = 0; i < live->count && status == MONITOR_OK; i++)
        if (plan_keeps(c->medium, plan, &live->at[i])) {
            status = installed_open(c, &live->at[i], &image);
            if (status == MONITOR_OK && !abi_offer_meets(&plan->offer, image.meta.depends.at,
                                                         image.meta.depends.count))
                status = MONITOR_ABI_MISSING;
        }
    for (unsigned i = 0; i < plan->count && status == MONITOR_OK; i++) {
        const struct wanted *w = &plan->at[i];
        if (!abi_offer_meets(&plan->offer, w->depends, MANIFEST_ABI_SLOTS))
            return MONITOR_ABI_MISSING;
        if (!w->present)
            continue;
        status = installed_open(c, &w->is, &image);
        if (status == MONITOR_OK)
            status = plan_image_fits(plan, w, &image);
    }
    return status;
}

/* A sequence counts under the keystore it was accepted under: under a newer one it
 * begins again, so that whoever had an update key that is withdrawn cannot have
 * counted the device out of all updates.  The nonce keeps old sets out. */
static bool sequence_counts(const struct plan_context *c)
{
    return c->record->kept.keystore_version == c->keystore_version;
}

/* Not older than what is installed or was staged since the start, and not the
 * system that did not stay. */
static enum monitor_status order_check(const struct plan_context *c, const struct plan *plan)
{
    static const uint8_t none[SHA256_BYTES];
    const struct image_set *live = &c->record->kept;
    if (sequence_counts(c) && plan->sequence < live->sequence)
        return MONITOR_OUT_OF_ORDER;
    if (sequence_counts(c) && plan->sequence == live->sequence &&
        memcmp(live->contents, none, sizeof none) != 0 &&
        memcmp(plan->contents, live->contents, sizeof plan->contents) != 0)
        return MONITOR_OUT_OF_ORDER;
    if (memcmp(plan->os_contents, none, sizeof none) != 0 &&
        memcmp(plan->os_contents, c->record->undone_os, sizeof none) == 0)
        return MONITOR_UNDONE;
    if (!c->staged->present)
        return MONITOR_OK;
    if (plan->sequence < c->staged->sequence ||
        (plan->sequence == c->staged->sequence &&
         memcmp(plan->contents, c->staged->contents, sizeof plan->contents) != 0))
        return MONITOR_OUT_OF_ORDER;
    return MONITOR_OK;
}

enum monitor_status plan_build(const struct plan_context *context, struct span file,
                               struct plan_scratch *scratch)
{
    struct image image;
    struct manifest_set set;
    struct plan *plan = &scratch->plan;

    memset(plan, 0, sizeof *plan);
    enum monitor_status status =
        signed_open(context->keystore, file, IMAGE_TYPE_MANIFEST_SET, &image);
    if (status != MONITOR_OK)
        return status;
    if (manifest_set_parse(image.body, &set) != 0)
        return MONITOR_MALFORMED_MANIFEST;
    status = binding_check(context, &set);
    if (status != MONITOR_OK)
        return status;
    if (sequence_counts(context) && set.sequence < context->record->kept.sequence) /* before its manifests are looked at */
        return MONITOR_OUT_OF_ORDER;
    /* Never all zero, which means "nothing accepted yet". */
    static const uint8_t first[1];
    const struct span start = {first, sizeof first};
    if (crypto_sha256(&start, 1, plan->contents) != 0)
        return MONITOR_VERIFICATION_FAILED;
    plan->sequence = set.sequence;
    plan->keystore_version = context->keystore_version;
    plan->check_interval_s = set.check_interval_s;
    memcpy(plan->group, set.group, sizeof plan->group);
    for (unsigned i = 0; i < set.count && status == MONITOR_OK; i++)
        status = manifest_add(context, scratch, set.at[i].type, set.at[i].image);
    if (status == MONITOR_OK)
        status = order_check(context, plan);
    if (status == MONITOR_OK)
        status = whole_check(context, plan);
    if (status == MONITOR_OK)
        status = plan_place(context, plan);
    if (status == MONITOR_OK)
        status = abi_check(context, plan);
    plan->present = status == MONITOR_OK;
    return status;
}

void plan_set(const struct medium *medium, const struct plan *plan, const struct image_set *live,
              struct image_set *set)
{
    memset(set, 0, sizeof *set);
    set->sequence = plan->sequence;
    memcpy(set->contents, plan->contents, sizeof set->contents);
    memcpy(set->os_contents, plan->os_contents, sizeof set->os_contents);
    set->keystore_version = plan->keystore_version;
    set->check_interval_s = plan->check_interval_s;
    memcpy(set->group, plan->group, sizeof set->group);
    set->system = live->system;
    for (unsigned i = 0; i < live->count; i++)
        if (plan_keeps(medium, plan, &live->at[i]))
            set->at[set->count++] = live->at[i];
    for (unsigned i = 0; i < plan->count; i++)
        set->at[set->count++] = plan->at[i].is;
}
