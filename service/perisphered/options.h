/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line of perisphered. */
#ifndef PERI_SERVICE_PERISPHERED_OPTIONS_H
#define PERI_SERVICE_PERISPHERED_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"
#include "service/ipc/service_init.h"

struct options {
    const char *data;
    const char *process; /* --process: one process of the set, started by us */
    const char *out;
    const char *backup, *restore, *key, *key_uri, *join; /* --backup OUT, --restore FROM, --key FILE, --join FROM */
    const char *root_create, *root_request, *root_sign, *root; /* --root-create OUT, --root-request OUT, --root-sign CSR --root FOLDER --out FILE */
    const char *renew_ca, *renew_issuing; /* --renew-ca NAME, --renew-issuing FILE */
    const char *move; /* --move-database TO */
    bool rotate, renew, progress, json; /* --json: the answer is an object (service/perisphered/outcome.h) */
    const char *move_keys; /* --move-keys TOKEN */
    const char *root_renew; /* --root-renew FOLDER */
    struct service_root_list root_list; /* --root-list OUT --root FOLDER [--revoke FILE] [--reason WORD] [--days N] */
    bool new_key, forget_former; /* of --renew-ca; the first of --root-request too */
    bool capability_key; /* --rotate-capability-key [--prepare] */
    bool wrap, prepare; /* --rotate-wrap-key [--prepare] */
    uint32_t update_key; /* version of the keystore that it is made for; 0: not asked */
    bool init, help, version;
    bool has_listen;
    char listen_address[64];
    uint16_t listen_port;
    bool has_uid_base;
    unsigned uid_base;
    unsigned allow_unconfined; /* enum sandbox_part bits */
    struct service_init make;  /* --organisation, --dns, --operator */
};

extern const char options_usage[];

/* 0, or E_RANGE after one line on stderr. */
int options_parse(int argc, char **argv, struct options *options) MUST_CHECK;

#endif
