/* SPDX-License-Identifier: BSD-2-Clause */
/* Application channels (abi/app_channel.h): what each tenant may, and an
 * application that tries everything else. */
#include "os/azured/app_server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "abi/app_channel.h"
#include "abi/pluton_call.h"
#include "os/azured/fake_device_test.h"
#include "os/ipc/message.h"
#include "tests/check.h"

static const uint8_t none[16], catalog[16] = {0xca}, other[16] = {0x0e};
static struct fake_pluton pluton;
static struct key_guard keys;
static struct identities ids;
static struct app_server server;
static struct deferral deferral;
static bool network;
static uint32_t rights; /* of the application that asks */

static bool networking_ready(void *context)
{
    (void)context;
    return network;
}

static unsigned restarts;
static int restart_error;

static int restart(void *context)
{
    (void)context;
    restarts++;
    return restart_error;
}

static unsigned proxy_changes;

static void proxy_changed(void *context)
{
    (void)context;
    proxy_changes++;
}

static const struct app_host host = {.networking_ready = networking_ready, .restart = restart, .proxy_changed = proxy_changed};
static struct proxy_settings proxy;

/* A request with the given header and payload. */
static struct span request(uint8_t *to, uint16_t number, uint16_t length, size_t payload)
{
    struct writer w = writer_of(to, 256);
    writer_u16le(&w, number);
    writer_u16le(&w, length);
    writer_zero(&w, payload);
    return writer_view(&w);
}

struct reply {
    bool kept;
    uint16_t number, length;
    int error;
    size_t payload;
    uint8_t first;
};

static struct reply answer(const uint8_t *tenant, struct span bytes, uint64_t now_ms)
{
    uint8_t room[APP_CHANNEL_REPLY_MAX];
    struct writer w = writer_of(room, sizeof room);
    bool listens;
    struct os_app_channel who = {.rights = rights};
    memcpy(who.tenant, tenant, 16);
    struct reply r = {.kept = app_server_answer(&server, &who, bytes, now_ms, &w, &listens)};
    struct cursor c = cursor_of(writer_view(&w));
    if (!r.kept) {
        CHECK_INT(w.len, 0);
        return r;
    }
    r.number = cursor_u16le(&c);
    r.length = cursor_u16le(&c);
    r.error = (int)cursor_u32le(&c);
    r.payload = c.left;
    CHECK_INT(c.err, 0);
    CHECK_INT(r.length, r.payload);
    r.first = c.left ? c.at[0] : 0;
    return r;
}

static void calls_and_tenants(void)
{
    enum { VALID = 1000, EXPIRED = 5000 };
    static const struct {
        const uint8_t *tenant;
        uint16_t number;
        size_t payload;
        uint64_t now_ms;
        int error;
        size_t out;
        uint8_t first;
    } rows[] = {
        {none, APP_CALL_NETWORKING_READY, 0, VALID, 0, 1, 1},
        {catalog, APP_CALL_NETWORKING_READY, 0, VALID, 0, 1, 1},
        {none, APP_CALL_DEVICE_AUTH_READY, 0, VALID, EACCES, 0, 0},
        {catalog, APP_CALL_DEVICE_AUTH_READY, 0, VALID, 0, 1, 1},
        {catalog, APP_CALL_DEVICE_AUTH_READY, 0, EXPIRED, 0, 1, 0},
        {other, APP_CALL_DEVICE_AUTH_READY, 0, VALID, 0, 1, 0},
        {none, APP_CALL_SIGN_DIGEST, 32, VALID, EACCES, 0, 0}, /* the OS's own key */
        {catalog, APP_CALL_SIGN_DIGEST, 32, EXPIRED, EAGAIN, 0, 0},
        {other, APP_CALL_SIGN_DIGEST, 32, VALID, EAGAIN, 0, 0},
        {catalog, 99, 0, VALID, ENOSYS, 0, 0},
        {catalog, 0xFFFF, 0, VALID, ENOSYS, 0, 0},
    };
    network = true;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t bytes[256];
        struct reply r = answer(rows[i].tenant,
                                request(bytes, rows[i].number, (uint16_t)rows[i].payload, rows[i].payload),
                                rows[i].now_ms);
        CHECK(r.kept);
        CHECK_INT(r.number, rows[i].number);
        CHECK_INT(r.error, rows[i].error);
        CHECK_INT(r.payload, rows[i].out);
        CHECK_INT(r.first, rows[i].first);
    }
    uint8_t bytes[256];
    struct reply r = answer(catalog, request(bytes, APP_CALL_SIGN_DIGEST, 32, 32), VALID);
    CHECK_INT(r.error, 0);
    CHECK_INT(r.payload, 64);
    pluton.refuse_command = PLUTON_SIGN_WITH_TENANT_ATTESTATION_KEY;
    pluton.refuse_status = PLUTON_BAD_STATE;
    r = answer(catalog, request(bytes, APP_CALL_SIGN_DIGEST, 32, 32), VALID);
    CHECK_INT(r.error, EAGAIN);
    pluton.refuse_command = 0;
    network = false;
    r = answer(catalog, request(bytes, APP_CALL_NETWORKING_READY, 0, 0), VALID);
    CHECK_INT(r.first, 0);
}

static void malformed_requests(void)
{
    uint8_t bytes[256];
    for (size_t len = 0; len < 4; len++)
        CHECK(!answer(catalog, span_of("\1\0\0\0", len), 0).kept);
    static const size_t lengths[] = {0, 0, 0, 32, 0, 8, 4, 0}; /* of each call */
    rights = OS_APP_RIGHTS;
    for (uint16_t number = 1; number < sizeof lengths / sizeof *lengths; number++)
        for (uint16_t length = 0; length <= 60; length++) {
            size_t wanted = lengths[number];
            if (length != wanted)
                CHECK(!answer(catalog, request(bytes, number, length, length), 0).kept);
            /* the length that it says is not the length that it has */
            CHECK(!answer(catalog, request(bytes, number, length, length + 1u), 0).kept);
            if (length)
                CHECK(!answer(catalog, request(bytes, number, length, length - 1u), 0).kept);
        }
    rights = 0;
}

/* -- over the channel -------------------------------------------------------------- */

static int app_new(uint8_t component, const uint8_t *tenant)
{
    int pair[2];
    struct os_app_channel who = {.component = {component}};
    memcpy(who.tenant, tenant, 16);
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
    REQUIRE(app_server_add(&server, &who, pair[1]) == 0);
    return pair[0];
}

static bool answered(int fd)
{
    uint8_t bytes[256];
    size_t len;
    return message_receive(fd, bytes, sizeof bytes, &len, NULL, 0) == 0;
}

static bool closed(int fd)
{
    struct pollfd p = {.fd = fd, .events = 0};
    return poll(&p, 1, 0) == 1 && (p.revents & POLLHUP);
}

static void serve_round(void)
{
    for (size_t i = 0; i < server.count; i++)
        app_server_serve(&server, i);
    app_server_sweep(&server);
}

static void a_flood_takes_only_its_share(void)
{
    uint8_t bytes[256];
    struct span ask = request(bytes, APP_CALL_NETWORKING_READY, 0, 0);
    int flood = app_new(1, none), quiet = app_new(2, none);
    unsigned sent = 0;
    while (message_send(flood, ask, -1, 0) == 0)
        sent++;
    CHECK(sent > 5);
    REQUIRE(message_send(quiet, ask, -1, 0) == 0);
    serve_round(); /* one round is enough for the quiet one */
    CHECK(answered(quiet));
    CHECK(answered(flood));
    CHECK(!answered(flood)); /* and it got no more than one */

    /* It asks and never listens: it loses the channel, nobody waits for it. */
    for (unsigned i = 0; i < 100000 && !closed(flood); i++) {
        (void)!message_send(flood, ask, -1, 0);
        serve_round();
    }
    CHECK(closed(flood));
    CHECK_INT(server.count, 1);
    REQUIRE(message_send(quiet, ask, -1, 0) == 0);
    serve_round();
    CHECK(answered(quiet));
    close(flood);
    close(quiet);
    serve_round();
    CHECK_INT(server.count, 0);
}

static void misuse_closes_the_channel(void)
{
    uint8_t longer[APP_CHANNEL_REQUEST_MAX + 1] = {1};
    uint8_t bytes[256];
    int fd = app_new(1, none);
    REQUIRE(message_send(fd, span_of(longer, sizeof longer), -1, 0) == 0);
    serve_round();
    CHECK(closed(fd) && !answered(fd));
    close(fd);

    fd = app_new(1, none); /* a descriptor comes along: closed, not leaked */
    int pipe_ends[2];
    REQUIRE(pipe2(pipe_ends, O_CLOEXEC) == 0);
    REQUIRE(message_send(fd, request(bytes, APP_CALL_NETWORKING_READY, 0, 0), pipe_ends[1], 0) == 0);
    close(pipe_ends[1]);
    serve_round();
    CHECK(closed(fd));
    CHECK_INT(read(pipe_ends[0], bytes, 1), 0); /* no writer is left */
    close(pipe_ends[0]);
    close(fd);

    fd = app_new(1, none);
    REQUIRE(send(fd, "", 0, 0) == 0); /* an empty datagram */
    serve_round();
    CHECK(closed(fd));
    close(fd);
}

/* -- system events ------------------------------------------------------------------ */

static const struct deferral_limits limits = {.app_minutes = 60, .system_minutes = 30};

static int call(uint16_t number, uint32_t event, uint32_t minutes)
{
    uint8_t bytes[64];
    struct writer w = writer_of(bytes, sizeof bytes);
    writer_u16le(&w, number);
    bool bare = number == APP_CALL_EVENTS_LISTEN || number == APP_CALL_FORCE_REBOOT;
    writer_u16le(&w, bare ? 0 : number == APP_CALL_EVENT_DEFER ? 8 : 4);
    if (!bare)
        writer_u32le(&w, event);
    if (number == APP_CALL_EVENT_DEFER)
        writer_u32le(&w, minutes);
    struct reply r = answer(none, writer_view(&w), 0);
    CHECK(r.kept && r.payload == 0);
    return r.error;
}

/* Every set of rights, every call, every event: only what the manifest said, and
 * nothing else changes anything. */
static void rights_decide(void)
{
    static const uint32_t events[] = {0, 1, 2, 3, 4, 7, 8, UINT32_MAX};
    for (rights = 0; rights <= OS_APP_RIGHTS; rights++)
        for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
            bool may = rights & OS_APP_UPDATE_DEFERRAL, ready = events[i] == SYSTEM_EVENT_UPDATE_READY;
            deferral_listeners(&deferral, true);
            deferral_ready(&deferral, UPDATE_TYPE_APP, limits, 1800000000, 0);
            CHECK_INT(call(APP_CALL_EVENTS_LISTEN, 0, 0), rights & OS_APP_SYSTEM_EVENTS ? 0 : EACCES);
            CHECK_INT(call(APP_CALL_EVENT_DEFER, events[i], 0), may ? EINVAL : EACCES);
            CHECK_INT(call(APP_CALL_EVENT_DEFER, events[i], 5), !may ? EACCES : ready ? 0 : EINVAL);
            CHECK_INT(deferral.phase, may && ready ? DEFERRAL_DEFERRED : DEFERRAL_PENDING);
            CHECK_INT(call(APP_CALL_EVENT_RESUME, events[i], 0), !may ? EACCES : ready ? 0 : EINVAL);
            CHECK_INT(deferral.phase, may && ready ? DEFERRAL_FINAL : DEFERRAL_PENDING);
            deferral_nothing(&deferral);
            restarts = 0;
            restart_error = 0;
            CHECK_INT(call(APP_CALL_FORCE_REBOOT, 0, 0), rights & OS_APP_FORCE_REBOOT ? 0 : EACCES);
            CHECK_INT(restarts, rights & OS_APP_FORCE_REBOOT ? 1 : 0);
            restart_error = EAGAIN;
            CHECK_INT(call(APP_CALL_FORCE_REBOOT, 0, 0), rights & OS_APP_FORCE_REBOOT ? EAGAIN : EACCES);
        }
    rights = 0;
}

/* A call with a record behind it, or none; out: the one that is answered. */
static int proxy_call(uint16_t number, const struct network_proxy *in, struct network_proxy *out)
{
    uint8_t bytes[APP_CHANNEL_REQUEST_MAX], record[NETWORK_PROXY_BYTES_MAX], room[APP_CHANNEL_REPLY_MAX];
    struct writer r = writer_of(record, sizeof record), w = writer_of(bytes, sizeof bytes), reply = writer_of(room, sizeof room);
    const struct os_app_channel who = {.rights = rights};
    bool listens;
    if (in)
        REQUIRE(network_proxy_write(in, &r) == 0);
    writer_u16le(&w, number);
    writer_u16le(&w, (uint16_t)r.len);
    writer_bytes(&w, record, r.len);
    REQUIRE(app_server_answer(&server, &who, writer_view(&w), 0, &reply, &listens));
    struct cursor c = cursor_of(writer_view(&reply));
    cursor_skip(&c, 4);
    int error = (int)cursor_u32le(&c);
    CHECK(error == 0 || c.left == 0);
    if (out && !error)
        CHECK(network_proxy_read(&c, out) == 0 && cursor_end(&c) == 0);
    return error;
}

/* The longest record goes both ways; who has no right learns and changes nothing. */
static void proxy_is_for_those_with_the_right(void)
{
    struct network_proxy set = {.enabled = true, .has_password = true, .authentication = NETWORK_PROXY_BASIC, .port = 3128}, got;
    for (size_t i = 0; i < 249; i++)
        set.address[i] = i % 50 == 49 ? '.' : 'a';
    memset(set.no_proxy, 'n', NETWORK_PROXY_NO_PROXY_MAX);
    memset(set.username, 'u', NETWORK_PROXY_CREDENTIAL_MAX);
    memset(set.password, 'w', NETWORK_PROXY_CREDENTIAL_MAX);
    for (rights = 0; rights <= OS_APP_RIGHTS; rights++) {
        bool sets = rights & OS_APP_NETWORK_CONFIG, reads = sets || rights & OS_APP_READ_PROXY;
        REQUIRE(proxy_settings_delete(&proxy) == 0);
        proxy_changes = 0;
        CHECK_INT(proxy_call(APP_CALL_PROXY_GET, NULL, NULL), reads ? ENOENT : EACCES);
        CHECK_INT(proxy_call(APP_CALL_PROXY_APPLY, &set, NULL), sets ? 0 : EACCES);
        CHECK_INT(proxy_changes, sets);
        CHECK_INT(proxy_settings_get(&proxy, &got, NULL), sets);
        REQUIRE(proxy_settings_set(&proxy, &set) == 0);
        CHECK_INT(proxy_call(APP_CALL_PROXY_GET, NULL, &got), reads ? 0 : EACCES);
        CHECK(!reads || strcmp(got.password, set.password) == 0);
        CHECK_INT(proxy_call(APP_CALL_PROXY_STATUS, NULL, NULL), 0);
        CHECK_INT(proxy_call(APP_CALL_PROXY_APPLY, NULL, NULL), sets ? EINVAL : EACCES); /* no record */
    }
    rights = 0;
    REQUIRE(proxy_settings_delete(&proxy) == 0);
}

/* The store is for those with the right, and a staged certificate is its application's. */
static void certificates_are_for_those_with_the_right(void)
{
    for (rights = 0; rights <= OS_APP_RIGHTS; rights++) {
        const struct cert_ask space = {.action = CERT_SPACE};
        const struct os_app_channel who = {.component = {7}, .rights = rights};
        uint8_t bytes[APP_CHANNEL_REQUEST_MAX], room[APP_CHANNEL_REPLY_MAX], record[CERT_ASK_BYTES_MAX];
        bool may = rights & OS_APP_CERT_STORE, listens;
        for (int stage = 0; stage < 2; stage++) {
            struct writer r = writer_of(record, sizeof record), w = writer_of(bytes, sizeof bytes), reply = writer_of(room, sizeof room);
            if (stage)
                writer_u32le(&r, 0), writer_u8(&r, 'x');
            else
                REQUIRE(cert_ask_write(&space, &r) == 0);
            writer_u16le(&w, stage ? APP_CALL_CERT_STAGE : APP_CALL_CERT);
            writer_u16le(&w, (uint16_t)r.len);
            writer_bytes(&w, record, r.len);
            REQUIRE(app_server_answer(&server, &who, writer_view(&w), 0, &reply, &listens));
            struct cursor c = cursor_of(writer_view(&reply));
            cursor_skip(&c, 4);
            CHECK_INT(cursor_u32le(&c), may ? 0 : EACCES);
            CHECK((c.left != 0) == (may && !stage));
        }
    }
    rights = 0;
}

static int listener_new(uint8_t component, uint32_t its_rights, int *events)
{
    int pair[2], sockets[2];
    struct os_app_channel who = {.component = {component}, .rights = its_rights};
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) == 0);
    REQUIRE(app_server_add(&server, &who, pair[1]) == 0);
    app_server_events(&server, who.component, sockets[1]);
    *events = sockets[0];
    return pair[0];
}

static unsigned events_waiting(int fd)
{
    uint8_t bytes[64];
    unsigned count = 0;
    ssize_t n;
    while ((n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0) {
        CHECK_INT(n, APP_EVENT_BYTES);
        count++;
    }
    return count;
}

static void events_go_to_those_with_the_right(void)
{
    int heard, deaf, ending;
    int a = listener_new(1, OS_APP_SYSTEM_EVENTS, &heard), b = listener_new(2, OS_APP_FORCE_REBOOT, &deaf),
        c = listener_new(3, OS_APP_SYSTEM_EVENTS, &ending);
    CHECK(deferral.listeners);
    app_server_notify(&server, &(struct system_notice){.event = 1, .status = SYSTEM_EVENT_COMPLETE, .changed_count = 1,
                                                       .changed = {{3}}});
    CHECK_INT(events_waiting(heard), 1);
    CHECK_INT(events_waiting(deaf), 0);
    CHECK_INT(events_waiting(ending), 0); /* it is being replaced */

    /* One that does not read loses the newest, and nobody else waits for it. */
    for (unsigned i = 0; i < 3000; i++) {
        app_server_notify(&server, &(struct system_notice){.event = 4});
        CHECK_INT(events_waiting(heard), 1);
    }
    CHECK(events_waiting(ending) > 0);
    app_server_notify(&server, &(struct system_notice){.event = 4});
    CHECK_INT(events_waiting(ending), 1);
    CHECK_INT(events_waiting(heard), 1);

    /* Thousands of beginnings to listen cost a reply each. */
    uint8_t bytes[8] = {APP_CALL_EVENTS_LISTEN};
    deferral_ready(&deferral, UPDATE_TYPE_APP, limits, 1800000000, clock_ms());
    for (unsigned i = 0; i < 1000; i++) {
        REQUIRE(message_send(a, span_of(bytes, 4), -1, 0) == 0);
        serve_round();
        CHECK(answered(a));
        CHECK_INT(events_waiting(heard), 1); /* what it can still act on */
    }
    REQUIRE(message_send(b, span_of(bytes, 4), -1, 0) == 0);
    serve_round();
    CHECK(answered(b) && events_waiting(deaf) == 0);
    deferral_nothing(&deferral);

    /* Another socket takes the place of the first; one for nobody is closed. */
    int pair[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
    app_server_events(&server, (const uint8_t[16]){1}, pair[1]);
    CHECK(closed(heard));
    int nobody[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, nobody) == 0);
    app_server_events(&server, (const uint8_t[16]){77}, nobody[1]);
    CHECK(closed(nobody[0]));

    close(a);
    close(c);
    serve_round();
    CHECK(closed(pair[0]));
    CHECK(!deferral.listeners); /* only the deaf one is left */
    close(b);
    serve_round();
    CHECK_INT(server.count, 0);
    int fds[] = {heard, deaf, ending, pair[0], nobody[0]};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        close(fds[i]);
}

static void a_new_channel_replaces_the_old(void)
{
    int first = app_new(1, none), again = app_new(1, catalog);
    CHECK(closed(first));
    CHECK_INT(server.count, 1);
    CHECK_MEM(server.at[0].who.tenant, catalog, 16);
    int more[APP_SERVER_MAX];
    for (uint8_t i = 1; i < APP_SERVER_MAX; i++)
        more[i] = app_new((uint8_t)(i + 1), none);
    int pair[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
    CHECK_INT(app_server_add(&server, &(struct os_app_channel){.component = {99}}, pair[1]), E_FULL);
    CHECK(closed(pair[0])); /* taken even so */
    close(pair[0]);
    close(first);
    close(again);
    for (size_t i = 1; i < APP_SERVER_MAX; i++)
        close(more[i]);
    serve_round();
    CHECK_INT(server.count, 0);
}

static int folder;
static char path[] = "/tmp/peri-app-server-XXXXXX";

static void folder_make(void)
{
    REQUIRE(mkdtemp(path) != NULL);
    folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    REQUIRE(folder >= 0);
}

int main(void)
{
    uint8_t key[ROT_KEY_BYTES];
    key_guard_init(&keys, rot_new(fake_pluton_start(&pluton)));
    identities_init(&ids);
    folder_make();
    deferral_init(&deferral, folder, -1, 1000);
    proxy_settings_init(&proxy, folder);
    app_server_init(&server, &ids, &keys, &deferral, &host, NULL);
    server.proxy = &proxy;
    server.certificates = cert_store_open(folder);
    REQUIRE(identities_want(&ids, catalog) == 0 && identities_want(&ids, catalog) == 0);
    CHECK_INT(identities_count(&ids), 2);
    identities_set(&ids, 1, 5000, span_of("pem", 3));
    REQUIRE(key_generate(&keys, catalog, key) == 0 && key_commit(&keys, catalog) == 0);

    calls_and_tenants();
    malformed_requests();
    a_flood_takes_only_its_share();
    misuse_closes_the_channel();
    a_new_channel_replaces_the_old();
    rights_decide();
    proxy_is_for_those_with_the_right();
    certificates_are_for_those_with_the_right();
    events_go_to_those_with_the_right();

    /* The root of trust has four keys, and so have we. */
    CHECK_INT(identities_want(&ids, (const uint8_t[16]){1}), 0);
    CHECK_INT(identities_want(&ids, (const uint8_t[16]){2}), 0);
    CHECK_INT(identities_want(&ids, (const uint8_t[16]){3}), E_FULL);
    uint8_t pem[OS_PEM_MAX];
    CHECK_INT(identities_pem(&ids, catalog, 4999, pem), 3);
    CHECK_INT(identities_pem(&ids, catalog, 5000, pem), 0);
    CHECK_INT(identities_pem(&ids, other, 0, pem), 0);

    app_server_release(&server);
    key_guard_release(&keys);
    fake_pluton_stop(&pluton);
    identities_release(&ids);
    deferral_release(&deferral);
    (void)unlinkat(folder, "deferral", 0);
    close(folder);
    CHECK_INT(rmdir(path), 0);
    return check_done();
}
