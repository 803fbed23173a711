/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A credential as the application manager writes it; in process_checks.c. */
#ifndef PERI_KERNEL_TESTING_CHECK_CREDENTIAL_H
#define PERI_KERNEL_TESTING_CHECK_CREDENTIAL_H

#include <stddef.h>

/* component: each of its bytes; a fixed tenant. */
void credential_make(unsigned char *out, unsigned char component, unsigned capabilities);
/* As write(2) to /proc/self/attr/exec. */
long credential_set(const unsigned char *credential, size_t bytes);

#endif
