/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The service's processes, who may talk to whom, and how each starts.
 * Source: docs/processes.md.
 *
 * perisphered (the supervisor) makes a socketpair for every row of
 * PROCESS_CHANNEL_TABLE, forks, and executes itself with --process NAME; the
 * child confines itself (service/sandbox) and calls its run function before it
 * reads a byte from any channel.  When a child dies, the supervisor ends the
 * others and starts the set again, with back-off.
 */
#ifndef PERI_SERVICE_IPC_PROCESS_H
#define PERI_SERVICE_IPC_PROCESS_H

#include "service/ipc/channel.h"

/* name, text, run function; started in this order, so that all are there when front
 * says that the service is ready */
#define PROCESS_TABLE(X)      \
    X(STORE, "store", store_run) \
    X(ISSUER, "issuer", issuer_run) \
    X(DAA, "daa", daa_run)    \
    X(OTA, "ota", ota_run)    \
    X(REPORTS, "reports", reports_run) \
    X(API, "api", api_run)    \
    X(OIDC, "oidc", oidc_run) \
    X(FRONT, "front", front_run)

enum process_id {
#define PROCESS_ENUM(name, text, run) PROCESS_##name,
    PROCESS_TABLE(PROCESS_ENUM)
#undef PROCESS_ENUM
    PROCESS_COUNT
};

/* who asks, who answers */
#define PROCESS_CHANNEL_TABLE(X) \
    X(FRONT, API)                \
    X(FRONT, DAA)                \
    X(FRONT, OTA)                \
    X(FRONT, REPORTS)            \
    X(FRONT, OIDC)               \
    X(API, STORE)                \
    X(API, ISSUER)               \
    X(DAA, STORE)                \
    X(DAA, ISSUER)               \
    X(OTA, STORE)                \
    X(OTA, ISSUER)               \
    X(REPORTS, STORE)            \
    X(REPORTS, ISSUER)           \
    X(ISSUER, STORE)

/* From <data>/service.json; all fields have defaults. */
struct service_config {
    char listen_address[64]; /* "127.0.0.1" */
    uint16_t listen_port;    /* 8443; 0 = any, written to <data>/run/port */
    char base_url[256];      /* "https://localhost:8443": links in answers */
    char crl_base_address[128]; /* "": certificates of devices name no list; "http://HOST[:PORT]": below it */
    char image_base_address[192]; /* "": from the service; "https://HOST[:PORT]" of a cache: where devices download */
    char owner[128];         /* "admin": operator that owns a service which has no owner yet */
    uint32_t check_interval_s;    /* 72000: what devices are told */
    uint32_t app_deferral_minutes; /* 10020: for which applications may put updates of theirs off; 0: not at all */
    uint32_t os_deferral_minutes;  /* 1440: and those that restart the device */
    uint32_t certificate_s;       /* 86400; at most that */
    char oidc_issuer[192];        /* "": no tokens are taken */
    char oidc_audience[192];
    uint32_t oidc_skew_s;         /* 60: how far clocks may be apart */
    uint32_t oidc_refresh_s;      /* 3600: keys are fetched as often */
    uint32_t oidc_retry_s;        /* 30: and not sooner after the last time for a key that is not known */
    uint32_t audit_seal_s;        /* 300: the audit log's head is signed as often; 0: on request alone */
    uint32_t audit_keep_days;     /* 365: before records of the audit log may be pruned */
    uint32_t challenge_s;         /* 300 */
    uint32_t crash_dump_days;     /* 30: crash dumps are kept so long */
    uint32_t connections_max;     /* 4096 */
    uint32_t header_timeout_s;    /* 10 */
    uint32_t request_timeout_s;   /* 60 */
    uint32_t idle_timeout_s;      /* 75 */
    uint32_t drain_s;             /* 10 */
    char key[1024];          /* "": <data>/store/data.key; "file:PATH", "credential:NAME" */
    bool has_data_key;       /* what the supervisor read there, or had a token open.  The store's alone */
    bool data_key_own;       /* its file is data.key in the store's folder all the same, sealed */
    uint8_t data_key[32];
    bool has_data_key_next;  /* of a rotation that was cut off: data.key.new, sealed */
    uint8_t data_key_next[32];
    char pkcs11_module[256]; /* "": no token; else the module's path */
    char pkcs11_pin[256];    /* where the PIN is: "file:PATH", "credential:NAME" */
    char pkcs11_paths[1024]; /* what the module reads and writes while the issuer runs, between colons */
    char pkcs11_connect[16]; /* "": to nothing; "unix", "tcp:PORT" */
    bool pkcs11_sockets;     /* the same, read: may it connect at all, */
    uint16_t pkcs11_port;    /* and to which TCP port; 0: none */
    char pin[129];           /* what the supervisor read there.  The issuer's alone */
    char database[1024];     /* "": SQLite in the data folder; "postgresql://...". The store's alone */
};

struct process {
    enum process_id id;
    const char *data; /* the service's folder; relative opens are over once confined */
    const struct service_config *config;
    struct event_base *base;
    int listen_fd;                  /* front only, else -1 */
    int peer_fd[PROCESS_COUNT];     /* -1 where the table has no channel */
    volatile int *stopping;         /* set by SIGTERM: drain and return */
    unsigned allow_unconfined;      /* for struct sandbox: enum sandbox_part bits */
};

/* Exit code of a process for which starting again cannot help: damaged or
 * missing files, confinement that the kernel refuses. */
enum {
    PROCESS_EXIT_CANNOT_START = 78,
    /* A token refused its PIN.  The service ends with it too, and systemd leaves it at that
     * (perisphered.service): each further try could lock the token. */
    PROCESS_EXIT_REFUSED = 77,
};

/* Each runs until told to stop or a channel closes; the exit code.  Order inside:
 * open own files under <data>/<name>, confine, make channels, loop.
 * It is started under its own uid already (struct sandbox.uid stays 0), with
 * SIGPIPE ignored; SIGTERM sets *stopping and ends the loop of base, except in
 * front, which drains first. */
#define PROCESS_RUN(name, text, run) int run(struct process *self);
PROCESS_TABLE(PROCESS_RUN)
#undef PROCESS_RUN

const char *process_name(enum process_id id);

#endif
