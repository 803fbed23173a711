/* SPDX-License-Identifier: BSD-2-Clause */
/* CertStore_*: pieces and asks of abi/cert_store.h, limits and errno as the original has them. */
#include <applibs/certstore.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "abi/app_channel.h"
#include "lib/cert_store_record.h"
#include "tests/check.h"

/* The OS: keeps what is staged, and the last ask; answers as it is told. */
static struct {
    int fd;
    pthread_t thread;
    uint8_t staged[CERT_STAGE_BYTES];
    size_t len;
    struct cert_ask ask;
    struct cert_answer answer;
    int error;
    unsigned asks;
} os;

static void *os_run(void *context)
{
    static uint8_t in[APP_CHANNEL_REQUEST_MAX], out[APP_CHANNEL_REPLY_MAX], payload[CERT_ANSWER_BYTES_MAX];
    (void)context;
    for (ssize_t n; (n = recv(os.fd, in, sizeof in, 0)) > 0;) {
        struct cursor c = cursor_of(span_of(in, (size_t)n));
        uint16_t number = cursor_u16le(&c);
        REQUIRE(cursor_u16le(&c) == c.left);
        struct writer p = writer_of(payload, sizeof payload), w = writer_of(out, sizeof out);
        if (number == APP_CALL_CERT_STAGE) {
            uint32_t offset = cursor_u32le(&c);
            os.len = offset == 0 ? 0 : os.len;
            REQUIRE(offset == os.len && c.left <= sizeof os.staged - os.len);
            memcpy(os.staged + os.len, c.at, c.left);
            os.len += c.left;
        } else {
            REQUIRE(number == APP_CALL_CERT && cert_ask_read(&c, &os.ask) == 0 && cursor_end(&c) == 0);
            REQUIRE(cert_answer_write(&os.answer, &p) == 0);
            os.asks++;
        }
        writer_u16le(&w, number);
        writer_u16le(&w, os.error ? 0 : (uint16_t)p.len);
        writer_u32le(&w, (uint32_t)os.error);
        if (!os.error)
            writer_bytes(&w, payload, p.len);
        REQUIRE(send(os.fd, out, w.len, 0) == (ssize_t)w.len);
    }
    return NULL;
}

static void installed(void)
{
    static char cert[CERT_PEM_MAX + 1], key[1700];
    memset(cert, 'c', sizeof cert - 1);
    memset(key, 'k', sizeof key - 1);
    CHECK_INT(CertStore_InstallClientCertificate("client-1", cert, CERT_PEM_MAX, key, sizeof key - 1, "secret"), 0);
    CHECK(os.ask.action == CERT_INSTALL && os.ask.type == CERT_CLIENT && os.ask.cert_bytes == CERT_PEM_MAX &&
          os.ask.key_bytes == sizeof key - 1 && os.ask.password_bytes == 6);
    CHECK_STR(os.ask.id, "client-1");
    CHECK_INT(os.len, CERT_PEM_MAX + sizeof key - 1 + 6);
    CHECK(memcmp(os.staged, cert, CERT_PEM_MAX) == 0 && memcmp(os.staged + CERT_PEM_MAX, key, sizeof key - 1) == 0 &&
          memcmp(os.staged + os.len - 6, "secret", 6) == 0);
    CHECK_INT(CertStore_InstallRootCACertificate("root", "PEM", 3), 0);
    CHECK(os.ask.type == CERT_ROOT_CA && os.ask.cert_bytes == 3 && os.ask.key_bytes == 0 && os.len == 3);
    CHECK_INT(CertStore_MoveCertificate("root", "root-2"), 0);
    CHECK(os.ask.action == CERT_MOVE && strcmp(os.ask.id, "root") == 0 && strcmp(os.ask.new_id, "root-2") == 0);
    CHECK_INT(CertStore_DeleteCertificate("root-2"), 0);
    CHECK_INT(os.ask.action, CERT_DELETE);
}

static void read_back(void)
{
    CertStore_Identifier id;
    CertStore_SubjectName subject;
    CertStore_IssuerName issuer;
    struct tm tm;
    os.answer = (struct cert_answer){.available = 20000, .count = 3, .id = "root", .not_before_s = 1700000000, .not_after_s = 1800000000,
                                     .subject = "/CN=s", .issuer = "/CN=i"};
    CHECK_INT(CertStore_GetCertificateCount(), 3);
    CHECK_INT(CertStore_GetAvailableSpace(), 20000);
    CHECK_INT(CertStore_GetCertificateIdentifierAt(2, &id), 0);
    CHECK(os.ask.action == CERT_AT && os.ask.index == 2);
    CHECK_STR(id.identifier, "root");
    CHECK_INT(CertStore_GetCertificateSubjectName("root", &subject), 0);
    CHECK_STR(subject.name, "/CN=s");
    CHECK_INT(CertStore_GetCertificateIssuerName("root", &issuer), 0);
    CHECK_STR(issuer.name, "/CN=i");
    CHECK(CertStore_GetCertificateNotBefore("root", &tm) == 0 && tm.tm_year == 123);
    CHECK(CertStore_GetCertificateNotAfter("root", &tm) == 0 && tm.tm_year == 127);
}

static void refused(void)
{
    static const struct {
        uint32_t error;
        int number;
    } rows[] = {{CERT_NOT_FOUND, ENOENT}, {CERT_OUT_OF_SPACE, ENOSPC}, {CERT_INDEX_OUT_OF_RANGE, ERANGE}, {CERT_PUBLIC_INVALID, EINVAL},
                {CERT_MISMATCHED, EINVAL}, {CERT_PASSWORD_NOT_REQUIRED, EINVAL}, {CERT_NOT_STORED, EIO}, {CERT_PRIVATE_TOO_LONG, ERANGE}};
    char cert[] = "PEM";
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        os.answer.error = rows[i].error;
        CHECK(CertStore_DeleteCertificate("a") == -1 && errno == rows[i].number);
    }
    os.answer.error = 0;
    unsigned asks = os.asks;
    CHECK(CertStore_InstallRootCACertificate("a", cert, 0) == -1 && errno == ERANGE);
    CHECK(CertStore_InstallRootCACertificate("a", cert, CERT_PEM_MAX + 1) == -1 && errno == ERANGE);
    CHECK(CertStore_InstallRootCACertificate("a b", cert, 3) == -1 && errno == EINVAL);
    CHECK(CertStore_InstallRootCACertificate("12345678901234567", cert, 3) == -1 && errno == EINVAL);
    CHECK(CertStore_InstallRootCACertificate(NULL, cert, 3) == -1 && errno == EFAULT);
    CHECK(CertStore_InstallRootCACertificate("a", NULL, 3) == -1 && errno == EFAULT);
    CHECK(CertStore_InstallClientCertificate("a", cert, 3, NULL, 3, NULL) == -1 && errno == EFAULT);
    CHECK(CertStore_InstallClientCertificate("a", cert, 3, cert, 0, NULL) == -1 && errno == ERANGE);
    CHECK(CertStore_GetCertificateIdentifierAt(0, NULL) == -1 && errno == EFAULT);
    CHECK(CertStore_GetCertificateNotAfter("a", NULL) == -1 && errno == EFAULT);
    CHECK_INT(os.asks, asks); /* the OS was not troubled */
    os.error = EACCES;
    CHECK(CertStore_GetCertificateCount() == -1 && errno == EACCES);
    CHECK(CertStore_InstallRootCACertificate("a", cert, 3) == -1 && errno == EACCES);
}

int main(void)
{
    int pair[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
    os.fd = fcntl(pair[0], F_DUPFD_CLOEXEC, 10);
    int mine = fcntl(pair[1], F_DUPFD_CLOEXEC, 10);
    REQUIRE(os.fd >= 0 && mine >= 0);
    close(pair[0]);
    close(pair[1]);
    REQUIRE(dup2(mine, APP_CHANNEL_FD) == APP_CHANNEL_FD);
    close(mine);
    REQUIRE(pthread_create(&os.thread, NULL, os_run, NULL) == 0);
    installed();
    read_back();
    refused();
    close(APP_CHANNEL_FD);
    pthread_join(os.thread, NULL);
    return check_done();
}
