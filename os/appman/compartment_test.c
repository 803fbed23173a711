/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A manager that is killed while it starts an application (docs/spec/
 * compartment.md section 4: the kernel kills its compartments).
 * Argument: the hostile program.  Needs root.
 */
#include "os/appman/compartment.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/config/device_conf.h"
#include "tests/check.h"

static char folder[] = "/tmp/peri-compartment-XXXXXX";

static const char *below(const char *name)
{
    static char path[4][64];
    static unsigned next;
    char *at = path[next++ % 4];
    snprintf(at, sizeof path[0], "%s/%s", folder, name);
    return at;
}

static struct asxipfs pack(const char *program)
{
    static uint8_t code[1 << 20], package[1 << 20];
    struct asxipfs fs;
    FILE *in = fopen(program, "rb");
    REQUIRE(in);
    size_t len = fread(code, 1, sizeof code, in);
    fclose(in);
    struct asxipfs_source sources[] = {{"/bin/app", true, span_of(code, len)}};
    struct writer w = writer_of(package, sizeof package);
    REQUIRE(asxipfs_write(sources, 1, &w) == 0);
    REQUIRE(asxipfs_open(writer_view(&w), &fs) == 0);
    return fs;
}

static void test_killed_manager(const char *program)
{
    static const char text[] =
        "{\"SchemaVersion\":1,\"Name\":\"test\",\"ComponentId\":\"a0000000-0000-0000-0000-000000000001\","
        "\"EntryPoint\":\"/bin/app\",\"CmdArgs\":[\"idle\"],\"Capabilities\":{},"
        "\"ApplicationType\":\"Default\"}";
    static struct app_manifest manifest;
    REQUIRE(app_manifest_parse(span_of(text, sizeof text - 1), &manifest) == 0);
    struct asxipfs image = pack(program);
    int output[2], channel[2], told[2];
    REQUIRE(pipe(output) == 0 && pipe(told) == 0);
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, channel) == 0);
    struct compartment_spec spec = {
        .manifest = &manifest, .image = &image, .uid = 63100,
        .missing = 1u << PART_LANDLOCK, /* only if the machine lacks it */
        .root_folder = below("root"), .etc_folder = below("etc"), .run_folder = below("run"),
        .output = output[1], .channel = channel[0], .events = -1, .core = -1,
    };
    pid_t manager = fork();
    REQUIRE(manager >= 0);
    if (manager == 0) {
        pid_t init = 0;
        int outcome;
        int e = compartment_start(&spec, &init, &outcome);
        if (e || write(told[1], &init, sizeof init) != sizeof init)
            _exit(1);
        kill(getpid(), SIGKILL);
    }
    close(output[1]);
    close(channel[0]);
    pid_t init = 0;
    int status = 0;
    REQUIRE(read(told[0], &init, sizeof init) == sizeof init && init > 1);
    REQUIRE(waitpid(manager, &status, 0) == manager);
    CHECK(WIFSIGNALED(status));
    /* Its processes hold the only writers left. */
    char byte;
    struct pollfd end = {.fd = output[0], .events = POLLIN};
    ssize_t n = 1;
    while (n > 0 && poll(&end, 1, 10000) == 1)
        n = read(output[0], &byte, 1);
    CHECK_INT(n, 0);
    if (n != 0)
        kill(init, SIGKILL);
    close(output[0]);
    close(channel[1]);
    close(told[0]);
    close(told[1]);
}

int main(int argc, char **argv)
{
    static const char *const folders[] = {"root", "etc", "run"};
    REQUIRE(argc == 2 && geteuid() == 0 && mkdtemp(folder));
    for (size_t i = 0; i < 3; i++)
        REQUIRE(mkdir(below(folders[i]), 0755) == 0);
    for (int i = 0; i < 10 && !check_failed; i++)
        test_killed_manager(argv[1]);
    for (size_t i = 0; i < 3; i++)
        CHECK_INT(rmdir(below(folders[i])), 0);
    CHECK_INT(rmdir(folder), 0);
    return check_done();
}
