/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Device to service: paths and messages.
 * Source: docs/spec/device-api.md (ours: the original's messages are not public).
 * Transport: HTTPS (TLS 1.3, 1.2 refused), the device checks the server's chain to the
 * trust anchor it was made with.  Bodies are CBOR (RFC 8949, deterministic),
 * content type application/cbor, unless said otherwise.  Maps have integer keys
 * in ascending order, all present unless marked ?.
 * Errors: status 4xx/5xx with application/concise-problem-details+cbor
 * (RFC 9290): {-1: title tstr, -2: detail tstr, ? -3: retry after uint s}.
 *
 * POST /daa/v1/challenge            no client certificate; empty body
 *   200 {1: nonce bstr 40, 2: valid for uint s}
 * POST /daa/v1/attest               no client certificate
 *   body: evidence (abi/evidence.h), content type application/cose
 *   200 {1: result uint, 2: [certificates bstr DER, leaf first, root left out],
 *        3: catalog bstr 16 | null when unclaimed, 4: server time uint s,
 *        5: not after uint s}
 *   403 refused: title is one of the DAA_REFUSED_* texts
 * POST /update/v1/check             client certificate: OS or update-only
 *   body {1: nonce bstr 32, 2: [* [component bstr 16, image bstr 16, type uint]] installed,
 *         3: accepted sequence uint, 4: sequence that was undone uint | null,
 *         ? 5: version of the keystore in use uint}
 *   200 a manifest set image package, content type application/octet-stream
 * GET /update/v1/images/<image uid, text form>   client certificate: OS or update-only
 *   200 or 206 the package, ranges supported; 404 unless it is wanted on this device
 *   with "?elsewhere" behind it: or 307, location: https address of the same bytes, for who asks
 *   there without a certificate (a cache of the operator's); without, always from here
 * POST /reports/v1/events           client certificate: OS
 *   body {1: batch bstr 16 (random, repeated unchanged on retry),
 *         2: [1*64 event]}
 *   event: [category uint, first uint s, last uint s, count uint,
 *           component bstr 16, image bstr 16, exit code uint, signal uint]
 *          and of an EVENT_APP_CRASH_REGISTERS behind these: errno uint, pc uint, lr uint,
 *          sp uint, place uint, file tstr 0..16 (abi/crash_report.h)
 *   204; sent twice counts once
 * GET /reports/v1/dump-key           client certificate: OS; its group allows crash dumps
 *   200 {1: [certificates bstr DER]}: of the key of the device's catalog, and the CA that signed it
 * POST /reports/v1/dumps             client certificate: OS
 *   body: a sealed crash dump (abi/crash_dump.h), content type application/octet-stream
 *   204; sent twice counts once
 */
#ifndef PERI_ABI_DEVICE_API_H
#define PERI_ABI_DEVICE_API_H

#define DEVICE_API_CHALLENGE "/daa/v1/challenge"
#define DEVICE_API_ATTEST "/daa/v1/attest"
#define DEVICE_API_CHECK "/update/v1/check"
#define DEVICE_API_IMAGES "/update/v1/images/"
#define DEVICE_API_ELSEWHERE "?elsewhere"
#define DEVICE_API_EVENTS "/reports/v1/events"
#define DEVICE_API_DUMP_KEY "/reports/v1/dump-key"
#define DEVICE_API_DUMPS "/reports/v1/dumps"

enum {
    DEVICE_API_NONCE_BYTES = 40, /* challenge */
    DEVICE_API_BODY_MAX = 16384, /* request */
    DEVICE_API_EVENTS_MAX = 64,
    DEVICE_API_INSTALLED_MAX = 16,
    DEVICE_API_CERTIFICATES_MAX = 4,
};

enum daa_result {
    DAA_TRUSTED = 1,     /* certificate of the tenant that was asked for */
    DAA_UPDATE_ONLY = 2, /* OS key only: known but outdated, or newer release required */
};

/* Why evidence was refused. */
#define DAA_REFUSED_TABLE(X)                                                      \
    X(MALFORMED, "evidence is malformed")                                         \
    X(SIGNATURE, "evidence signature does not verify")                            \
    X(NONCE_FOREIGN, "nonce is not from this service")                            \
    X(NONCE_STALE, "nonce has expired")                                           \
    X(DEVICE_UNKNOWN, "device is not registered")                                 \
    X(TENANT, "device does not belong to this catalog")                           \
    X(SOFTWARE_UNKNOWN, "measured software is unknown")                           \
    X(SOFTWARE_OUTDATED, "measured software is outdated: update first")           \
    X(LIFECYCLE, "device is open for debugging")                                  \
    X(REVOKED, "device is revoked by its owner")

enum daa_refused {
#define DAA_REFUSED_ENUM(name, text) DAA_REFUSED_##name,
    DAA_REFUSED_TABLE(DAA_REFUSED_ENUM)
#undef DAA_REFUSED_ENUM
};

enum {
    EVENT_FIELDS = 8,
    EVENT_REGISTER_FIELDS = 6, /* more of them */
};

/* Numbers that are negative on the device (exit code, signal code, errno) travel as uint32. */
enum event_category {
    EVENT_APP_CRASH = 1, /* ended by a signal; exit code: CLD_KILLED 2 or CLD_DUMPED 3 */
    EVENT_APP_EXIT = 2,  /* returned */
    EVENT_APP_UPDATE = 3,
    EVENT_OS_UPDATE = 4,
    EVENT_UPDATE_REFUSED = 5, /* exit code: enum monitor_status */
    EVENT_LOCAL_REFUSED = 6,  /* local request without its right; exit code: the answer's error */
    EVENT_APP_CRASH_REGISTERS = 7, /* the same as APP_CRASH, and never besides it; exit code: si_code */
    EVENT_KERNEL_RESET = 8,   /* the kernel ended; exit code: enum event_kernel_reset */
    EVENT_SERVICE_FAILED = 9, /* exit code: enum event_service_cause; signal 0 */
    EVENT_REPORTS_LOST = 10,  /* count of events for which there was no room; exit code 0 */
    EVENT_STORAGE_FAILED = 11, /* reports could not be stored for a time; exit code 0 */
    EVENT_CLOCK_WRONG = 12,   /* the clock was more than EVENT_CLOCK_WRONG_S off; exit code 0 */
    EVENT_DUMP_LOST = 13,     /* a crash dump that its group allows was not kept; exit code: enum event_dump_lost */
    EVENT_CATEGORY_MAX = 13,
};

/* Why: as many wait as may, or storage is short; anything else. */
enum event_dump_lost { EVENT_DUMP_NO_ROOM = 1, EVENT_DUMP_FAILED = 2 };

/* What the kernel's telemetry calls its end. */
enum event_kernel_reset { EVENT_KERNEL_PANIC = 100, EVENT_KERNEL_DIE = 101 };

enum { EVENT_CLOCK_WRONG_S = 600 };

/* Why the service was of no use: number, name in log and description, what it means. */
#define EVENT_SERVICE_CAUSE_TABLE(X)                                                       \
    X(UNREACHABLE, 1, "Unreachable", "its name is not known, or nothing answers there")    \
    X(TIMED_OUT, 2, "TimedOut", "it answers too slowly, or not to the end")                \
    X(CERTIFICATE, 3, "CertificateRefused", "TLS: its certificate is foreign, or it does not take ours") \
    X(MALFORMED, 4, "MalformedAnswer", "an answer that makes no sense, or is beyond a limit") \
    X(REFUSED, 5, "Refused", "it refuses the request (4xx)")                               \
    X(UNAVAILABLE, 6, "Unavailable", "it says that it cannot now (408, 429, 5xx)")         \
    X(TIME, 7, "TimeNotBelieved", "its time does not verify")

enum event_service_cause {
#define EVENT_SERVICE_CAUSE_ENUM(name, number, word, text) EVENT_SERVICE_##name = number,
    EVENT_SERVICE_CAUSE_TABLE(EVENT_SERVICE_CAUSE_ENUM)
#undef EVENT_SERVICE_CAUSE_ENUM
    EVENT_SERVICE_CAUSE_MAX = 7,
};

/* Extension of a device certificate: 1.3.6.1.4.1.311.98.1, an OCTET STRING with
 * the CBOR array of the evidence's measurements as signed. */
#define DEVICE_CERTIFICATE_MEASUREMENTS_OID "1.3.6.1.4.1.311.98.1"

#endif
