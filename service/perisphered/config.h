/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DIR/service.json: one JSON object, every key optional, unknown keys refused.
 * Ranges are in the table of config.c.
 */
#ifndef PERI_SERVICE_PERISPHERED_CONFIG_H
#define PERI_SERVICE_PERISPHERED_CONFIG_H

#include "service/ipc/process.h"

enum { CONFIG_WHY_BYTES = 256 };

void config_default(struct service_config *config);
/* 0; E_NOT_FOUND (no file: defaults stand), E_IO, E_MALFORMED, E_RANGE.  On
 * failure why says which key and what is allowed, and config is the default. */
int config_load(const char *path, struct service_config *config,
                char why[static CONFIG_WHY_BYTES]) MUST_CHECK;
int config_parse(struct span text, struct service_config *config,
                 char why[static CONFIG_WHY_BYTES]) MUST_CHECK;
/* The settings of a token in config, where there were none; paths and connect may be NULL.  E_RANGE. */
int config_pkcs11_set(struct service_config *config, const char *module, const char *pin, const char *paths,
                      const char *connect, char why[static CONFIG_WHY_BYTES]) MUST_CHECK;
/* The file with another "database", which is on disk when this returns: by one rename, the old file or the
 * new.  E_IO, E_MALFORMED, with why. */
int config_database_set(const char *path, const char *database, char why[static CONFIG_WHY_BYTES]) MUST_CHECK;

#endif
