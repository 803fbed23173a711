/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The application manager's one state: configuration, channels, services,
 * applications.
 * Source: docs/spec/compartment.md.  One thread, one poll loop (main.c);
 * app.c drives one application through the table of app_state.h, installed.c
 * follows the installed set, service.c keeps networkd, azured and gatewayd running,
 * local.c does what gatewayd asks.
 * Limits: MANAGER_APPS_MAX applications, the monitor's own limit.
 */
#ifndef PERI_OS_APPMAN_MANAGER_H
#define PERI_OS_APPMAN_MANAGER_H

#include <limits.h>
#include <sys/types.h>

#include "lib/app_manifest.h"
#include "lib/asxipfs.h"
#include "lib/guid.h"
#include "os/appman/app_log.h"
#include "os/appman/app_state.h"
#include "os/appman/compartment.h"
#include "os/config/device_conf.h"
#include "os/appman/uid_map.h"
#include "os/ipc/monitor_client.h"
#include "os/ipc/os_channel.h"

enum {
    MANAGER_APPS_MAX = MONITOR_COMPONENTS_MAX,
    MANAGER_EVENTS_MAX = 64, /* waiting for azured; the oldest go first */
    MANAGER_CERTIFICATES_MAX = 4,
    SERVICE_DEATHS_MAX = 8, /* without BACK_OFF_RESET_MS of run between them */
};

enum service_name { SERVICE_NETWORKD, SERVICE_AZURED, SERVICE_GATEWAYD, SERVICES };

/* Whether a service answers: liveness.h. */
struct ping {
    uint32_t number;
    bool awaited;
    unsigned missed;
    int64_t due_ms;
};

struct service {
    bool unused; /* never started */
    bool asleep; /* it ended by itself: started again when somebody comes */
    pid_t pid;   /* 0 = not running */
    int channel; /* os_channel to it, -1 = none */
    struct back_off back_off;
    unsigned deaths;
    int64_t started_ms;
    int64_t due_ms; /* when to start it; INT64_MAX = not due */
    struct ping ping;
};

struct app {
    bool used;
    bool wanted; /* installed: start it again when it has stopped */
    bool held;   /* stopped by request: not before it is asked for, or the device starts anew */
    uint8_t component[GUID_BYTES], image[GUID_BYTES];
    char id[GUID_TEXT_BYTES];
    enum app_state state;
    int64_t due_ms; /* end of this state's time */
    int64_t started_ms;
    struct back_off back_off;
    uint32_t uid;

    /* from PREPARE to LAUNCH */
    void *package;
    size_t package_bytes;
    struct asxipfs fs;
    struct app_manifest manifest; /* kept while running: networkd and azured ask again */

    /* while a compartment exists */
    pid_t init;
    int outcome;
    bool failed, has_status;
    int status;
    int service_channel; /* azured's end, kept for the case that azured is started again */
    int core;            /* what the compartment's init writes a core to; -1: no dumps */
    uint32_t core_bytes; /* 0: there is none */
    int service_events;  /* the same of its system events; -1: it has not the right */
    struct app_log log;
};

struct manager {
    const char *services_folder, *config_folder, *conf_path;
    const char *interface; /* networkd's to manage; NULL: the machine's own business */
    const char *service_link; /* the cable's interface, networkd's too; NULL: there is none */
    int local_listener;       /* on it, handed to gatewayd, who sleeps until somebody comes; -1: none */
    struct device_conf conf;
    unsigned missing; /* parts that this machine lacks and may lack */
    bool refused;     /* a part is missing that may not be: no application starts */
    bool ending, reset;
    int exit_code;
    int64_t trial_ends_ms; /* of a system on trial; INT64_MAX: none */
    bool attested;         /* the OS, by the service, since the device was started */
    uint32_t local_asked;  /* questions of gatewayd that azured has not answered */
    bool safe;             /* safe mode: the last starts failed, so no application runs */
    int64_t (*now_ms)(void);
    int monitor_watched;   /* nothing runs without what is at its other end; -1: cannot go away */
    struct monitor_client monitor;
    int azured_monitor, azured_pluton; /* handed to azured at each start */
    int gatewayd_monitor, gatewayd_pluton;
    struct service service[SERVICES];
    struct uid_map uids;
    struct app app[MANAGER_APPS_MAX];
    struct os_event event[MANAGER_EVENTS_MAX];
    size_t event_count;
    struct {
        uint8_t tenant[GUID_BYTES];
        size_t len; /* 0 = free */
        uint8_t pem[OS_PEM_MAX];
    } certificate[MANAGER_CERTIFICATES_MAX];
};

/* <config>/... ; E_RANGE when the path would be too long. */
int manager_path(const struct manager *m, char path[static PATH_MAX], const char *format, ...)
    __attribute__((format(printf, 3, 4))) MUST_CHECK;
/* Folder with exactly this mode, made when missing. */
int manager_folder(const char *path, unsigned mode) MUST_CHECK;
/* Written beside it and renamed: readers see the old or the new text. */
int manager_write_file(const char *path, struct span bytes, unsigned mode) MUST_CHECK;

/* conf_file.c */
int manager_read_conf(const char *path, struct device_conf *conf) MUST_CHECK;

/* package.c; package_host.c or package_mcu.c, chosen at link time */
/* The package as the monitor verified it just now: app->manifest is read and fits; app->uid is known. */
int package_open(struct manager *m, struct app *app) MUST_CHECK;
void package_drop(struct app *app);   /* it was started, or not */
void package_forget(struct app *app); /* it is removed */
/* text: empty when there is no manifest. */
int package_manifest(struct app *app, struct span text, bool entry_point_is_file) MUST_CHECK;

/* app.c */
void app_say(const struct app *app, const char *what, const char *detail);
void app_handle(struct manager *m, struct app *app, enum app_event event);
void app_ended(struct manager *m, struct app *app, int init_status); /* its init was reaped */
void app_addresses(struct manager *m, const struct os_addresses *addresses);
void app_certificate(struct manager *m, const struct os_certificate *certificate);
int app_send_channel(struct manager *m, struct app *app) MUST_CHECK;
int app_send_policy(struct manager *m, struct app *app) MUST_CHECK;
void manager_flush_events(struct manager *m);
void manager_event(struct manager *m, const struct os_event *event);

/* installed.c */
int installed_load(struct manager *m) MUST_CHECK; /* uid map and folders */
int installed_follow(struct manager *m) MUST_CHECK; /* ask the monitor, start and stop */
int installed_save(struct manager *m) MUST_CHECK;
struct app *installed_find(struct manager *m, const uint8_t component[static 16]); /* or NULL */
void installed_tidy(struct manager *m); /* what belongs to nobody any more */

/* trial.c */
void trial_begin(struct manager *m);
void trial_attested(struct manager *m); /* the service knows this system */
void trial_run_out(struct manager *m);

/* local.c */
void local_tell(struct manager *m, const struct app *app); /* its state, to gatewayd */
void local_tell_all(struct manager *m);
void local_attested(struct manager *m); /* the service knows this system */
int local_control(struct manager *m, const struct os_app_control *control) MUST_CHECK;
/* Of network proxy and certificates: gatewayd's question to azured, azured's answer to gatewayd; the manager keeps neither. */
void local_ask(struct manager *m, const struct os_message *message);
int local_answer(struct manager *m, const struct os_message *message) MUST_CHECK;
/* A refused local request becomes an error report. */
int local_event(struct manager *m, const struct os_event *event) MUST_CHECK;

/* service.c */
uint32_t service_uid(enum service_name which);
/* Name of its program file. */
const char *service_program(enum service_name which);
/* Ends what runs and takes its channel away; it is reaped, and started again, by SIGCHLD. */
void service_kill(struct manager *m, enum service_name which);
void service_start_due(struct manager *m);
/* done: it ended by itself and is well. */
void service_ended(struct manager *m, enum service_name which, bool done);
void service_wake(struct manager *m, enum service_name which); /* somebody waits for it */
void service_stop_all(struct manager *m);
void service_receive(struct manager *m, enum service_name which);

#endif
