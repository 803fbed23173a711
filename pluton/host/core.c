/* SPDX-License-Identifier: BSD-2-Clause */
#include "pluton/host/core.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/monitor_call.h"
#include "lib/ct.h"
#include "lib/guid.h"
#include "lib/hex.h"
#include "pluton/host/hal_host.h"
#include "pluton/host/serve.h"

enum { IMAGE_BYTES_MAX = 64 * 1024 * 1024 }; /* a static monitor with symbols is far below */

/* Boot images in the order they are tried. */
enum boot_file { KEYSTORE, KEYSTORE_BACKUP, MONITOR, MONITOR_BACKUP, BOOT_FILES };

static const char *const boot_path[BOOT_FILES] = {
    [KEYSTORE] = "boot/keystore.image",
    [KEYSTORE_BACKUP] = "boot/keystore.backup.image",
    [MONITOR] = "boot/monitor.image",
    [MONITOR_BACKUP] = "boot/monitor.backup.image",
};

static const struct {
    uint32_t rights;
    enum handover handover;
} channel_row[CHANNELS] = {
    {PLUTON_RIGHT_SECURE_WORLD | PLUTON_RIGHT_PUBLIC, HANDOVER_CH_MONITOR},
    {PLUTON_RIGHT_PUBLIC | PLUTON_RIGHT_ATTESTATION | PLUTON_RIGHT_SIGN, HANDOVER_CH_AZURED},
    {PLUTON_RIGHT_PUBLIC | PLUTON_RIGHT_POSTCODE, HANDOVER_CH_APPMAN},
    {PLUTON_RIGHT_PUBLIC | PLUTON_RIGHT_SECURITY_STATE, HANDOVER_CH_GATEWAYD},
};

uid_t core_owner(const struct sandbox *sandbox)
{
    return geteuid() == 0 ? sandbox->uid : geteuid();
}

/* Whole file into malloc'd memory, so that what was checked cannot change. */
static int file_load(int fd, uint8_t **bytes, size_t *len)
{
    struct stat st;
    *bytes = NULL;
    *len = 0;
    if (fd < 0)
        return E_NOT_FOUND;
    if (fstat(fd, &st) || !S_ISREG(st.st_mode))
        return E_IO;
    if (st.st_size <= 0 || st.st_size > IMAGE_BYTES_MAX)
        return E_LIMIT;
    const size_t want = (size_t)st.st_size;
    uint8_t *room = malloc(want);
    if (!room)
        return E_NOMEM;
    size_t have = 0;
    while (have < want) {
        const ssize_t got = read(fd, room + have, want - have);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        have += (size_t)got;
    }
    if (have != want) {
        free(room);
        return E_IO;
    }
    *bytes = room;
    *len = want;
    return 0;
}

static int sealed_memfd(const char *name, struct span bytes)
{
    const int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    size_t done = 0;
    while (fd >= 0 && done < bytes.len) {
        const ssize_t put = write(fd, bytes.at + done, bytes.len - done);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            break;
        done += (size_t)put;
    }
    if (fd >= 0 && done == bytes.len && lseek(fd, 0, SEEK_SET) == 0 &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return E_IO;
}

/* SHA-256 of the running program, as the ROM and 1BL would measure the runtime. */
static int self_measure(struct measurement *m)
{
    const char component[] = COMPONENT_PLUTON_RUNTIME;
    uint8_t *bytes = NULL;
    size_t len;
    memset(m, 0, sizeof *m);
    m->type = IMAGE_TYPE_PLUTON_RUNTIME;
    int err = guid_parse(span_of(component, sizeof component - 1), m->component);
    const int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (!err)
        err = file_load(fd, &bytes, &len);
    if (!err) {
        const struct span part = span_of(bytes, len);
        err = crypto_sha256(&part, 1, m->digest);
    }
    free(bytes);
    if (fd >= 0)
        close(fd);
    return err;
}

/* Known to work before it is relied upon; OpenSSL also opens and allocates what
 * it needs here, while it still may. */
static int crypto_selftest(void)
{
    struct key key = {0};
    uint8_t digest[SHA256_BYTES], signature[P256_SIGNATURE_BYTES];
    const struct span part = span_of("perisphere", 10);
    int err = crypto_sha256(&part, 1, digest);
    if (!err)
        err = key_generate(&key);
    if (!err)
        err = key_sign(&key, digest, signature);
    if (!err)
        err = crypto_p256_verify(key.public_key, digest, signature);
    digest[0] ^= 1;
    if (!err && crypto_p256_verify(key.public_key, digest, signature) != E_SIGNATURE)
        err = E_CRYPTO;
    key_release(&key);
    return err;
}

/* -- boot chain ------------------------------------------------------------- */

static int keystore_boot(struct pluton *p, const int file[static BOOT_FILES], int *memfd)
{
    int err = E_NOT_FOUND;
    for (unsigned i = KEYSTORE; i <= KEYSTORE_BACKUP; i++) {
        uint8_t *bytes;
        size_t len;
        if (i == KEYSTORE_BACKUP)
            fprintf(stderr, "[PLUTON] BOOTING BACKUP trusted keystore\n");
        err = file_load(file[i], &bytes, &len);
        if (!err)
            err = pluton_boot_keystore(p, span_of(bytes, len));
        if (!err) {
            *memfd = sealed_memfd("keystore", span_of(bytes, len));
            free(bytes);
            return *memfd < 0 ? *memfd : 0;
        }
        free(bytes);
        fprintf(stderr, "[PLUTON] !! ERROR: %s: %s\n", boot_path[i], err_text(err));
    }
    return err;
}

static int monitor_boot(struct pluton *p, const int file[static BOOT_FILES], int *memfd)
{
    int err = E_NOT_FOUND;
    for (unsigned i = MONITOR; i <= MONITOR_BACKUP; i++) {
        struct image image;
        uint8_t *bytes;
        size_t len;
        if (i == MONITOR_BACKUP)
            fprintf(stderr, "[PLUTON] BOOTING BACKUP security monitor\n");
        err = file_load(file[i], &bytes, &len);
        if (!err)
            err = pluton_boot_monitor(p, span_of(bytes, len), &image);
        if (!err) {
            *memfd = sealed_memfd("monitor", image.body);
            free(bytes);
            return *memfd < 0 ? *memfd : 0;
        }
        free(bytes);
        fprintf(stderr, "[PLUTON] !! ERROR: %s: %s\n", boot_path[i], err_text(err));
    }
    return err;
}

static int handover_send(int control, const int fd[static HANDOVER_COUNT])
{
    char byte = 0;
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(HANDOVER_COUNT * sizeof(int))];
    } u;
    struct iovec io = {&byte, 1};
    struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = u.room,
                       .msg_controllen = sizeof u.room};
    memset(&u, 0, sizeof u);
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(HANDOVER_COUNT * sizeof(int));
    memcpy(CMSG_DATA(c), fd, HANDOVER_COUNT * sizeof(int));
    return sendmsg(control, &m, MSG_NOSIGNAL) == 1 ? 0 : E_IO;
}

static int channels_make(struct channel channel[static CHANNELS],
                         int handover[static HANDOVER_COUNT])
{
    for (unsigned i = 0; i < CHANNELS; i++) {
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
            return E_IO;
        channel[i] = (struct channel){.fd = pair[0], .rights = channel_row[i].rights};
        handover[channel_row[i].handover] = pair[1];
    }
    return 0;
}

/* The lines that the original prints on its recovery UART. */
static int boot_lines(struct pluton *p, struct hal *hal, const struct retained *retained)
{
    char hex[2 * P256_PUBLIC_BYTES + 1];
    uint8_t general[P256_PUBLIC_BYTES], nonce[32];
    int err = hal_key_public(hal, HAL_SLOT_GENERAL, general);
    if (!err)
        err = pluton_random(p, nonce, sizeof nonce);
    if (err)
        return err;
    if (retained->boots > 1)
        fprintf(stderr, "[1BL] BOOT: %08x/%08x/%08x\n", retained->postcode, retained->boots,
                (unsigned)p->boot_count);
    else
        fprintf(stderr, "[1BL] BOOT: INIT\n");
    hex_encode(general, sizeof general, hex);
    fprintf(stderr, "G=%s\n", hex);
    hex_encode(p->device_id, sizeof p->device_id, hex);
    fprintf(stderr, "D=%s,", hex);
    hex_encode(nonce, sizeof nonce, hex);
    fprintf(stderr, "N=%s\n[PLUTON] Logging initialized\n", hex);
    return 0;
}

/* From the fuses to the start of the monitor; the exit code, 0 to go on. */
static int chain_run(struct pluton *p, struct hal *hal, const struct core *core,
                     const struct measurement *self, const int file[static BOOT_FILES],
                     struct channel channel[static CHANNELS])
{
    int handover[HANDOVER_COUNT];
    int err = pluton_boot(p, hal);
    if (!err)
        err = boot_lines(p, hal, core->retained);
    if (!err)
        err = pluton_measure(p, self);
    if (err) {
        fprintf(stderr, "[PLUTON] !! ERROR: %s\n", err_text(err));
        return EXIT_FAILED;
    }
    for (unsigned i = 0; i < HANDOVER_COUNT; i++)
        handover[i] = -1;
    err = keystore_boot(p, file, &handover[HANDOVER_KEYSTORE]);
    if (err) {
        fprintf(stderr, "plutond: no trusted keystore may be used: %s\n", err_text(err));
        return EXIT_NO_BOOT;
    }
    err = monitor_boot(p, file, &handover[HANDOVER_MONITOR]);
    if (err) {
        fprintf(stderr, "plutond: no security monitor may run: %s\n", err_text(err));
        return EXIT_NO_BOOT;
    }
    fprintf(stderr, "[PLUTON] Booting HLOS core\n");
    err = channels_make(channel, handover);
    if (!err)
        err = handover_send(core->control, handover);
    for (unsigned i = 0; i < HANDOVER_COUNT; i++)
        if (handover[i] >= 0)
            close(handover[i]);
    if (err)
        fprintf(stderr, "plutond: cannot hand over to the monitor: %s\n", err_text(err));
    return err ? EXIT_FAILED : 0;
}

static const char *fuses_advice(int err)
{
    switch (err) {
    case E_NOT_FOUND: return "the device was never manufactured: see --manufacture";
    case E_DENIED: return "must be a plain file of mode 0600 owned by the serving user";
    default: return err_text(err);
    }
}

int core_run(const struct core *core)
{
    static struct pluton pluton; /* 15 KiB of state and buffers: not on the stack */
    static struct channel channel[CHANNELS];
    static struct hal hal;
    struct measurement self;
    int file[BOOT_FILES], code = EXIT_SETUP;
    const uid_t owner = core_owner(&core->sandbox);

    /* A terminal's Ctrl-C reaches the whole group, but a cycle ends only when
     * the parent says so, and never in the middle of a fuse. */
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    for (unsigned i = 0; i < BOOT_FILES; i++)
        file[i] = openat(core->folder, boot_path[i],
                         O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    int err = crypto_selftest();
    if (!err)
        err = self_measure(&self);
    if (err) {
        fprintf(stderr, "plutond: self-test: %s\n", err_text(err));
        return EXIT_FAILED;
    }
    if (sandbox_enter(&core->sandbox, core->folder))
        return EXIT_SETUP;
    err = hal_open(&hal, core->folder, owner);
    if (err) {
        fprintf(stderr, "plutond: fuses: %s\n", fuses_advice(err));
        return EXIT_SETUP;
    }
    code = chain_run(&pluton, &hal, core, &self, file, channel);
    for (unsigned i = 0; i < BOOT_FILES; i++)
        if (file[i] >= 0)
            close(file[i]);
    if (code == 0 && serve(&pluton, channel, core->control, &core->retained->postcode))
        code = EXIT_FAILED;
    hal_close(&hal);
    ct_wipe(&pluton, sizeof pluton);
    ct_wipe(channel, sizeof channel);
    return code;
}
