/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Confinement (docs/spec/compartment.md): an application that is an attacker
 * tries everything from inside; each attempt is reported by name and must have
 * been refused; what an application needs must work.
 *   confinement_test HOSTILE_PROGRAM [watched]
 * watched: by its init, as where crash dumps are allowed: not a thing more is open to it.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/appman/fixture.h"
#include "os/ipc/os_channel.h"
#include "tests/check.h"
#include "tests/own_network.h"

/* Listens on all of 127/8 and ::1, so that a refusal is the filter's doing. */
static int listener(int family, int type, int *port)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr_in four = {.sin_family = AF_INET};
    socklen_t len = family == AF_INET6 ? sizeof six : sizeof four;
    struct sockaddr *at = family == AF_INET6 ? (void *)&six : (void *)&four;
    six.sin6_port = four.sin_port = htons((uint16_t)*port);
    int fd = socket(family, type | SOCK_CLOEXEC, 0);
    REQUIRE(fd >= 0 && bind(fd, at, len) == 0);
    if (type == SOCK_STREAM)
        REQUIRE(listen(fd, 64) == 0);
    REQUIRE(getsockname(fd, at, &len) == 0);
    *port = ntohs(family == AF_INET6 ? six.sin6_port : four.sin_port);
    return fd;
}

int main(int argc, char **argv)
{
    static struct fixture f;
    char id[GUID_TEXT_BYTES], path[128], args[256];
    REQUIRE(argc == 2 || argc == 3);
    own_network();
    fixture_make(&f);
    int port = 0, tcp = listener(AF_INET, SOCK_STREAM, &port), udp = listener(AF_INET, SOCK_DGRAM, &port),
        six = listener(AF_INET6, SOCK_STREAM, &port);
    fixture_conf(&f, "{\"restart_delay_ms\":200,\"uid_base\":61300}");
    snprintf(args, sizeof args, "[\"hostile\",\"%d\",\"%s/config\",\"%d\"]", (int)getpid(), f.folder,
             port);
    fixture_install(&f, 0, 1, argv[1], args,
                    "{\"AllowedConnections\":[\"localhost\"],\"MutableStorage\":{\"SizeKB\":8},"
                    "\"DeviceAuthentication\":\"11111111-2222-3333-4444-555555555555\"}");
    if (argc == 3) { /* what azured keeps while dumps are allowed */
        snprintf(path, sizeof path, "%s/config/azured", f.folder);
        REQUIRE(mkdir(path, 0700) == 0);
        snprintf(path, sizeof path, "%s/config/azured/" OS_DUMP_KEY_FILE, f.folder);
        FILE *key = fopen(path, "w");
        REQUIRE(key && fclose(key) == 0);
    }
    fixture_start(&f);
    fixture_id(0, id);
    snprintf(path, sizeof path, "config/log/%s.log", id);
    bool done = fixture_file(&f, path, "\ndone ", 90000);
    char *log = fixture_read(&f, path);
    if (!done)
        fprintf(stderr, "the manager said:\n%s\nthe application said:\n%s\n", f.said, log);
    CHECK(done);

    unsigned forbidden = 0, needed = 0;
    const char *end = strstr(log, "\ndone ");
    if (end)
        CHECK_INT(sscanf(end, "\ndone %u %u", &forbidden, &needed), 2);
    CHECK(forbidden >= 150);
    CHECK_INT(fixture_count(log, "\nrefused "), forbidden);
    CHECK_INT(fixture_count(log, "\nworks "), needed);
    for (char *line = strtok(log, "\n"); line; line = strtok(NULL, "\n"))
        if (strncmp(line, "ALLOWED ", 8) == 0 || strncmp(line, "BROKEN ", 7) == 0)
            fprintf(stderr, "%s\n", line);
    free(log);

    /* is it watched, and only then? */
    CHECK_INT(system("for s in /proc/[0-9]*/status; do grep -q '^Uid:.613[0-9][0-9]' $s 2>/dev/null && "
                     "grep -q '^TracerPid:.[1-9]' $s && exit 0; done; exit 3") != 0, argc == 2);
    CHECK(strstr(f.said, "no crash dumps of it") == NULL);
    CHECK_INT(fixture_stop(&f, 15000), 0);
    CHECK(strstr(f.said, "runtime error") == NULL && strstr(f.said, "Sanitizer") == NULL);
    /* the table went with networkd */
    CHECK(system("nft list table inet perisphere_61300 >/dev/null 2>&1") != 0);
    fixture_release(&f);
    close(tcp);
    close(udp);
    close(six);
    return check_done();
}
