/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/ipc/os_channel.h"

#include <string.h>
#include <unistd.h>

#include "lib/ct.h"
#include "os/ipc/message.h"

static void read_event(struct cursor *c, struct os_message *m)
{
    struct os_event *v = &m->u.event;
    v->category = cursor_u32le(c);
    cursor_copy(c, v->component, sizeof v->component);
    cursor_copy(c, v->image, sizeof v->image);
    v->exit_code = cursor_u32le(c);
    v->signal = cursor_u32le(c);
    v->time_s = cursor_u64le(c);
}

static void write_event(struct writer *w, const struct os_message *m)
{
    const struct os_event *v = &m->u.event;
    writer_u32le(w, v->category);
    writer_bytes(w, v->component, sizeof v->component);
    writer_bytes(w, v->image, sizeof v->image);
    writer_u32le(w, v->exit_code);
    writer_u32le(w, v->signal);
    writer_u64le(w, v->time_s);
}

static void read_app_channel(struct cursor *c, struct os_message *m)
{
    cursor_copy(c, m->u.app_channel.component, 16);
    cursor_copy(c, m->u.app_channel.tenant, 16);
    m->u.app_channel.rights = cursor_u32le(c);
    if (m->u.app_channel.rights & ~(uint32_t)OS_APP_RIGHTS)
        cursor_fail(c, E_MALFORMED);
}

static void write_app_channel(struct writer *w, const struct os_message *m)
{
    writer_bytes(w, m->u.app_channel.component, 16);
    writer_bytes(w, m->u.app_channel.tenant, 16);
    writer_u32le(w, m->u.app_channel.rights);
}

static void read_app_events(struct cursor *c, struct os_message *m)
{
    cursor_copy(c, m->u.app_events, 16);
}

static void write_app_events(struct writer *w, const struct os_message *m)
{
    writer_bytes(w, m->u.app_events, 16);
}

static void read_crash_dump(struct cursor *c, struct os_message *m)
{
    struct os_crash_dump *v = &m->u.crash_dump;
    cursor_copy(c, v->component, sizeof v->component);
    cursor_copy(c, v->image, sizeof v->image);
    v->signal = cursor_u32le(c);
    v->bytes = cursor_u32le(c);
    v->time_s = cursor_u64le(c);
}

static void write_crash_dump(struct writer *w, const struct os_message *m)
{
    const struct os_crash_dump *v = &m->u.crash_dump;
    writer_bytes(w, v->component, sizeof v->component);
    writer_bytes(w, v->image, sizeof v->image);
    writer_u32le(w, v->signal);
    writer_u32le(w, v->bytes);
    writer_u64le(w, v->time_s);
}

static void read_nothing(struct cursor *c, struct os_message *m)
{
    (void)c;
    (void)m;
}

static void write_nothing(struct writer *w, const struct os_message *m)
{
    (void)w;
    (void)m;
}

static void read_certificate(struct cursor *c, struct os_message *m)
{
    cursor_copy(c, m->u.certificate.tenant, 16);
    if (c->left == 0 || c->left > OS_PEM_MAX)
        cursor_fail(c, E_LIMIT);
    m->u.certificate.pem = cursor_bytes(c, c->left);
}

static void write_certificate(struct writer *w, const struct os_message *m)
{
    const struct os_certificate *v = &m->u.certificate;
    writer_bytes(w, v->tenant, sizeof v->tenant);
    if (v->pem.len == 0 || v->pem.len > OS_PEM_MAX)
        writer_fail(w, E_LIMIT);
    writer_bytes(w, v->pem.at, v->pem.len);
}

static void read_ready(struct cursor *c, struct os_message *m)
{
    m->u.ready = (int32_t)cursor_u32le(c);
}

static void write_ready(struct writer *w, const struct os_message *m)
{
    writer_u32le(w, (uint32_t)m->u.ready);
}

/* Letters, digits, '-', '.', and ':' for IPv6 literals: a host is written into
 * an application's hosts file, so a space or line feed must not pass. */
static bool host_is_clean(struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        uint8_t b = s.at[i];
        if (!((b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9') ||
              b == '-' || b == '.' || b == ':' || b == '_'))
            return false;
    }
    return s.len > 0;
}

static void read_policy(struct cursor *c, struct os_message *m)
{
    struct os_policy *v = &m->u.policy;
    v->uid = cursor_u32le(c);
    v->host_count = cursor_u8(c);
    v->tcp_count = cursor_u8(c);
    v->udp_count = cursor_u8(c);
    if (cursor_u8(c) != 0)
        cursor_fail(c, E_MALFORMED);
    if (v->host_count > OS_HOSTS_MAX || v->tcp_count > OS_PORTS_MAX || v->udp_count > OS_PORTS_MAX) {
        cursor_fail(c, E_LIMIT);
        return;
    }
    for (size_t i = 0; i < v->tcp_count; i++)
        if ((v->tcp[i] = cursor_u16le(c)) == 0)
            cursor_fail(c, E_MALFORMED);
    for (size_t i = 0; i < v->udp_count; i++)
        if ((v->udp[i] = cursor_u16le(c)) == 0)
            cursor_fail(c, E_MALFORMED);
    for (size_t i = 0; i < v->host_count; i++) {
        struct span s = cursor_bytes(c, cursor_u8(c));
        if (c->err)
            return;
        if (s.len > OS_HOST_BYTES_MAX || !host_is_clean(s)) {
            cursor_fail(c, E_MALFORMED);
            return;
        }
        memcpy(v->host[i], s.at, s.len);
        v->host[i][s.len] = '\0';
    }
}

static void write_policy(struct writer *w, const struct os_message *m)
{
    const struct os_policy *v = &m->u.policy;
    if (v->host_count > OS_HOSTS_MAX || v->tcp_count > OS_PORTS_MAX || v->udp_count > OS_PORTS_MAX) {
        writer_fail(w, E_LIMIT);
        return;
    }
    writer_u32le(w, v->uid);
    writer_u8(w, v->host_count);
    writer_u8(w, v->tcp_count);
    writer_u8(w, v->udp_count);
    writer_u8(w, 0);
    for (size_t i = 0; i < v->tcp_count; i++)
        writer_u16le(w, v->tcp[i]);
    for (size_t i = 0; i < v->udp_count; i++)
        writer_u16le(w, v->udp[i]);
    for (size_t i = 0; i < v->host_count; i++) {
        size_t len = strnlen(v->host[i], OS_HOST_BYTES_MAX + 1);
        if (len > OS_HOST_BYTES_MAX || !host_is_clean(span_of(v->host[i], len)))
            writer_fail(w, E_MALFORMED);
        writer_u8(w, (uint8_t)len);
        writer_bytes(w, v->host[i], len);
    }
}

static void read_policy_remove(struct cursor *c, struct os_message *m)
{
    m->u.policy_remove = cursor_u32le(c);
}

static void write_policy_remove(struct writer *w, const struct os_message *m)
{
    writer_u32le(w, m->u.policy_remove);
}

static void read_addresses(struct cursor *c, struct os_message *m)
{
    struct os_addresses *v = &m->u.addresses;
    v->uid = cursor_u32le(c);
    v->error = (int32_t)cursor_u32le(c);
    v->host_count = cursor_u8(c);
    if (v->host_count > OS_HOSTS_MAX) {
        cursor_fail(c, E_LIMIT);
        return;
    }
    for (size_t h = 0; h < v->host_count && !c->err; h++) {
        v->host[h].count = cursor_u8(c);
        if (v->host[h].count > OS_ADDRESSES_MAX) {
            cursor_fail(c, E_LIMIT);
            return;
        }
        for (size_t i = 0; i < v->host[h].count; i++) {
            struct os_address *a = &v->host[h].at[i];
            a->family = cursor_u8(c);
            if (a->family != 4 && a->family != 6)
                cursor_fail(c, E_MALFORMED);
            cursor_copy(c, a->bytes, a->family == 4 ? 4 : 16);
        }
    }
}

static void write_addresses(struct writer *w, const struct os_message *m)
{
    const struct os_addresses *v = &m->u.addresses;
    writer_u32le(w, v->uid);
    writer_u32le(w, (uint32_t)v->error);
    writer_u8(w, v->host_count);
    if (v->host_count > OS_HOSTS_MAX) {
        writer_fail(w, E_LIMIT);
        return;
    }
    for (size_t h = 0; h < v->host_count; h++) {
        writer_u8(w, v->host[h].count);
        if (v->host[h].count > OS_ADDRESSES_MAX) {
            writer_fail(w, E_LIMIT);
            return;
        }
        for (size_t i = 0; i < v->host[h].count; i++) {
            const struct os_address *a = &v->host[h].at[i];
            writer_u8(w, a->family);
            writer_bytes(w, a->bytes, a->family == 4 ? 4 : 16);
        }
    }
}

static void read_network_time(struct cursor *c, struct os_message *m)
{
    m->u.network_time.unix_ms = cursor_u64le(c);
    m->u.network_time.error_ms = cursor_u32le(c);
}

static void write_network_time(struct writer *w, const struct os_message *m)
{
    writer_u64le(w, m->u.network_time.unix_ms);
    writer_u32le(w, m->u.network_time.error_ms);
}

static void read_time(struct cursor *c, struct os_message *m)
{
    m->u.time_s = cursor_u64le(c);
}

static void write_time(struct writer *w, const struct os_message *m)
{
    writer_u64le(w, m->u.time_s);
}

static void read_app_control(struct cursor *c, struct os_message *m)
{
    cursor_copy(c, m->u.app_control.component, 16);
    m->u.app_control.action = cursor_u32le(c);
    if (m->u.app_control.action < OS_APP_START || m->u.app_control.action > OS_APP_TELL)
        cursor_fail(c, E_MALFORMED);
}

static void write_app_control(struct writer *w, const struct os_message *m)
{
    writer_bytes(w, m->u.app_control.component, 16);
    writer_u32le(w, m->u.app_control.action);
}

static void read_app_state(struct cursor *c, struct os_message *m)
{
    cursor_copy(c, m->u.app_state.component, 16);
    m->u.app_state.state = cursor_u32le(c);
    m->u.app_state.used_kb = cursor_u32le(c);
    m->u.app_state.limit_kb = cursor_u32le(c);
    m->u.app_state.memory_kb = cursor_u32le(c);
    m->u.app_state.memory_peak_kb = cursor_u32le(c);
    if (m->u.app_state.state > OS_APP_RUNNING)
        cursor_fail(c, E_MALFORMED);
}

static void write_app_state(struct writer *w, const struct os_message *m)
{
    writer_bytes(w, m->u.app_state.component, 16);
    writer_u32le(w, m->u.app_state.state);
    writer_u32le(w, m->u.app_state.used_kb);
    writer_u32le(w, m->u.app_state.limit_kb);
    writer_u32le(w, m->u.app_state.memory_kb);
    writer_u32le(w, m->u.app_state.memory_peak_kb);
}

static void read_proxy(struct cursor *c, struct network_proxy *proxy)
{
    int err = network_proxy_read(c, proxy);
    if (err)
        cursor_fail(c, err);
}

static void write_proxy(struct writer *w, const struct network_proxy *proxy)
{
    int err = network_proxy_write(proxy, w);
    if (err)
        writer_fail(w, err);
}

static void read_proxy_set(struct cursor *c, struct os_message *m)
{
    struct os_proxy_set *v = &m->u.proxy_set;
    v->number = cursor_u32le(c);
    v->action = cursor_u32le(c);
    if (v->action > OS_PROXY_DELETE)
        cursor_fail(c, E_MALFORMED);
    else if (v->action == OS_PROXY_APPLY)
        read_proxy(c, &v->proxy);
}

static void write_proxy_set(struct writer *w, const struct os_message *m)
{
    const struct os_proxy_set *v = &m->u.proxy_set;
    writer_u32le(w, v->number);
    writer_u32le(w, v->action);
    if (v->action == OS_PROXY_APPLY)
        write_proxy(w, &v->proxy);
}

/* A password has no way back: who could read it here could ask a stranger's device for it. */
static void read_proxy_state(struct cursor *c, struct os_message *m)
{
    struct os_proxy_state *v = &m->u.proxy_state;
    v->number = cursor_u32le(c);
    v->error = (int32_t)cursor_u32le(c);
    v->status = cursor_u32le(c);
    v->present = c->left != 0;
    if (v->status & ~(uint32_t)NETWORK_PROXY_STATUS_BITS)
        cursor_fail(c, E_MALFORMED);
    if (v->present)
        read_proxy(c, &v->proxy);
    if (v->proxy.has_password)
        cursor_fail(c, E_MALFORMED);
}

static void write_proxy_state(struct writer *w, const struct os_message *m)
{
    const struct os_proxy_state *v = &m->u.proxy_state;
    writer_u32le(w, v->number);
    writer_u32le(w, (uint32_t)v->error);
    writer_u32le(w, v->status);
    if (v->proxy.has_password)
        writer_fail(w, E_MALFORMED);
    else if (v->present)
        write_proxy(w, &v->proxy);
}

static void read_cert_stage(struct cursor *c, struct os_message *m)
{
    m->u.cert_stage.offset = cursor_u32le(c);
    if (!c->err && (c->left == 0 || c->left > OS_CERT_PIECE_MAX))
        cursor_fail(c, E_LIMIT);
    m->u.cert_stage.bytes = cursor_bytes(c, c->left);
}

static void write_cert_stage(struct writer *w, const struct os_message *m)
{
    const struct os_cert_stage *v = &m->u.cert_stage;
    writer_u32le(w, v->offset);
    if (v->bytes.len == 0 || v->bytes.len > OS_CERT_PIECE_MAX)
        writer_fail(w, E_LIMIT);
    else
        writer_bytes(w, v->bytes.at, v->bytes.len);
}

static void read_cert_ask(struct cursor *c, struct os_message *m)
{
    m->u.cert_ask.number = cursor_u32le(c);
    int err = cert_ask_read(c, &m->u.cert_ask.ask);
    if (err)
        cursor_fail(c, err);
}

static void write_cert_ask(struct writer *w, const struct os_message *m)
{
    writer_u32le(w, m->u.cert_ask.number);
    if (cert_ask_write(&m->u.cert_ask.ask, w))
        writer_fail(w, E_FULL);
}

static void read_cert_answer(struct cursor *c, struct os_message *m)
{
    m->u.cert_answer.number = cursor_u32le(c);
    int err = cert_answer_read(c, &m->u.cert_answer.answer);
    if (err)
        cursor_fail(c, err);
}

static void write_cert_answer(struct writer *w, const struct os_message *m)
{
    writer_u32le(w, m->u.cert_answer.number);
    if (cert_answer_write(&m->u.cert_answer.answer, w))
        writer_fail(w, E_FULL);
}

static void read_ping(struct cursor *c, struct os_message *m)
{
    m->u.ping = cursor_u32le(c);
}

static void write_ping(struct writer *w, const struct os_message *m)
{
    writer_u32le(w, m->u.ping);
}

static const struct form {
    enum os_kind kind;
    bool descriptor;
    void (*read)(struct cursor *c, struct os_message *m);
    void (*write)(struct writer *w, const struct os_message *m);
} forms[] = {
    {OS_EVENT, false, read_event, write_event},
    {OS_APP_CHANNEL, true, read_app_channel, write_app_channel},
    {OS_APP_EVENTS, true, read_app_events, write_app_events},
    {OS_CRASH_DUMP, true, read_crash_dump, write_crash_dump},
    {OS_CHANGED, false, read_nothing, write_nothing},
    {OS_RESTART, false, read_nothing, write_nothing},
    {OS_CERTIFICATE, false, read_certificate, write_certificate},
    {OS_READY, false, read_ready, write_ready},
    {OS_POLICY_SET, false, read_policy, write_policy},
    {OS_POLICY_REMOVE, false, read_policy_remove, write_policy_remove},
    {OS_ADDRESSES, false, read_addresses, write_addresses},
    {OS_NETWORK_TIME, false, read_network_time, write_network_time},
    {OS_TIME, false, read_time, write_time},
    {OS_APP_CONTROL, false, read_app_control, write_app_control},
    {OS_APP_STATE, false, read_app_state, write_app_state},
    {OS_ATTESTED, false, read_nothing, write_nothing},
    {OS_PROXY_SET, false, read_proxy_set, write_proxy_set},
    {OS_PROXY_STATE, false, read_proxy_state, write_proxy_state},
    {OS_CERT_STAGE, false, read_cert_stage, write_cert_stage},
    {OS_CERT_ASK, false, read_cert_ask, write_cert_ask},
    {OS_CERT_ANSWER, false, read_cert_answer, write_cert_answer},
    {OS_PING, false, read_ping, write_ping},
    {OS_PONG, false, read_ping, write_ping},
};

static const struct form *form_of(unsigned kind)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if ((unsigned)forms[i].kind == kind)
            return &forms[i];
    return NULL;
}

int os_message_parse(struct span bytes, struct os_message *message)
{
    memset(message, 0, sizeof *message);
    message->fd = -1;
    struct cursor c = cursor_of(bytes);
    unsigned kind = cursor_u16le(&c);
    size_t length = cursor_u16le(&c);
    const struct form *form = form_of(kind);
    int e = c.err ? c.err : !form || length != c.left ? E_MALFORMED : 0;
    if (!e) {
        message->kind = form->kind;
        form->read(&c, message);
        e = cursor_end(&c);
    }
    if (e) {
        memset(message, 0, sizeof *message);
        message->fd = -1;
    }
    return e;
}

int os_message_write(const struct os_message *message, struct writer *w)
{
    const struct form *form = form_of((unsigned)message->kind);
    if (!form)
        return E_MALFORMED;
    /* Where it is to stand: a second buffer would be pages of stack in each process, of which the MCU has few. */
    size_t start = w->len;
    writer_u16le(w, (uint16_t)message->kind);
    writer_u16le(w, 0);
    form->write(w, message);
    size_t length = w->len - start - 4;
    if (!w->err && length > OS_MESSAGE_MAX - 4)
        writer_fail(w, E_LIMIT);
    if (w->err) {
        ct_wipe(w->at + start, w->len - start); /* the half of it that may hold a password */
        w->len = start;
        return w->err;
    }
    w->at[start + 2] = (uint8_t)length;
    w->at[start + 3] = (uint8_t)(length >> 8);
    return 0;
}

int os_channel_send(int fd, const struct os_message *message, int timeout_ms)
{
    uint8_t bytes[OS_MESSAGE_MAX];
    struct writer w = writer_of(bytes, sizeof bytes);
    int e = os_message_write(message, &w);
    if (e)
        return e;
    bool descriptor = form_of((unsigned)message->kind)->descriptor;
    if (descriptor && message->fd < 0)
        e = E_MISSING;
    else
        e = message_send(fd, writer_view(&w), descriptor ? message->fd : -1, timeout_ms);
    ct_wipe(bytes, w.len); /* of its pages those alone that were used */
    return e;
}

int os_channel_receive(int fd, uint8_t buffer[static OS_MESSAGE_MAX], struct os_message *message,
                       int timeout_ms)
{
    size_t len;
    int passed;
    memset(message, 0, sizeof *message);
    message->fd = -1;
    int e = message_receive(fd, buffer, OS_MESSAGE_MAX, &len, &passed, timeout_ms);
    if (e)
        return e;
    e = os_message_parse(span_of(buffer, len), message);
    if (!e && form_of((unsigned)message->kind)->descriptor != (passed >= 0)) {
        memset(message, 0, sizeof *message);
        message->fd = -1;
        e = E_MALFORMED;
    }
    if (e) {
        ct_wipe(buffer, len);
        if (passed >= 0)
            close(passed);
        return e == E_MORE || e == E_TRAILING || e == E_LIMIT ? E_MALFORMED : e;
    }
    message->fd = passed;
    return 0;
}

void os_message_wipe(struct os_message *message, uint8_t buffer[static OS_MESSAGE_MAX])
{
    if (message->kind == OS_PROXY_SET) {
        ct_wipe(buffer, OS_PROXY_SET_BYTES_MAX);
        ct_wipe(&message->u.proxy_set, sizeof message->u.proxy_set);
    } else if (message->kind == OS_CERT_STAGE) {
        ct_wipe(buffer, OS_CERT_STAGE_HEAD_BYTES + message->u.cert_stage.bytes.len);
        message->u.cert_stage.bytes = (struct span){NULL, 0};
    }
}
