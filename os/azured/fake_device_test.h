/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands around azured, for its tests: a root of trust and a monitor
 * behind their real channels, and a service that answers as told.
 */
#ifndef PERI_OS_AZURED_FAKE_DEVICE_TEST_H
#define PERI_OS_AZURED_FAKE_DEVICE_TEST_H

#include <pthread.h>

#include "abi/device_api.h"
#include "lib/manifest.h"
#include "os/azured/http_client.h"
#include "tests/tls_server.h"
#include "os/ipc/monitor_client.h"

/* -- root of trust: real keys, evidence that is not */

struct fake_pluton {
    int fd; /* ours */
    pthread_t thread;
    size_t count;
    struct {
        uint8_t tenant[16];
        EVP_PKEY *pending, *committed;
    } at[4];
    unsigned commits;
    uint16_t refuse_command, refuse_status;
};

int fake_pluton_start(struct fake_pluton *p); /* azured's end */
void fake_pluton_stop(struct fake_pluton *p); /* once azured's end is closed */

/* -- monitor: installs what it is given, checks what was downloaded */

struct fake_monitor {
    int fd;
    pthread_t thread;
    struct monitor_components installed;
    struct manifest wanted;
    bool staged, had[MANIFEST_IMAGES_MAX];
    size_t open;
    uint32_t written;
    uint64_t sequence;
    bool restart;
    uint32_t refuse_call, refuse_status; /* this call answers so */
    unsigned installs, aborts, stages;
    /* telemetry, as monitor/svc/svc_telemetry.c hands it out */
    bool keeps_telemetry;
    uint8_t telemetry[8192];
    uint32_t telemetry_bytes, telemetry_read; /* read: end of the last event that was handed out */
    unsigned telemetry_calls;
    unsigned fail_before, fail_after; /* this call of them is not carried out, or is and fails; 0: none */
    const void *telemetry_late; /* recorded right before the next forget: an event of this many bytes */
    uint32_t telemetry_late_bytes;
};

/* Appends one event. */
void fake_telemetry(struct fake_monitor *m, uint32_t id, uint32_t time_s, struct span bytes);
/* The oldest event goes, as when a new sector of the ring is begun. */
void fake_telemetry_drop_oldest(struct fake_monitor *m);

int fake_monitor_start(struct fake_monitor *m);
void fake_monitor_stop(struct fake_monitor *m);

/* -- service */

enum { FAKE_IMAGE_BYTES = 100000 };

struct fake_service {
    struct test_ca device_ca;
    enum daa_result result;
    uint64_t life_s;
    struct manifest wanted; /* of applications */
    uint64_t sequence;
    bool moves;                /* images are elsewhere: fake_service_run_at() */
    int elsewhere_error;       /* and cannot be had there, unless it is 0 */
    unsigned asked_elsewhere;
    bool elsewhere_lies, lies; /* other bytes there; here */
    uint32_t check_interval_s;
    uint16_t app_deferral_minutes, os_deferral_minutes;
    bool as_firmware; /* the wanted images stand in the firmware manifest */
    unsigned asked_challenge, asked_attest, asked_check, asked_image, asked_events;
    unsigned events, last_category, last_count, last_code;
    unsigned category[EVENT_CATEGORY_MAX + 1]; /* counts of the events of each */
    unsigned cause[EVENT_SERVICE_CAUSE_MAX + 1];
    uint64_t last_pc;
    uint8_t last_image[16];
    uint8_t last_batch[16];
    /* faults */
    const char *fail_path; /* this path... */
    int fail_status;       /* ...answers so; -1: garbage; -2: breaks off; -3: no end in time; -4: TLS refused;
                              -5: more than there is room for */
    unsigned fail_times;   /* that often */
    uint32_t cut_image;    /* an image ends after so many bytes of one answer */
    bool wrong_key;        /* certifies another key */
    uint64_t time_s;       /* 0: 1800000000 */
};

struct fake_answer {
    int status;
    bool broken; /* connection ends after the body */
    int error;   /* there is no answer but this, for fake_service_run() */
    size_t len;
    uint8_t body[FAKE_IMAGE_BYTES];
};

void fake_service_init(struct fake_service *s);
void fake_service_release(struct fake_service *s);
void fake_service_answer(struct fake_service *s, const char *path, struct span body, uint64_t range_from,
                         struct fake_answer *answer);
/* For struct service_link. */
int fake_service_run(void *context, struct http_exchange *exchange);
/* For its run_at: of the service that was asked last. */
int fake_service_run_at(const char *address, struct http_exchange *exchange);
/* The byte of an image at an offset. */
uint8_t fake_image_byte(const uint8_t image[static 16], uint32_t at);
/* Adds an application to a manifest. */
void fake_app(struct manifest *m, uint8_t component, uint8_t image);

#endif
