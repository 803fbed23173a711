/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/ota/check.h"

#include <string.h>

#include "abi/image.h"
#include "lib/cbor.h"
#include "lib/guid.h"

_Static_assert((int)DEVICE_API_INSTALLED_MAX <= (int)STORE_INSTALLED_MAX, "the store takes what a device may list");
_Static_assert((int)STORE_WANTED_MAX <= (int)MANIFEST_IMAGES_MAX, "a wanted set fits one manifest");

/* -- the question ------------------------------------------------------------- */

enum { CHECK_NONCE = 1, CHECK_INSTALLED = 2, CHECK_ACCEPTED = 3, CHECK_UNDONE = 4, CHECK_KEYSTORE = 5, CHECK_PAIRS = 5 };

static void installed_get(struct cursor *c, struct update_check *check)
{
    size_t count = cbor_get_array(c);

    if (count > DEVICE_API_INSTALLED_MAX) {
        cursor_fail(c, E_LIMIT);
        return;
    }
    for (size_t i = 0; i < count && !c->err; i++) {
        struct store_installed *in = &check->installed[i];
        cbor_expect_array(c, 3);
        cbor_get_exact(c, in->component, sizeof in->component);
        cbor_get_exact(c, in->image, sizeof in->image);
        in->type = cbor_get_u16(c);
        for (size_t k = 0; k < i && !c->err; k++)
            if (guid_equal(in->component, check->installed[k].component) ||
                guid_equal(in->image, check->installed[k].image))
                cursor_fail(c, E_DUPLICATE);
    }
    if (!c->err)
        check->count = (uint16_t)count;
}

int update_check_parse(struct span body, struct update_check *check)
{
    struct cursor c = cursor_of(body);

    memset(check, 0, sizeof *check);
    check->keystore_version = STORE_KEYSTORE_UNKNOWN;
    const size_t pairs = cbor_get_map(&c);
    if (pairs != CHECK_PAIRS && pairs != CHECK_PAIRS - 1)
        cursor_fail(&c, E_MALFORMED);
    cbor_expect_int(&c, CHECK_NONCE);
    cbor_get_exact(&c, check->nonce, sizeof check->nonce);
    cbor_expect_int(&c, CHECK_INSTALLED);
    installed_get(&c, check);
    cbor_expect_int(&c, CHECK_ACCEPTED);
    check->accepted = cbor_get_uint(&c);
    cbor_expect_int(&c, CHECK_UNDONE);
    if (cbor_is_null(&c)) {
        cbor_get_null(&c);
    } else {
        check->has_undone = true;
        check->undone = cbor_get_uint(&c);
    }
    if (pairs == CHECK_PAIRS) { /* a device says it since keystores come by update */
        cbor_expect_int(&c, CHECK_KEYSTORE);
        check->keystore_version = cbor_get_u32(&c);
    }
    int err = cursor_end(&c);
    if (err)
        memset(check, 0, sizeof *check);
    return err;
}

/* -- the answer --------------------------------------------------------------- */

static int manifest_of(const struct store_wanted_image *images, uint16_t count,
                       enum partition_type partition, struct writer *w)
{
    /* No build date: it would make two answers to one wanted set differ. */
    struct manifest manifest = {.built_s = 0, .count = count};

    if (count > MANIFEST_IMAGES_MAX)
        return E_LIMIT;
    for (uint16_t i = 0; i < count; i++) {
        const struct store_wanted_image *image = &images[i];
        struct manifest_entry *entry = &manifest.at[i];
        memcpy(entry->image, image->image, sizeof entry->image);
        memcpy(entry->component, image->component, sizeof entry->component);
        entry->type = image->type;
        entry->partition = (uint16_t)partition;
        entry->file_bytes = image->file_bytes;
        entry->uncompressed_bytes = image->file_bytes; /* nothing is compressed */
        entry->provides[0] = (struct abi_identity){image->provides_version, image->provides_type};
        entry->depends[0] = (struct abi_identity){image->depends_version, image->depends_type};
    }
    return manifest_write(&manifest, w);
}

bool update_wants_base(const struct store_wanted *wanted)
{
    return wanted->keystore_count > 0;
}

/* A keystore comes alone: the rest is judged by its keys, at the next check. */
bool update_wants_firmware(const struct store_wanted *wanted)
{
    return wanted->os_count > 0 && !update_wants_base(wanted);
}

bool update_wants_customer(const struct store_wanted *wanted)
{
    return wanted->applications && !update_wants_base(wanted);
}

int update_base_write(const struct store_wanted *wanted, struct writer *w)
{
    return manifest_of(wanted->keystore, wanted->keystore_count, PARTITION_FIRMWARE, w);
}

int update_firmware_write(const struct store_wanted *wanted, struct writer *w)
{
    return manifest_of(wanted->os, wanted->os_count, PARTITION_FIRMWARE, w);
}

int update_customer_write(const struct store_wanted *wanted, struct writer *w)
{
    return manifest_of(wanted->app, wanted->app_count, PARTITION_APPLICATIONS, w);
}

static void set_add(struct manifest_set *set, uint16_t type, struct span image)
{
    if (image.len == 0)
        return;
    set->at[set->count].type = type;
    set->at[set->count].image = image;
    set->count++;
}

/* What a device does on its own is not said: monitors from before the field take such a set too. */
static uint16_t deferral_field(uint32_t minutes, uint32_t own)
{
    if (minutes == own)
        return MANIFEST_SET_DEFERRAL_DEFAULT;
    return minutes == 0 || minutes >= MANIFEST_SET_DEFERRAL_NONE ? MANIFEST_SET_DEFERRAL_NONE : (uint16_t)minutes;
}

int update_set_write(const struct store_wanted *wanted, const struct update_answer *answer,
                     struct writer *w)
{
    struct manifest_set set = {
        .flags = wanted->crash_dumps ? MANIFEST_SET_FLAG_CRASH_DUMPS : 0,
        .sequence = wanted->sequence,
        .issued_s = answer->now_s,
        .not_after_s = answer->now_s + UPDATE_VALID_S,
        .check_interval_s = answer->check_interval_s,
        .app_deferral_minutes = deferral_field(answer->deferral.app_minutes, DEFERRAL_APP_MINUTES),
        .os_deferral_minutes = deferral_field(answer->deferral.os_minutes, DEFERRAL_OS_MINUTES),
    };

    memcpy(set.device_id, answer->device_id, sizeof set.device_id);
    memcpy(set.nonce, answer->nonce, sizeof set.nonce);
    memcpy(set.group, wanted->group, sizeof set.group);
    memcpy(set.catalog, wanted->catalog, sizeof set.catalog);
    /* Between two sets of one sequence there is no order, and this one differs from the wish
     * that the device may have accepted already.  Under the new keystore the count begins again. */
    if (answer->base.len && set.sequence <= answer->accepted && answer->accepted != UINT64_MAX)
        set.sequence = answer->accepted + 1;
    set_add(&set, IMAGE_TYPE_BASE_SYSTEM_UPDATE_MANIFEST, answer->base);
    set_add(&set, IMAGE_TYPE_FIRMWARE_UPDATE_MANIFEST, answer->firmware);
    set_add(&set, IMAGE_TYPE_CUSTOMER_UPDATE_MANIFEST, answer->customer);
    return manifest_set_write(&set, w);
}
