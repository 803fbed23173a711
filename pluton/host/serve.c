/* SPDX-License-Identifier: BSD-2-Clause */
#include "pluton/host/serve.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/ct.h"

static void channel_close(struct channel *c)
{
    close(c->fd);
    ct_wipe(c->reply, sizeof c->reply);
    c->fd = -1;
    c->reply_bytes = 0;
}

/* Sends the waiting reply; keeps it while there is no room. */
static void reply_send(struct channel *c)
{
    const ssize_t sent = send(c->fd, c->reply, c->reply_bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return;
    if (sent < 0) {
        channel_close(c);
        return;
    }
    ct_wipe(c->reply, c->reply_bytes); /* may be random numbers */
    c->reply_bytes = 0;
}

static void request_serve(struct pluton *p, struct channel *c, bool hung_up)
{
    uint8_t request[PLUTON_DATAGRAM_MAX + 1]; /* one more: a longer datagram is seen as too long */
    const ssize_t got = recv(c->fd, request, sizeof request, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return;
    /* An empty datagram reads like the end, but only the end comes with a hang-up. */
    if (got < 0 || (got == 0 && hung_up)) {
        channel_close(c);
        return;
    }
    struct writer reply = writer_of(c->reply, sizeof c->reply);
    if (pluton_call(p, c->rights, span_of(request, (size_t)got), &reply)) {
        channel_close(c);
        return;
    }
    c->reply_bytes = reply.len;
    reply_send(c);
}

int serve(struct pluton *p, struct channel channel[static CHANNELS], int control,
          uint32_t *postcode)
{
    struct pollfd wait[CHANNELS + 1];
    for (;;) {
        for (unsigned i = 0; i < CHANNELS; i++)
            wait[i] = (struct pollfd){.fd = channel[i].fd,
                                      .events = channel[i].reply_bytes ? POLLOUT : POLLIN};
        wait[CHANNELS] = (struct pollfd){.fd = control, .events = POLLIN};
        if (poll(wait, CHANNELS + 1, -1) < 0) {
            if (errno == EINTR)
                continue;
            return E_IO;
        }
        if (wait[CHANNELS].revents)
            return 0; /* the parent only ever closes its end */
        for (unsigned i = 0; i < CHANNELS; i++) {
            if (!wait[i].revents)
                continue;
            if (channel[i].reply_bytes)
                reply_send(&channel[i]);
            else
                request_serve(p, &channel[i], wait[i].revents & (POLLHUP | POLLERR));
        }
        *postcode = p->postcode;
    }
}
