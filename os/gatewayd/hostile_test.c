/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whoever holds the cable, against one connection: silence, garbage, half of things,
 * too much of them, slowly.  Each ends within its limit, changes nothing, and the next
 * client is served.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "os/gatewayd/fake_test.h"
#include "os/gatewayd/identity.h"
#include "os/gatewayd/listen.h"
#include "os/gatewayd/server.h"
#include "tests/check.h"

enum { HEAD_MS = 400, SILENCE_MS = 150, TOTAL_MS = 1500 };

static struct fake fake;
static struct gateway gateway;
static struct server server;
static int listener;
static struct sockaddr_in where = {.sin_family = AF_INET};

static void rest(int ms) { nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000L}, NULL); }

static int plain_connect(void)
{
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(s >= 0 && connect(s, (void *)&where, sizeof where) == 0);
    struct timeval wait = {5, 0};
    REQUIRE(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == 0);
    return s;
}

/* Bytes of the other side until it ends; -1 when it did not end in time. */
static ssize_t drain(int s)
{
    char bytes[4096];
    ssize_t all = 0, n;
    while ((n = recv(s, bytes, sizeof bytes, 0)) > 0)
        all += n;
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? -1 : all;
}

/* -- clients; each runs in a thread of its own while the server serves it ---------------- */

static bool ended;
static char answer[1024];

static void silent(int s) { ended = drain(s) >= 0; }

static void garbage(int s)
{
    char bytes[3000];
    memset(bytes, 0x5A, sizeof bytes);
    (void)!send(s, bytes, sizeof bytes, MSG_NOSIGNAL);
    ended = drain(s) >= 0;
}

static void plain_http(int s)
{
    (void)!send(s, "GET /status HTTP/1.1\r\n\r\n", 24, MSG_NOSIGNAL);
    ended = drain(s) >= 0;
}

static void hello_cut(int s)
{
    (void)!send(s, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11, MSG_NOSIGNAL);
    ended = drain(s) >= 0;
}

static void leaves(int s) { ended = shutdown(s, SHUT_RDWR) == 0; }

/* Text to send behind a good handshake, pause before each piece, whether to end it. */
static void tls_talk(int s, const char *text, size_t len, size_t piece, int pause_ms)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(context);
    REQUIRE(context && ssl && SSL_set_fd(ssl, s) == 1);
    if (SSL_connect(ssl) == 1) {
        bool going = true;
        for (size_t at = 0; at < len && going; at += piece) {
            if (pause_ms)
                rest(pause_ms);
            going = SSL_write(ssl, text + at, (int)(len - at < piece ? len - at : piece)) > 0;
        }
        size_t got = 0;
        for (int n; got < sizeof answer - 1 && (n = SSL_read(ssl, answer + got, (int)(sizeof answer - 1 - got))) > 0;)
            got += (size_t)n;
        answer[got] = '\0';
        ended = drain(s) >= 0;
    }
    SSL_free(ssl);
    SSL_CTX_free(context);
}

#define TEXT(t) t, sizeof t - 1
static void tls_silent(int s) { tls_talk(s, "", 0, 1, 0); }
static void half_head(int s) { tls_talk(s, TEXT("GET /status HTTP/1.1\r\nX: "), 100, 0); }
static void drip(int s) { tls_talk(s, TEXT("GET /status HTTP/1.1\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n\r\n"), 1, 40); }
static void half_body(int s) { tls_talk(s, TEXT("PUT /update/stage HTTP/1.1\r\nContent-Length: 60000\r\n\r\nGOOD"), 1000, 0); }
static void two_requests(int s) { tls_talk(s, TEXT("GET /status HTTP/1.1\r\n\r\nGET /images HTTP/1.1\r\n\r\n"), 1000, 0); }
static void chunked(int s) { tls_talk(s, TEXT("PUT /update/stage HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nGOOD\r\n0\r\n\r\n"), 1000, 0); }
static void two_lengths(int s) { tls_talk(s, TEXT("PUT /device/manufacturing_state HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 30\r\n\r\n{}"), 1000, 0); }
static void huge_length(int s) { tls_talk(s, TEXT("PUT /update/stage HTTP/1.1\r\nContent-Length: 18446744073709551615\r\n\r\n"), 1000, 0); }
static void upgrade(int s) { tls_talk(s, TEXT("GET /status HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"), 1000, 0); }
static void http_2(int s) { tls_talk(s, TEXT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 1000, 0); }
static void no_http(int s) { tls_talk(s, TEXT("\0\1\2\3\377hello"), 1000, 0); }
static void long_head(int s)
{
    static char text[40000];
    int n = snprintf(text, sizeof text, "GET /status HTTP/1.1\r\nX: ");
    memset(text + n, 'a', sizeof text - (size_t)n - 1);
    tls_talk(s, text, sizeof text - 1, 4000, 0);
}

static const struct attempt {
    const char *what;
    void (*client)(int s);
    const char *answer; /* what the answer holds; NULL: none */
    bool stages; /* reached the monitor by right: the capability is there */
} attempts[] = {
    {"silence", silent, NULL},
    {"garbage", garbage, NULL},
    {"HTTP without TLS", plain_http, NULL},
    {"a hello cut short", hello_cut, NULL},
    {"goes at once", leaves, NULL},
    {"silence behind the handshake", tls_silent, NULL},
    {"half a head", half_head, NULL},
    {"a byte at a time, for too long", drip, NULL},
    {"half a package", half_body, NULL, true},
    {"two requests at once", two_requests, NULL},
    {"chunks", chunked, "400"},
    {"two lengths", two_lengths, "400"},
    {"a length beyond all", huge_length, "4"},
    {"upgrade", upgrade, "400"},
    {"HTTP/2", http_2, "400"},
    {"no HTTP", no_http, "400"},
    {"a head too long", long_head, "400"},
};

static void *client_run(void *context)
{
    const struct attempt *a = context;
    int s = plain_connect();
    ended = false;
    answer[0] = '\0';
    a->client(s);
    close(s);
    return NULL;
}

/* A good request: the server still serves. */
static void good(int s) { tls_talk(s, TEXT("GET /status HTTP/1.1\r\nHost: d\r\n\r\n"), 1000, 0); }
static const struct attempt good_one = {"a good one", good, "200 OK", false};

static void attempt(const struct attempt *a)
{
    pthread_t client;
    uint64_t began = gateway_now_ms();
    unsigned changes = fake.changes;
    REQUIRE(pthread_create(&client, NULL, client_run, (void *)(uintptr_t)a) == 0);
    int fd = accept(listener, NULL, NULL);
    REQUIRE(fd >= 0);
    server_serve(&server, fd);
    CHECK(gateway_now_ms() - began < 10000); /* far above the limits: only that it ends */
    pthread_join(client, NULL);
    if (!ended || (a->answer && !strstr(answer, a->answer)) || (!a->answer && answer[0]))
        fprintf(stderr, "attempt \"%s\": %s: %s\n", a->what, ended ? "ended" : "not ended", answer);
    CHECK(ended);
    CHECK(a->answer ? strstr(answer, a->answer) != NULL : !answer[0]);
    CHECK(!gateway.ending && !gateway.broken);
    CHECK(a->stages || fake.changes == changes);
    CHECK_INT(gateway.stage.handle, 0);
    CHECK_INT(fake.open_bytes, 0); /* nothing stays open in the monitor */
}

static void keys(void)
{
    struct identity a, b;
    uint8_t file[2000];
    REQUIRE(identity_make("00112233445566778899aabbccddeeff", &a) == 0);
    REQUIRE(identity_make("00112233445566778899aabbccddeeff", &b) == 0);
    CHECK(memcmp(a.key, b.key, a.key_len) != 0);
    struct writer w = writer_of(file, sizeof file);
    REQUIRE(identity_write(&a, &w) == 0);
    CHECK_INT(identity_parse(writer_view(&w), &b), 0);
    CHECK_MEM(&a, &b, sizeof a);
    for (size_t n = 0; n < w.len; n++)
        CHECK(identity_parse(span_of(file, n), &b) != 0);
    CHECK(identity_parse(span_of(file, w.len + 1), &b) != 0);
    for (size_t bit = 0; bit < 8 * w.len; bit += 5) {
        file[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CHECK(identity_parse(span_of(file, w.len), &b) != 0);
        file[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    memset(b.certificate, 0, sizeof b.certificate);
    b.key_len = b.certificate_len = 100;
    CHECK_INT(server_init(&server, &gateway, &b), E_MALFORMED);
    REQUIRE(server_init(&server, &gateway, &a) == 0);
}

static void addresses(void)
{
    static const char *const bad[] = {"", "x", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:1x",
                                      "localhost:1", "[::1", "[::1]x", "[::1]:", "1.2.3:4", "127.0.0.1:-1"};
    int fd;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int err = listen_address(bad[i], &fd);
        if (err != E_MALFORMED)
            fprintf(stderr, "address \"%s\"\n", bad[i]);
        CHECK_INT(err, E_MALFORMED);
        CHECK_INT(fd, -1);
    }
    /* an interface that is not there yet */
    CHECK_INT(listen_address("192.0.2.7:8443", &fd), 0);
    close(fd);
}

int main(void)
{
    int ends[3];
    socklen_t len = sizeof where;
    signal(SIGPIPE, SIG_IGN);
    fake.lifecycle = LIFECYCLE_DEVICE_COMPLETE;
    fake.capabilities[0] = CAPABILITY_APP_DEVELOPMENT;
    fake_start(&fake, ends);
    monitor_client_init(&gateway.monitor, ends[0]);
    gateway.rot = rot_new(ends[1]);
    gateway.channel = ends[2];
    gateway.log = gateway.folder = gateway.signals = -1;
    keys();
    addresses();
    server.head_ms = HEAD_MS;
    server.silence_ms = SILENCE_MS;
    server.total_ms = TOTAL_MS;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(listener >= 0 && bind(listener, (void *)&where, sizeof where) == 0 && listen(listener, 4) == 0 &&
            getsockname(listener, (void *)&where, &len) == 0);
    for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++) {
        attempt(&attempts[i]);
        attempt(&good_one);
    }
    CHECK_INT(fake.apps, 0);
    server_release(&server);
    monitor_client_release(&gateway.monitor);
    rot_free(gateway.rot);
    (void)gateway_listen(&gateway, 0);
    close(gateway.channel);
    fake_stop(&fake);
    close(listener);
    return check_done();
}
