/* SPDX-License-Identifier: BSD-2-Clause */
/* os/ipc over real socket pairs: exact lengths, timeouts, descriptors, and a
 * peer that answers wrongly. */
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi/pluton_call.h"
#include "os/ipc/message.h"
#include "os/ipc/monitor_client.h"
#include "os/ipc/os_channel.h"
#include "os/ipc/trust.h"
#include "tests/check.h"

/* -- what is wiped ------------------------------------------------------------------------ */

static const char *wipe_looks_for; /* NULL: nobody asks */
static unsigned wiped;             /* places where it stood */

void __real_ct_wipe(void *at, size_t len);
void __wrap_ct_wipe(void *at, size_t len);
void __wrap_ct_wipe(void *at, size_t len)
{
    wiped += wipe_looks_for && memmem(at, len, wipe_looks_for, strlen(wipe_looks_for)) != NULL;
    __real_ct_wipe(at, len);
}

static bool has(const void *at, size_t len, const char *secret) { return memmem(at, len, secret, strlen(secret)) != NULL; }

static void pair(int fd[2])
{
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) == 0);
}

static size_t open_descriptors(void)
{
    size_t n = 0;
    for (int i = 0; i < 256; i++)
        n += fcntl(i, F_GETFD) >= 0;
    return n;
}

static void test_message(void)
{
    int fd[2], got;
    uint8_t buffer[8];
    size_t len, before = open_descriptors();
    pair(fd);
    CHECK_INT(message_receive(fd[0], buffer, sizeof buffer, &len, NULL, 0), E_TIMEOUT);
    CHECK_INT(message_receive(fd[0], buffer, sizeof buffer, &len, NULL, 20), E_TIMEOUT);
    CHECK_INT(message_send(fd[1], span_of("", 0), -1, 0), E_MALFORMED);
    CHECK_INT(message_send(fd[1], span_of("hello", 5), -1, 0), 0);
    CHECK_INT(message_receive(fd[0], buffer, sizeof buffer, &len, NULL, -1), 0);
    CHECK_INT(len, 5);
    CHECK_MEM(buffer, "hello", 5);

    /* longer than the buffer: refused as a whole */
    CHECK_INT(message_send(fd[1], span_of("123456789", 9), -1, 0), 0);
    CHECK_INT(message_receive(fd[0], buffer, sizeof buffer, &len, NULL, 0), E_MALFORMED);
    CHECK_INT(len, 0);

    /* a descriptor arrives closed-on-exec */
    CHECK_INT(message_send(fd[1], span_of("x", 1), fd[1], 0), 0);
    CHECK_INT(message_receive(fd[0], buffer, sizeof buffer, &len, &got, 0), 0);
    CHECK(got >= 0 && (fcntl(got, F_GETFD) & FD_CLOEXEC));
    close(got);

    /* one that nobody asked for is refused and not leaked */
    size_t held = open_descriptors();
    CHECK_INT(message_send(fd[1], span_of("x", 1), fd[1], 0), 0);
    CHECK_INT(message_receive(fd[0], buffer, sizeof buffer, &len, NULL, 0), E_MALFORMED);
    CHECK_INT(open_descriptors(), held);

    /* three in one message, likewise */
    union {
        struct cmsghdr align;
        uint8_t bytes[CMSG_SPACE(3 * sizeof(int))];
    } control = {0};
    struct iovec part = {.iov_base = buffer, .iov_len = 1};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes,
                       .msg_controllen = sizeof control.bytes};
    int three[3] = {0, 0, 0};
    CMSG_FIRSTHDR(&m)->cmsg_level = SOL_SOCKET;
    CMSG_FIRSTHDR(&m)->cmsg_type = SCM_RIGHTS;
    CMSG_FIRSTHDR(&m)->cmsg_len = CMSG_LEN(sizeof three);
    memcpy(CMSG_DATA(CMSG_FIRSTHDR(&m)), three, sizeof three);
    REQUIRE(sendmsg(fd[1], &m, 0) == 1);
    CHECK_INT(message_receive(fd[0], buffer, sizeof buffer, &len, &got, 0), E_MALFORMED);
    CHECK_INT(got, -1);
    CHECK_INT(open_descriptors(), held);

    close(fd[1]);
    CHECK_INT(message_receive(fd[0], buffer, sizeof buffer, &len, NULL, 0), E_NETWORK);
    CHECK_INT(message_send(fd[0], span_of("x", 1), -1, 0), E_NETWORK);
    close(fd[0]);
    CHECK_INT(open_descriptors(), before);
}

/* Every kind survives the trip; every prefix and an extra byte are refused. */
static void round_trip(const struct os_message *in)
{
    static uint8_t bytes[OS_MESSAGE_MAX + 1];
    static struct os_message out;
    struct writer w = writer_of(bytes, OS_MESSAGE_MAX);
    REQUIRE(os_message_write(in, &w) == 0);
    REQUIRE(os_message_parse(span_of(bytes, w.len), &out) == 0);
    CHECK_INT(out.kind, in->kind);
    for (size_t n = 0; n < w.len; n++)
        CHECK(os_message_parse(span_of(bytes, n), &out) != 0);
    CHECK(os_message_parse(span_of(bytes, w.len + 1), &out) != 0);
    CHECK_INT(out.fd, -1);
    REQUIRE(os_message_parse(span_of(bytes, w.len), &out) == 0);
    static uint8_t again[OS_MESSAGE_MAX];
    struct writer x = writer_of(again, sizeof again);
    REQUIRE(os_message_write(&out, &x) == 0);
    CHECK_INT(x.len, w.len);
    CHECK_MEM(again, bytes, w.len);
}

static void test_os_messages(void)
{
    static struct os_message m;
    m = (struct os_message){.kind = OS_EVENT, .u.event = {1, "c", "i", 3, 11, 1700000000}};
    round_trip(&m);
    for (uint32_t rights = 0; rights <= OS_APP_RIGHTS; rights++) {
        m = (struct os_message){.kind = OS_APP_CHANNEL, .u.app_channel = {"c", "t", rights}};
        round_trip(&m);
    }
    uint8_t odd_rights[64];
    m.u.app_channel.rights = OS_APP_RIGHTS + 1; /* a right that does not exist gives none */
    struct writer odd_writer = writer_of(odd_rights, sizeof odd_rights);
    REQUIRE(os_message_write(&m, &odd_writer) == 0);
    CHECK_INT(os_message_parse(writer_view(&odd_writer), &m), E_MALFORMED);
    m = (struct os_message){.kind = OS_CRASH_DUMP, .u.crash_dump = {"c", "i", 11, 4096, 1800000000}};
    round_trip(&m);
    m = (struct os_message){.kind = OS_APP_EVENTS, .u.app_events = "c"};
    round_trip(&m);
    m = (struct os_message){.kind = OS_CHANGED};
    round_trip(&m);
    m = (struct os_message){.kind = OS_RESTART};
    round_trip(&m);
    for (uint32_t action = 0; action < 5; action++) {
        m = (struct os_message){.kind = OS_APP_CONTROL, .u.app_control = {"c", action}};
        if (action >= OS_APP_START && action <= OS_APP_TELL) {
            round_trip(&m);
            continue;
        }
        static uint8_t odd[64];
        static struct os_message none;
        struct writer o = writer_of(odd, sizeof odd);
        REQUIRE(os_message_write(&m, &o) == 0);
        CHECK_INT(os_message_parse(writer_view(&o), &none), E_MALFORMED);
    }
    m = (struct os_message){.kind = OS_APP_STATE, .u.app_state = {"c", OS_APP_RUNNING, 3, 64, 100, 200}};
    round_trip(&m);
    m = (struct os_message){.kind = OS_READY, .u.ready = E_UNSUPPORTED};
    round_trip(&m);
    m = (struct os_message){.kind = OS_POLICY_REMOVE, .u.policy_remove = 61200};
    round_trip(&m);
    m = (struct os_message){.kind = OS_POLICY_SET,
                            .u.policy = {.uid = 61200, .host_count = 2, .tcp_count = 1,
                                         .udp_count = 1, .tcp = {80}, .udp = {5353},
                                         .host = {"broker.contoso.example", "127.0.0.1"}}};
    round_trip(&m);
    static const char *const dirty[] = {"", "two words", "line\nfeed", "semi;colon", "tab\t", "a#b"};
    static uint8_t bytes[OS_MESSAGE_MAX];
    for (size_t i = 0; i < sizeof dirty / sizeof *dirty; i++) {
        snprintf(m.u.policy.host[1], sizeof m.u.policy.host[1], "%s", dirty[i]);
        struct writer w = writer_of(bytes, sizeof bytes);
        CHECK_INT(os_message_write(&m, &w), E_MALFORMED);
    }
    m = (struct os_message){.kind = OS_TIME, .u.time_s = 4102444800};
    round_trip(&m);
    m = (struct os_message){.kind = OS_ADDRESSES,
                            .u.addresses = {.uid = 61200, .host_count = 2}};
    m.u.addresses.host[0].count = 2;
    m.u.addresses.host[0].at[0] = (struct os_address){4, {127, 0, 0, 1}};
    m.u.addresses.host[0].at[1] = (struct os_address){6, {[15] = 1}};
    round_trip(&m);
    m.u.addresses.host[0].count = OS_ADDRESSES_MAX + 1;
    struct writer w = writer_of(bytes, sizeof bytes);
    CHECK_INT(os_message_write(&m, &w), E_LIMIT);

    for (uint32_t action = 0; action < 4; action++) {
        m = (struct os_message){.kind = OS_PROXY_SET,
                                .u.proxy_set = {3, action, {.enabled = true, .port = 3128, .address = "proxy.contoso.example"}}};
        if (action == OS_PROXY_APPLY || action > OS_PROXY_DELETE)
            m.u.proxy_set.proxy = (struct network_proxy){.enabled = true, .has_password = true, .port = 1, .address = "p",
                                                         .authentication = NETWORK_PROXY_BASIC, .username = "u", .password = "w"};
        if (action <= OS_PROXY_DELETE) {
            round_trip(&m);
            continue;
        }
        w = writer_of(bytes, sizeof bytes);
        REQUIRE(os_message_write(&m, &w) == 0);
        CHECK_INT(os_message_parse(writer_view(&w), &m), E_MALFORMED);
    }
    m = (struct os_message){.kind = OS_PROXY_STATE, .u.proxy_state = {.number = 3, .error = E_IO, .status = 1}};
    w = writer_of(bytes, sizeof bytes);
    REQUIRE(os_message_write(&m, &w) == 0 && os_message_parse(writer_view(&w), &m) == 0);
    CHECK(m.u.proxy_state.error == E_IO && !m.u.proxy_state.present);
    m.u.proxy_state.present = true;
    m.u.proxy_state.proxy = (struct network_proxy){.port = 1, .address = "p", .authentication = NETWORK_PROXY_BASIC, .username = "u"};
    w = writer_of(bytes, sizeof bytes);
    REQUIRE(os_message_write(&m, &w) == 0 && os_message_parse(writer_view(&w), &m) == 0);
    CHECK(m.u.proxy_state.present && m.u.proxy_state.proxy.port == 1);
    m.u.proxy_state.proxy.has_password = true; /* never this way */
    strcpy(m.u.proxy_state.proxy.password, "w");
    w = writer_of(bytes, sizeof bytes);
    CHECK_INT(os_message_write(&m, &w), E_MALFORMED);
    w = writer_of(bytes, sizeof bytes);
    writer_u16le(&w, OS_PROXY_STATE);
    writer_u16le(&w, 12 + 11);
    writer_u32le(&w, 3);
    writer_u32le(&w, 0);
    writer_u32le(&w, 1);
    static const uint8_t told[] = {2, 1, 1, 0, 1, 'p', 0, 1, 'u', 1, 'w'};
    writer_bytes(&w, told, sizeof told);
    static struct os_message leak;
    CHECK_INT(os_message_parse(writer_view(&w), &leak), E_MALFORMED);
    CHECK_INT(leak.u.proxy_state.proxy.password[0], 0);

    m = (struct os_message){.kind = OS_CERT_ASK, .u.cert_ask = {9, {CERT_MOVE, CERT_NONE, 0, 0, 0, 3, "from", "to"}}};
    round_trip(&m);
    m = (struct os_message){.kind = OS_CERT_ANSWER, .u.cert_answer = {9, {CERT_NOT_FOUND, 24000, 2, "id", 1, 2, "/CN=s", "/CN=i"}}};
    round_trip(&m);
    m = (struct os_message){.kind = OS_CERT_STAGE, .u.cert_stage = {8192, span_of("PEM", 3)}};
    w = writer_of(bytes, sizeof bytes);
    REQUIRE(os_message_write(&m, &w) == 0 && os_message_parse(writer_view(&w), &m) == 0);
    CHECK(m.u.cert_stage.offset == 8192 && span_equal(m.u.cert_stage.bytes, span_of("PEM", 3)));
    m.u.cert_stage.bytes.len = 0;
    w = writer_of(bytes, sizeof bytes);
    CHECK_INT(os_message_write(&m, &w), E_LIMIT);
    m.u.cert_stage.bytes = span_of(bytes, OS_CERT_PIECE_MAX + 1);
    static uint8_t large[OS_MESSAGE_MAX];
    w = writer_of(large, sizeof large);
    CHECK_INT(os_message_write(&m, &w), E_LIMIT);

    m = (struct os_message){.kind = OS_PING, .u.ping = 7};
    round_trip(&m);
    m.kind = OS_PONG;
    round_trip(&m);
    m = (struct os_message){.kind = OS_NETWORK_TIME, .u.network_time = {1800000000123, 20}};
    round_trip(&m);

    /* certificate: its text fills the message, so only the empty one is short */
    m = (struct os_message){.kind = OS_CERTIFICATE,
                            .u.certificate = {"t", span_of("-----BEGIN", 10)}};
    w = writer_of(bytes, sizeof bytes);
    REQUIRE(os_message_write(&m, &w) == 0);
    static struct os_message out;
    CHECK_INT(os_message_parse(writer_view(&w), &out), 0);
    CHECK_INT(out.u.certificate.pem.len, 10);
    m.u.certificate.pem.len = 0;
    w = writer_of(bytes, sizeof bytes);
    CHECK_INT(os_message_write(&m, &w), E_LIMIT);
}

static void test_os_channel(void)
{
    int fd[2];
    static uint8_t buffer[OS_MESSAGE_MAX];
    static struct os_message m, out;
    pair(fd);
    m = (struct os_message){.kind = OS_APP_CHANNEL, .fd = -1, .u.app_channel = {"c", "t"}};
    CHECK_INT(os_channel_send(fd[0], &m, 0), E_MISSING);
    m.fd = fd[0];
    CHECK_INT(os_channel_send(fd[0], &m, 0), 0);
    REQUIRE(os_channel_receive(fd[1], buffer, &out, 0) == 0);
    CHECK(out.fd >= 0);
    close(out.fd);

    /* the same message without its descriptor, and a descriptor without a use */
    struct writer w = writer_of(buffer, sizeof buffer);
    REQUIRE(os_message_write(&m, &w) == 0);
    REQUIRE(message_send(fd[0], writer_view(&w), -1, 0) == 0);
    CHECK_INT(os_channel_receive(fd[1], buffer, &out, 0), E_MALFORMED);
    m = (struct os_message){.kind = OS_CHANGED};
    w = writer_of(buffer, sizeof buffer);
    REQUIRE(os_message_write(&m, &w) == 0);
    size_t held = open_descriptors();
    REQUIRE(message_send(fd[0], writer_view(&w), fd[0], 0) == 0);
    CHECK_INT(os_channel_receive(fd[1], buffer, &out, 0), E_MALFORMED);
    CHECK_INT(open_descriptors(), held);
    close(fd[0]);
    CHECK_INT(os_channel_receive(fd[1], buffer, &out, 0), E_NETWORK);
    close(fd[1]);
}

/* Answers one request with the given bytes, from a child. */
static pid_t answer_once(int fd, struct span reply, int pass)
{
    pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        static uint8_t request[70000];
        size_t len;
        int e = message_receive(fd, request, sizeof request, &len, NULL, 5000);
        if (!e)
            e = message_send(fd, reply, pass, 5000);
        _exit(e ? 1 : 0);
    }
    return pid;
}

static void reap(pid_t pid)
{
    int status;
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void test_monitor_client(void)
{
    static struct monitor_client client;
    static struct monitor_components components;
    uint8_t reply[12 + 2 * MONITOR_COMPONENT_BYTES], image[16], component[16] = {7};
    uint32_t bytes;
    int fd[2], memfd;

    static const struct {
        const char *what;
        uint32_t number, status, length, sent;
        int want;
        bool broken;
    } cases[] = {
        {"good", 26, 0, 72, 72, 0, false},
        {"empty set", 26, 0, 0, 0, 0, false},
        {"denied", 26, MONITOR_PERMISSION_DENIED, 0, 0, E_DENIED, false},
        {"other call", 27, 0, 72, 72, E_MALFORMED, true},
        {"length too small", 26, 0, 71, 72, E_MALFORMED, true},
        {"length too large", 26, 0, 73, 72, E_MALFORMED, true},
        {"half an entry", 26, 0, 100, 100, E_MALFORMED, true},
        {"unknown status", 26, 999, 0, 0, E_MALFORMED, false},
        {"payload with an error", 26, MONITOR_BAD_HANDLE, 4, 4, E_MALFORMED, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pair(fd);
        monitor_client_init(&client, fd[0]);
        struct writer w = writer_of(reply, sizeof reply);
        writer_u32le(&w, cases[i].number);
        writer_u32le(&w, cases[i].status);
        writer_u32le(&w, cases[i].length);
        writer_zero(&w, cases[i].sent);
        pid_t pid = answer_once(fd[1], writer_view(&w), -1);
        int got = monitor_get_components(&client, &components);
        if (got != cases[i].want)
            fprintf(stderr, "case \"%s\"\n", cases[i].what);
        CHECK_INT(got, cases[i].want);
        CHECK_INT(client.broken, cases[i].broken);
        CHECK_INT(components.count, cases[i].want == 0 ? cases[i].sent / 72 : 0);
        reap(pid);
        close(fd[1]);
        if (cases[i].broken)
            CHECK_INT(monitor_ping(&client), E_STATE);
        monitor_client_release(&client);
    }

    /* no answer: the late one must not be taken for the next */
    pair(fd);
    monitor_client_init(&client, fd[0]);
    client.timeout_ms = 10;
    CHECK_INT(monitor_ping(&client), E_TIMEOUT);
    CHECK_INT(monitor_ping(&client), E_STATE);
    monitor_client_release(&client);
    monitor_client_release(&client);
    close(fd[1]);

    /* a package comes as a descriptor, or not at all */
    for (int with = 0; with < 2; with++) {
        pair(fd);
        monitor_client_init(&client, fd[0]);
        struct writer w = writer_of(reply, sizeof reply);
        writer_u32le(&w, MONITOR_CALL_OPEN_APPLICATION);
        writer_u32le(&w, 0);
        writer_u32le(&w, 20);
        writer_zero(&w, 16);
        writer_u32le(&w, 4096);
        pid_t pid = answer_once(fd[1], writer_view(&w), with ? fd[1] : -1);
        CHECK_INT(monitor_open_application(&client, component, image, &bytes, &memfd),
                  with ? 0 : E_MALFORMED);
        CHECK_INT(memfd >= 0, with);
        if (memfd >= 0)
            close(memfd);
        reap(pid);
        monitor_client_release(&client);
        close(fd[1]);
    }
    CHECK_INT(monitor_error(MONITOR_OUT_OF_ORDER), E_ROLLBACK);
    CHECK_INT(monitor_error(12345), E_MALFORMED);
}

static void test_trust(void)
{
    static uint8_t reply[8 + 200];
    int fd[2];
    static const struct {
        const char *what;
        uint16_t command, status;
        uint32_t length, sent;
        int want;
    } cases[] = {
        {"odd length random", PLUTON_READ_RNG, 0, 7, 7, 0},
        {"short", PLUTON_READ_RNG, 0, 6, 6, E_MALFORMED},
        {"long", PLUTON_READ_RNG, 0, 8, 8, E_MALFORMED},
        {"wrong command", PLUTON_SET_POSTCODE, 0, 7, 7, E_MALFORMED},
        {"denied", PLUTON_READ_RNG, PLUTON_DENIED, 0, 0, E_DENIED},
        {"noise source failed", PLUTON_READ_RNG, PLUTON_HARDWARE, 0, 0, E_ENTROPY},
        {"unknown status", PLUTON_READ_RNG, 99, 0, 0, E_MALFORMED},
        {"length lies", PLUTON_READ_RNG, 0, 7, 9, E_MALFORMED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pair(fd);
        struct rot *rot = rot_new(fd[0]);
        REQUIRE(rot);
        struct writer w = writer_of(reply, sizeof reply);
        writer_u16le(&w, cases[i].command);
        writer_u16le(&w, cases[i].status);
        writer_u32le(&w, cases[i].length);
        for (size_t n = 0; n < cases[i].sent; n++)
            writer_u8(&w, 0xA5);
        uint8_t random[8] = {[7] = 0x11};
        pid_t pid = answer_once(fd[1], writer_view(&w), -1);
        int got = rot_random(rot, random, 7);
        if (got != cases[i].want)
            fprintf(stderr, "case \"%s\"\n", cases[i].what);
        CHECK_INT(got, cases[i].want);
        CHECK_INT(random[6], cases[i].want ? 0 : 0xA5);
        CHECK_INT(random[7], 0x11);
        if (cases[i].want == E_MALFORMED)
            CHECK_INT(rot_random(rot, random, 1), E_STATE);
        reap(pid);
        CHECK_INT(rot_random(rot, random, 0), E_RANGE);
        CHECK_INT(rot_random(rot, random, ROT_RANDOM_MAX + 1), E_RANGE);
        rot_free(rot);
        close(fd[1]);
    }
    rot_free(NULL);
}

static struct os_message secret_message(const char *secret, bool key)
{
    struct os_message m = {.kind = OS_CERT_STAGE, .fd = -1, .u.cert_stage = {0, span_of(secret, strlen(secret))}};
    if (!key) {
        m = (struct os_message){.kind = OS_PROXY_SET, .fd = -1,
                                .u.proxy_set = {1, OS_PROXY_APPLY, {.has_password = true, .port = 1, .address = "p",
                                                                    .authentication = NETWORK_PROXY_BASIC, .username = "u"}}};
        snprintf(m.u.proxy_set.proxy.password, sizeof m.u.proxy_set.proxy.password, "%s", secret);
    }
    return m;
}

/* A password and a piece of a key, on each way through the channel and out of it: what was copied is wiped where it stood. */
static void test_secrets(void)
{
    static const char whole[] = "correct horse battery staple", secret[] = "correct horse battery"; /* its end may be cut off */
    static uint8_t buffer[OS_MESSAGE_MAX];
    static struct os_message in;
    wipe_looks_for = secret;
    for (int key = 0; key < 2; key++) {
        int fd[2];
        struct os_message m = secret_message(whole, key);
        pair(fd);
        wiped = 0;
        CHECK_INT(os_channel_send(fd[0], &m, 0), 0);
        CHECK_INT(wiped, 1);
        CHECK_INT(os_channel_receive(fd[1], buffer, &in, 0), 0);
        CHECK(has(buffer, sizeof buffer, secret)); /* it is the receiver's now */
        os_message_wipe(&in, buffer);
        CHECK(!has(buffer, sizeof buffer, secret) && !has(&in, sizeof in, secret));
        CHECK_INT(in.u.cert_stage.bytes.len * (size_t)key, 0);
        /* what came is no message: cut short, with a descriptor, or longer than a buffer */
        struct writer w = writer_of(buffer, sizeof buffer);
        REQUIRE(os_message_write(&m, &w) == 0);
        uint8_t *copy = malloc(OS_MESSAGE_MAX + 1);
        REQUIRE(copy);
        memset(copy, 0, OS_MESSAGE_MAX + 1);
        memcpy(copy, buffer, w.len);
        const struct {
            size_t len;
            int pass;
        } rows[] = {{w.len - 1, -1}, {w.len + 1, -1}, {w.len, fd[0]}, {OS_MESSAGE_MAX + 1, -1}};
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            memset(buffer, 0, sizeof buffer);
            REQUIRE(message_send(fd[0], span_of(copy, rows[i].len), rows[i].pass, 0) == 0);
            wiped = 0;
            CHECK_INT(os_channel_receive(fd[1], buffer, &in, 0), E_MALFORMED);
            CHECK(wiped >= 1 && !has(buffer, sizeof buffer, secret) && !has(&in, sizeof in, secret));
        }
        free(copy);
        /* nobody takes it */
        close(fd[1]);
        wiped = 0;
        CHECK_INT(os_channel_send(fd[0], &m, 0), E_NETWORK);
        CHECK_INT(wiped, 1);
        close(fd[0]);
    }
    /* no room for its end: the half that was written is wiped */
    struct os_message m = secret_message(whole, false);
    memset(buffer, 0, sizeof buffer);
    for (size_t cap = 0; cap < 60; cap++) {
        struct writer w = writer_of(buffer, cap);
        if (os_message_write(&m, &w) == 0)
            break;
        CHECK(w.len == 0 && !has(buffer, sizeof buffer, "correct"));
    }
    /* kinds without secrets stay as they are */
    in = (struct os_message){.kind = OS_TIME, .u.time_s = 5};
    memset(buffer, 7, sizeof buffer);
    os_message_wipe(&in, buffer);
    CHECK(in.u.time_s == 5 && buffer[0] == 7);
    wipe_looks_for = NULL;
}

int main(void)
{
    test_message();
    test_secrets();
    test_os_messages();
    test_os_channel();
    test_monitor_client();
    test_trust();
    return check_done();
}
