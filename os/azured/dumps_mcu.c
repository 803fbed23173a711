/* SPDX-License-Identifier: BSD-2-Clause */
/* On the MCU azcore seals a core while the process that died still stands (os/azcore/spool.h): azured brings the key and takes dumps away. */
#include "os/azured/dumps.h"
#include "os/dumps/dump_files.h"

const char *dumps_place(const char *own)
{
    (void)own;
    return DUMP_FILES_FOLDER;
}

int dumps_take(struct dumps *dumps, struct key_guard *keys, const struct os_message *message)
{
    (void)dumps;
    (void)keys;
    (void)message;
    return E_DENIED; /* nobody brings one */
}

void dumps_lost(int err, const struct os_crash_dump *what, struct outbox *outbox)
{
    (void)err, (void)what, (void)outbox; /* azcore records that (telemetry.c) */
}
