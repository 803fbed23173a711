/* SPDX-License-Identifier: BSD-2-Clause */
/* One datagram there, one back. */
#include "os/ipc/transport.h"

#include "os/ipc/message.h"

int monitor_exchange(int fd, uint8_t *bytes, size_t len, size_t cap, size_t *reply_len, int *passed,
                     int timeout_ms)
{
    *reply_len = 0;
    int err = message_send(fd, span_of(bytes, len), -1, timeout_ms);
    return err ? err : message_receive(fd, bytes, cap, reply_len, passed, timeout_ms);
}

int pluton_exchange(int fd, uint8_t *bytes, size_t len, size_t cap, size_t *reply_len, int timeout_ms)
{
    return monitor_exchange(fd, bytes, len, cap, reply_len, NULL, timeout_ms);
}

int transport_random(void *to, size_t len)
{
    (void)to;
    (void)len;
    return E_UNSUPPORTED;
}
