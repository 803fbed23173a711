/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flash by calls: NW_CONFIG alone, and what the normal world may know of the
 * other partitions.  Every range is checked against its partition, by
 * subtraction, before anything is done (Trapa: WriteFlash once took any offset).
 */
#include "monitor/svc/monitor.h"

enum {
    ACCESS_QUERY = 0,
    ACCESS_CHANGE = 1, /* and read, by call */
    ACCESS_WINDOW = 2, /* the normal world reads it in place */
};

static const struct partition {
    uint16_t number; /* as in the image manifest */
    uint16_t access;
    struct flash_range range;
} partitions[] = {
    {4, ACCESS_WINDOW, {FLASH_APPLICATIONS_AT, FLASH_APPLICATIONS_BYTES}},
    {5, ACCESS_QUERY, {FLASH_LOG_STORAGE_AT, FLASH_LOG_STORAGE_BYTES}},
    {6, ACCESS_CHANGE, {FLASH_NW_CONFIG_AT, FLASH_NW_CONFIG_BYTES}},
    {15, ACCESS_QUERY, {FLASH_TELEMETRY_STORAGE_AT, FLASH_TELEMETRY_STORAGE_BYTES}},
};

static const struct partition *partition_find(uint16_t number)
{
    for (size_t i = 0; i < sizeof partitions / sizeof partitions[0]; i++)
        if (partitions[i].number == number)
            return &partitions[i];
    return NULL;
}

enum monitor_status svc_QUERY_FLASH(struct monitor *m, struct cursor *in, struct writer *reply)
{
    const struct partition *p = partition_find(cursor_u16le(in));
    if (!p)
        return MONITOR_INVALID_PARAMETER;
    writer_u32le(reply, p->range.bytes);
    writer_u32le(reply, FLASH_SECTOR_BYTES);
    writer_u32le(reply, 1);
    writer_u32le(reply, p->access == ACCESS_WINDOW ? window_address(m, p->range.at) : 0);
    return MONITOR_OK;
}

/* Partition, reserved, offset: the head of the other three. */
static enum monitor_status target_read(struct cursor *in, struct flash_range *target)
{
    const struct partition *p = partition_find(cursor_u16le(in));
    const uint16_t reserved = cursor_u16le(in);
    const uint32_t offset = cursor_u32le(in);
    if (!p || reserved != 0)
        return MONITOR_INVALID_PARAMETER;
    if (p->access != ACCESS_CHANGE)
        return MONITOR_PERMISSION_DENIED;
    if (offset > p->range.bytes)
        return MONITOR_BAD_OFFSET;
    *target = (struct flash_range){p->range.at + offset, p->range.bytes - offset};
    return MONITOR_OK;
}

static enum monitor_status status_of(int err)
{
    return err == 0 ? MONITOR_OK : err == E_RANGE ? MONITOR_BAD_OFFSET : MONITOR_WRITE_FAILED;
}

enum monitor_status svc_ERASE_FLASH(struct monitor *m, struct cursor *in, struct writer *reply)
{
    struct flash_range target;
    (void)m;
    (void)reply;
    const enum monitor_status status = target_read(in, &target);
    const uint32_t bytes = cursor_u32le(in);
    if (status != MONITOR_OK)
        return status;
    if (bytes == 0 || bytes > target.bytes)
        return MONITOR_BAD_OFFSET;
    return status_of(flash_erase(target.at, bytes));
}

enum monitor_status svc_WRITE_FLASH(struct monitor *m, struct cursor *in, struct writer *reply)
{
    struct flash_range target;
    (void)m;
    (void)reply;
    const enum monitor_status status = target_read(in, &target);
    if (status != MONITOR_OK)
        return status;
    if (in->left > target.bytes)
        return MONITOR_BAD_OFFSET;
    return status_of(flash_write(target.at, cursor_bytes(in, in->left)));
}

enum monitor_status svc_READ_FLASH(struct monitor *m, struct cursor *in, struct writer *reply)
{
    struct flash_range target;
    (void)m;
    const enum monitor_status status = target_read(in, &target);
    const uint32_t bytes = cursor_u32le(in);
    if (status != MONITOR_OK)
        return status;
    if (bytes > target.bytes)
        return MONITOR_BAD_OFFSET;
    if (bytes > reply->cap)
        return MONITOR_INVALID_PARAMETER;
    writer_bytes(reply, flash_view(target.at, bytes).at, bytes);
    return MONITOR_OK;
}
