/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel of the MCU offers to the OS services beyond Linux: calls to
 * the Security Monitor and to Pluton, and the Azure Sphere credential.
 * Source: docs/spec/kernel.md; capability bits, credential layout and ioctl number as
 * observed, the call structure ours.
 * Writer: os/.  Reader: kernel/.
 * Trust: every field is hostile; the kernel copies structure and request once,
 * then checks the copies.
 *
 * Call: ioctl(AZURE_SPHERE_CALL) on /dev/security-monitor or /dev/pluton.
 *   off size field          32-bit, little-endian
 *     0    4 number         of abi/smc.h, abi/monitor_call.h, or abi/pluton_call.h
 *     4    4 request        user address of the request's payload
 *     8    4 request_bytes
 *    12    4 reply          user address for the reply's payload
 *    16    4 reply_room
 *    20    4 reply_bytes    out
 *    24    4 status         out: enum monitor_status or enum pluton_status
 * 0: the call was carried to the other side, whose answer is in status.
 * -EACCES: the caller's capabilities do not allow this number (numbers without a rule
 * are allowed to nobody); -EINVAL: lengths; -EFAULT; -ENOMEM; -EBUSY: too many callers
 * wait; -EIO: no answer.  Nothing is written after an error, and nothing was asked after
 * one of the first three.
 *
 * The kernel puts the caller's identity where a request names one:
 *   DERIVE_KEY                        component, always
 *   GET_TENANT_PUBLIC_KEY, SIGN_...   tenant, unless the caller has ATTESTATION_RUNTIME
 */
#ifndef PERI_ABI_AZURE_SPHERE_H
#define PERI_ABI_AZURE_SPHERE_H

#define AZURE_SPHERE_MONITOR_DEVICE "/dev/security-monitor"
#define AZURE_SPHERE_PLUTON_DEVICE "/dev/pluton"

struct azure_sphere_call {
    unsigned number;
    unsigned request;
    unsigned request_bytes;
    unsigned reply;
    unsigned reply_room;
    unsigned reply_bytes;
    unsigned status;
};

_Static_assert(sizeof(struct azure_sphere_call) == 28, "layout above");

/* _IOWR('p', 0x20, struct azure_sphere_call), written out: this header needs no other. */
#define AZURE_SPHERE_CALL 0xC01C7020u

/*
 * I/O core control: ioctl(AZURE_SPHERE_IO_CORE) on /dev/security-monitor, by who has
 * PERIPHERAL_PIN_MAPPING.
 *   off size field
 *     0    2 request        AZURE_SPHERE_IO_CORE_*
 *     2    2 core           0 or 1
 *     4    4 fd             RUN: a regular file of a mounted image, the ELF; else not looked at
 *     8    4 flags          RUN: 0 (debugging is not allowed yet); else not looked at
 *    12   16 component      RUN: of that image; else not looked at
 * RUN stops what runs there, loads the file and starts it; STOP stops it and takes its
 * shared pages away; TALK opens them to a running core and says so (abi/intercore.h).
 * 0; -EACCES: no right, or the monitor does not let this file run (flags, not of an
 * application package); -EINVAL: fields, file, component; -EBADF; -EBUSY: the component
 * runs on the other core, or already talks; -ENOEXEC: no program for this core;
 * -ENODEV: TALK to a core that does not run; -ENOMEM; -EIO.
 * After RUN failed the core is stopped or as it was.
 */
struct azure_sphere_io_core {
    unsigned short request;
    unsigned short core;
    int fd;
    unsigned flags;
    unsigned char component[16];
};

_Static_assert(sizeof(struct azure_sphere_io_core) == 28, "layout above");

enum {
    AZURE_SPHERE_IO_CORE_RUN = 0,
    AZURE_SPHERE_IO_CORE_STOP = 1,
    AZURE_SPHERE_IO_CORE_TALK = 2,
};

/* _IOW('p', 0x0A, struct azure_sphere_io_core) */
#define AZURE_SPHERE_IO_CORE 0x401C700Au

/* Process capabilities. */
#define AZURE_SPHERE_CAP_UPDATE_IMAGE (1u << 0)
#define AZURE_SPHERE_CAP_QUERY_IMAGE_INFO (1u << 1)
#define AZURE_SPHERE_CAP_UPDATE_SECURITY_STATE (1u << 2)
#define AZURE_SPHERE_CAP_SFS (1u << 4)
#define AZURE_SPHERE_CAP_ATTESTATION_RUNTIME (1u << 5)
#define AZURE_SPHERE_CAP_POSTCODE (1u << 6)
#define AZURE_SPHERE_CAP_PERIPHERAL_PIN_MAPPING (1u << 7)
#define AZURE_SPHERE_CAP_RECORD_TELEMETRY (1u << 8)
#define AZURE_SPHERE_CAP_MANAGE_LOG_AND_TELEMETRY (1u << 9)
#define AZURE_SPHERE_CAP_ENABLE_COREDUMPS (1u << 10) /* bit ours */
#define AZURE_SPHERE_CAP_SIDELOAD (1u << 11)         /* bit ours */
#define AZURE_SPHERE_CAP_ALL 0xFFFFFFFFu             /* the first process */

/*
 * Credential as written to and read from /proc/self/attr/exec.
 *   off size field
 *     0   16 component    image component, GUID bytes
 *    16    1 job_control  0 or 1: may call setpgid()
 *    17   64 tenant       GUID as text, zero padded, the last byte 0; empty: none
 *    81    3 zero
 *    84    4 capabilities AZURE_SPHERE_CAP_*, never ALL
 * One write by the application manager (or a child it forked), which thereby stops being
 * it; also sets no_new_privs.
 * EPERM: not the application manager any more; EINVAL: length or fields.
 */
enum {
    AZURE_SPHERE_CREDENTIAL_COMPONENT = 0,
    AZURE_SPHERE_CREDENTIAL_JOB_CONTROL = 16,
    AZURE_SPHERE_CREDENTIAL_TENANT = 17,
    AZURE_SPHERE_CREDENTIAL_ZERO = 81,
    AZURE_SPHERE_CREDENTIAL_CAPABILITIES = 84,
    AZURE_SPHERE_CREDENTIAL_BYTES = 88,
    AZURE_SPHERE_COMPONENT_BYTES = 16,
    AZURE_SPHERE_TENANT_BYTES = 64,
};

#endif
