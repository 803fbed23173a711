/* SPDX-License-Identifier: BSD-2-Clause */
/* Records of a ring read as one text: what log and telemetry hand out. */
#ifndef PERI_MONITOR_SVC_SVC_TEXT_H
#define PERI_MONITOR_SVC_SVC_TEXT_H

#include "monitor/svc/monitor.h"

/* One record's part of the text. */
struct text_piece {
    uint8_t head[12];
    uint8_t head_bytes;
    struct span body;
};

typedef bool text_next(const struct monitor *m, uint64_t *position, struct text_piece *piece);

bool telemetry_text(const struct monitor *m, uint64_t *position, struct text_piece *piece);

uint32_t text_size(const struct monitor *m, text_next *next);
/* Bytes [offset, offset + bytes), fewer at the end; BAD_OFFSET behind it.  *read
 * (may be NULL): position behind the last record handed out, 0 if none was. */
enum monitor_status text_read(const struct monitor *m, text_next *next, uint32_t offset,
                              uint32_t bytes, struct writer *reply, uint64_t *read) MUST_CHECK;

#endif
