/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/ipc/process.h"

static const char *const names[PROCESS_COUNT] = {
#define PROCESS_TEXT(name, text, run) text,
    PROCESS_TABLE(PROCESS_TEXT)
#undef PROCESS_TEXT
};

const char *process_name(enum process_id id)
{
    return (unsigned)id < PROCESS_COUNT ? names[id] : "unknown";
}
