/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PostgreSQL of the test's own: Debian's programs, data in a temporary folder, a
 * unix socket and no network.  It ends with the test, also when that is killed.
 * PostgreSQL refuses to run as root: then it runs as the user "postgres", whom
 * Debian's package makes.
 */
#ifndef PERI_TESTS_POSTGRESQL_H
#define PERI_TESTS_POSTGRESQL_H

#include <sys/types.h>

struct postgresql_server {
    pid_t pid;
    unsigned uid, gid;  /* 0: our own */
    char folder[64];    /* with the socket */
    char url[192];      /* of a database that is there and empty */
    char programs[160]; /* the folder of PostgreSQL's programs */
};

/* Ends the test when it does not start. */
void postgresql_server_start(struct postgresql_server *server);
void postgresql_server_stop(struct postgresql_server *server);

#endif
