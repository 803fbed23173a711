/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docs/spec/proxy.md: what is asked of a network proxy; the way through one to a service over TLS; a proxy that keeps
 * to nothing; what is stored, and that no credential is in a log.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/azured/http_client.h"
#include "os/azured/proxy_connect.h"
#include "tests/check.h"
#include "tests/tls_server.h"

static struct test_ca ca;
static char folder[] = "/tmp/peri-proxy-XXXXXX", anchor[64];
static struct proxy_settings settings;

/* -- words ------------------------------------------------------------------------ */

static void requests(void)
{
    static const struct {
        struct network_proxy proxy;
        const char *host, *text;
    } rows[] = {
        {{.port = 1, .address = "p"}, "service.example", "CONNECT service.example:8443 HTTP/1.1\r\nHost: service.example:8443\r\n\r\n"},
        {{.port = 1, .address = "p"}, "::1", "CONNECT [::1]:8443 HTTP/1.1\r\nHost: [::1]:8443\r\n\r\n"},
        {{.port = 1, .address = "p", .authentication = NETWORK_PROXY_BASIC, .has_password = true, .username = "Aladdin",
          .password = "open sesame"}, "s", "CONNECT s:8443 HTTP/1.1\r\nHost: s:8443\r\n"
                                           "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"}, /* RFC 7617 */
    };
    uint8_t room[PROXY_REQUEST_MAX];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct writer w = writer_of(room, sizeof room - 1);
        CHECK_INT(proxy_request_write(&rows[i].proxy, rows[i].host, "8443", &w), 0);
        room[w.len] = 0;
        CHECK_STR((const char *)room, rows[i].text);
    }
    /* the longest of all fits */
    struct network_proxy longest = {.port = 1, .authentication = NETWORK_PROXY_BASIC, .has_password = true};
    char host[HTTP_CLIENT_HOST_MAX + 1] = "";
    memset(longest.username, 'u', NETWORK_PROXY_CREDENTIAL_MAX);
    memset(longest.password, 'p', NETWORK_PROXY_CREDENTIAL_MAX);
    memset(host, 'h', HTTP_CLIENT_HOST_MAX);
    struct writer w = writer_of(room, sizeof room);
    CHECK_INT(proxy_request_write(&longest, host, "65535", &w), 0);
}

static void answers(void)
{
    static const struct {
        const char *head;
        int status;
    } rows[] = {
        {"HTTP/1.1 200 Connection established\r\n\r\n", 200}, {"HTTP/1.0 200 OK\r\nVia: x\r\n\r\n", 200},
        {"HTTP/1.1 204\r\n\r\n", 204},  {"HTTP/1.1 407 X\r\nProxy-Authenticate: Basic\r\n\r\n", 407},
        {"HTTP/1.1 100 Continue\r\n\r\n", 100},
        {"HTTP/2 200 OK\r\n\r\n", E_MALFORMED},   {"HTTP/1.2 200 OK\r\n\r\n", E_MALFORMED}, {"HTTP/1.1 2000 OK\r\n\r\n", E_MALFORMED},
        {"HTTP/1.1 20 OK\r\n\r\n", E_MALFORMED},  {"HTTP/1.1 600 X\r\n\r\n", E_MALFORMED},  {"HTTP/1.1 099 X\r\n\r\n", E_MALFORMED},
        {"HTTP/1.1  200 OK\r\n\r\n", E_MALFORMED}, {"HTTP/1.1 -20 OK\r\n\r\n", E_MALFORMED}, {"200 OK\r\n\r\n", E_MALFORMED},
        {"SSH-2.0-x\r\n\r\n", E_MALFORMED},       {"\r\n\r\n", E_MALFORMED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_INT(proxy_answer_status(span_of(rows[i].head, strlen(rows[i].head))), rows[i].status);
        CHECK(proxy_answer_ends(span_of(rows[i].head, strlen(rows[i].head))));
        for (size_t n = 0; n < strlen(rows[i].head); n++)
            CHECK(!proxy_answer_ends(span_of(rows[i].head, n)));
    }
    CHECK_INT(proxy_answer_status(span_of("HTTP/1.1 200 OK\r\nX: \0y\r\n\r\n", 26)), E_MALFORMED);
}

/* -- a proxy ------------------------------------------------------------------------ */

enum mode { TUNNEL, CANNED, ENDLESS, SILENT, DRIP };

static struct {
    pthread_t thread;
    int listener;
    unsigned port, target, connections;
    enum mode mode;
    const char *canned;
    char seen[2048]; /* the last request */
    volatile bool ending;
} proxy;

static void splice_both(int client, int server)
{
    struct pollfd p[2] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};
    while (!proxy.ending && poll(p, 2, 50) >= 0)
        for (int i = 0; i < 2; i++) {
            uint8_t bytes[4096];
            if (!(p[i].revents & (POLLIN | POLLHUP | POLLERR)))
                continue;
            ssize_t n = recv(p[i].fd, bytes, sizeof bytes, 0);
            if (n <= 0 || send(p[!i].fd, bytes, (size_t)n, MSG_NOSIGNAL) != n)
                return;
        }
}

static void tunnel(int client)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)proxy.target)};
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(server >= 0);
    /* in pieces: the head does not come in one */
    static const char *const pieces[] = {"HTTP/1.1 200 Conn", "ection established\r\nX: y\r\n", "\r", "\n"};
    if (connect(server, (void *)&at, sizeof at) == 0) {
        for (size_t i = 0; i < 4; i++)
            (void)!send(client, pieces[i], strlen(pieces[i]), MSG_NOSIGNAL);
        splice_both(client, server);
    }
    close(server);
}

static void serve(int client)
{
    size_t len = 0;
    ssize_t n;
    while (len < sizeof proxy.seen - 1 && !strstr(proxy.seen, "\r\n\r\n") &&
           (n = recv(client, proxy.seen + len, sizeof proxy.seen - 1 - len, 0)) > 0)
        proxy.seen[len += (size_t)n] = '\0';
    if (proxy.mode == TUNNEL)
        tunnel(client);
    else if (proxy.mode == CANNED)
        (void)!send(client, proxy.canned, strlen(proxy.canned), MSG_NOSIGNAL);
    while (proxy.mode == ENDLESS && !proxy.ending && send(client, "X-Filler: aaaaaaaaaaaaaaaa\r\n", 28, MSG_NOSIGNAL) > 0)
        ;
    while (proxy.mode == DRIP && !proxy.ending && send(client, "H", 1, MSG_NOSIGNAL) > 0)
        usleep(5000);
    while (proxy.mode == SILENT && !proxy.ending)
        usleep(5000);
}

static void *proxy_run(void *context)
{
    (void)context;
    for (int client; (client = accept(proxy.listener, NULL, NULL)) >= 0; close(client)) {
        if (proxy.ending) {
            close(client);
            break;
        }
        proxy.connections++;
        memset(proxy.seen, 0, sizeof proxy.seen);
        serve(client);
    }
    return NULL;
}

static void proxy_start(enum mode mode, const char *canned, unsigned target)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    memset(&proxy, 0, sizeof proxy);
    proxy.mode = mode;
    proxy.canned = canned;
    proxy.target = target;
    proxy.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(proxy.listener >= 0 && bind(proxy.listener, (void *)&at, sizeof at) == 0 && listen(proxy.listener, 4) == 0);
    REQUIRE(getsockname(proxy.listener, (void *)&at, &len) == 0);
    proxy.port = ntohs(at.sin_port);
    REQUIRE(pthread_create(&proxy.thread, NULL, proxy_run, NULL) == 0);
}

static void proxy_stop(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)proxy.port)};
    proxy.ending = true;
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)!connect(s, (void *)&at, sizeof at);
    pthread_join(proxy.thread, NULL);
    close(s);
    close(proxy.listener);
}

/* -- the client by way of it ---------------------------------------------------------- */

static bool ok_script(void *context, SSL *ssl, int fd, const struct tls_request *request)
{
    (void)context, (void)fd, (void)request;
    tls_text(ssl, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    return true;
}

static int ask(struct http_client *client)
{
    uint8_t room[256];
    struct http_exchange x = {.method = "GET", .path = "/x", .body_room = writer_of(room, sizeof room)};
    int err = http_client_run(client, &x);
    CHECK_INT(x.status, err ? 0 : 200);
    return err;
}

static struct network_proxy here(bool enabled)
{
    return (struct network_proxy){.enabled = enabled, .port = (uint16_t)proxy.port, .address = "127.0.0.1"};
}

static void client_start(struct http_client *client, struct tls_server *server)
{
    *server = (struct tls_server){.script = ok_script};
    tls_server_start(server, &ca, "DNS:localhost", NULL, TLS1_3_VERSION);
    REQUIRE(http_client_init(client, server->url, anchor) == 0);
    client->proxy = &settings;
}

static void through(void)
{
    struct tls_server server;
    struct http_client client;
    struct network_proxy p;
    char first[64];
    client_start(&client, &server);
    proxy_start(TUNNEL, NULL, server.port);
    p = here(true);
    p.authentication = NETWORK_PROXY_BASIC;
    p.has_password = true;
    strcpy(p.username, "Aladdin");
    strcpy(p.password, "open sesame");
    REQUIRE(proxy_settings_set(&settings, &p) == 0);
    CHECK_INT(proxy_settings_status(&settings), NETWORK_PROXY_STATUS_ENABLED);
    for (int i = 0; i < 3; i++)
        CHECK_INT(ask(&client), 0);
    CHECK_INT(proxy.connections, 1); /* kept, as one without a proxy is */
    snprintf(first, sizeof first, "CONNECT localhost:%u HTTP/1.1\r\n", server.port);
    CHECK(strncmp(proxy.seen, first, strlen(first)) == 0);
    CHECK(strstr(proxy.seen, "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n") != NULL);
    CHECK_INT(proxy_settings_status(&settings), NETWORK_PROXY_STATUS_ENABLED | NETWORK_PROXY_STATUS_READY);
    /* switched off, on the same client: the connection by its way is over */
    p.enabled = false;
    REQUIRE(proxy_settings_set(&settings, &p) == 0);
    CHECK_INT(proxy_settings_status(&settings), 0);
    CHECK_INT(ask(&client), 0);
    CHECK_INT(proxy.connections, 1);
    p.enabled = true;
    REQUIRE(proxy_settings_set(&settings, &p) == 0);
    CHECK_INT(ask(&client), 0);
    CHECK_INT(proxy.connections, 2);
    strcpy(p.no_proxy, "other.example,localhost"); /* not for this host */
    REQUIRE(proxy_settings_set(&settings, &p) == 0);
    CHECK_INT(ask(&client), 0);
    CHECK_INT(proxy.connections, 2);
    REQUIRE(proxy_settings_delete(&settings) == 0);
    CHECK_INT(ask(&client), 0);
    CHECK_INT(proxy.connections, 2);
    http_client_release(&client);
    proxy_stop();
    tls_server_stop(&server);
}

/* Another server at the end of the tunnel: TLS finds it, whatever the proxy says. */
static void led_astray(void)
{
    struct test_ca foreign;
    struct tls_server server, stranger = {.script = ok_script};
    struct http_client client;
    struct network_proxy p;
    test_ca_make(&foreign, "foreign CA");
    client_start(&client, &server);
    tls_server_start(&stranger, &foreign, "DNS:localhost", NULL, TLS1_3_VERSION);
    proxy_start(TUNNEL, NULL, stranger.port);
    p = here(true);
    REQUIRE(proxy_settings_set(&settings, &p) == 0);
    CHECK_INT(ask(&client), E_DENIED);
    http_client_release(&client);
    proxy_stop();
    tls_server_stop(&stranger);
    tls_server_stop(&server);
    test_ca_release(&foreign);
}

static void hostile(enum mode mode, const char *canned, int silence_ms, int exchange_ms, int err)
{
    struct tls_server server;
    struct http_client client;
    struct network_proxy p;
    client_start(&client, &server);
    proxy_start(mode, canned, server.port);
    client.silence_ms = silence_ms;
    client.exchange_ms = exchange_ms;
    p = here(true);
    REQUIRE(proxy_settings_set(&settings, &p) == 0);
    int got = ask(&client);
    if (got != err)
        fprintf(stderr, "case %d \"%s\"\n", (int)mode, canned ? canned : "");
    CHECK_INT(got, err);
    CHECK(client.session == NULL && client.fd < 0);
    CHECK_INT(proxy_settings_status(&settings) & NETWORK_PROXY_STATUS_READY, 0);
    http_client_release(&client);
    proxy_stop();
    tls_server_stop(&server);
    CHECK_INT(server.connections, 0); /* never round the proxy */
}

static void hostiles(void)
{
    static const char *const canned[] = {
        "", "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\nbody", "HTTP/1.1 403 No\r\n\r\n",
        "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 302 X\r\nLocation: https://elsewhere.example/\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n", "nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\n", "\r\n\r\n"};
    for (size_t i = 0; i < sizeof canned / sizeof *canned; i++)
        hostile(CANNED, canned[i], 5000, 10000, E_NETWORK);
    hostile(ENDLESS, NULL, 5000, 10000, E_NETWORK);
    hostile(SILENT, NULL, 300, 30000, E_TIMEOUT);
    hostile(DRIP, NULL, 30000, 1000, E_TIMEOUT);
    /* nobody there; a name without an address */
    struct tls_server server;
    struct http_client client;
    struct network_proxy p;
    client_start(&client, &server);
    proxy_start(SILENT, NULL, 0);
    p = here(true);
    proxy_stop();
    REQUIRE(proxy_settings_set(&settings, &p) == 0);
    CHECK_INT(ask(&client), E_NETWORK);
    strcpy(p.address, "proxy.invalid");
    REQUIRE(proxy_settings_set(&settings, &p) == 0);
    CHECK_INT(ask(&client), E_NETWORK);
    CHECK_INT(proxy_settings_status(&settings), NETWORK_PROXY_STATUS_ENABLED | NETWORK_PROXY_STATUS_RESOLVING);
    http_client_release(&client);
    tls_server_stop(&server);
    CHECK_INT(server.connections, 0);
}

/* -- what is kept ---------------------------------------------------------------------- */

static void stored(int fd)
{
    struct network_proxy p = {.enabled = true, .authentication = NETWORK_PROXY_BASIC, .port = 3128, .address = "proxy.example", .username = "u"}, got;
    uint32_t generation = proxy_settings_generation(&settings);
    REQUIRE(proxy_settings_delete(&settings) == 0);
    CHECK(!proxy_settings_get(&settings, &got, NULL));
    CHECK_INT(proxy_settings_set(&settings, &p), E_MISSING); /* basic, and no password is known */
    p.has_password = true;
    strcpy(p.password, "secret");
    CHECK_INT(proxy_settings_set(&settings, &p), 0);
    CHECK(proxy_settings_generation(&settings) > generation);
    network_proxy_hide(&p);
    p.enabled = false;
    CHECK_INT(proxy_settings_set(&settings, &p), 0); /* the same server and user: it is kept */
    CHECK(proxy_settings_get(&settings, &got, NULL) && !got.enabled);
    CHECK_STR(got.password, "secret");
    strcpy(p.address, "other.example");
    CHECK_INT(proxy_settings_set(&settings, &p), E_MISSING); /* another server is not told it */
    p.port = 0;
    CHECK_INT(proxy_settings_set(&settings, &p), E_MALFORMED);
    CHECK(proxy_settings_get(&settings, &got, NULL));
    CHECK_STR(got.address, "proxy.example"); /* what is refused changes nothing */
    proxy_settings_init(&settings, fd); /* as after a start */
    CHECK(proxy_settings_get(&settings, &got, NULL));
    CHECK_STR(got.password, "secret");
    int file = openat(fd, "proxy", O_WRONLY | O_TRUNC);
    REQUIRE(file >= 0 && write(file, "damaged", 7) == 7);
    close(file);
    proxy_settings_init(&settings, fd);
    CHECK(!proxy_settings_get(&settings, &got, NULL));
    CHECK_INT(proxy_settings_delete(&settings), 0);
    CHECK_INT(proxy_settings_delete(&settings), 0);
}

/* What was said so far: of the proxy's name and answers, and nothing of who asks. */
static void no_credential_is_said(FILE *log)
{
    static char text[65536];
    rewind(log);
    size_t len = fread(text, 1, sizeof text - 1, log);
    text[len] = '\0';
    CHECK(strstr(text, "network proxy \"127.0.0.1:") && strstr(text, "answers 407") && strstr(text, "has no address"));
    CHECK(!strstr(text, "sesame") && !strstr(text, "Aladdin") && !strstr(text, "QWxhZGRpb") && !strstr(text, "secret"));
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    REQUIRE(mkdtemp(folder) != NULL);
    test_ca_make(&ca, "service CA");
    snprintf(anchor, sizeof anchor, "%s/anchor.pem", folder);
    test_write_pem(anchor, ca.certificate);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), was = dup(2);
    FILE *log = tmpfile();
    REQUIRE(fd >= 0 && was >= 0 && log);
    requests();
    answers();
    fflush(stderr);
    REQUIRE(dup2(fileno(log), 2) == 2);
    proxy_settings_init(&settings, fd);
    through();
    led_astray();
    hostiles();
    stored(fd);
    REQUIRE(dup2(was, 2) == 2);
    no_credential_is_said(log);
    fclose(log);
    unlink(anchor);
    CHECK_INT(rmdir(folder), 0);
    test_ca_release(&ca);
    return check_done();
}
