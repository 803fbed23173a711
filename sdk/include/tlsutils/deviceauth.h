/* SPDX-License-Identifier: BSD-2-Clause */
/* The device's client certificate for TLS. */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/* Path of a PEM file, leaf and chain; valid while the process lives, renewed in
 * place about daily.  The private key is not in it and never leaves the root of
 * trust.  NULL when there is no certificate yet. */
const char *DeviceAuth_GetCertificatePath(void);

#ifdef __cplusplus
}
#endif
