/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wolfSSL of the MCU: TLS 1.3, client and server, P-256 with SHA-256; P-384 with SHA-384
 * for the chain to the service's root.
 * Source: docs/decisions/device-tls.md; names as in wolfSSL 5.5.4.
 * Read by wolfSSL's own files and by whoever includes its headers, with
 * WOLFSSL_USER_SETTINGS defined.
 */
#ifndef PERI_OS_MCU_WOLFSSL_USER_SETTINGS_H
#define PERI_OS_MCU_WOLFSSL_USER_SETTINGS_H

/* The machine. */
#define WOLFSSL_GENERAL_ALIGNMENT 4
#define SIZEOF_LONG 4
#define SIZEOF_LONG_LONG 8
#define WOLFSSL_USE_ALIGN
#define HAVE_GETADDRINFO 1
#define WOLFSSL_GETRANDOM /* seed: getrandom(2); no device file is opened */

/* TLS: one version, what it needs, and what takes an old client in is left out. */
#define WOLFSSL_TLS13
#define WOLFSSL_NO_TLS12
#define NO_OLD_TLS
#define HAVE_TLS_EXTENSIONS
#define HAVE_SUPPORTED_CURVES
#define HAVE_SNI
#define WOLFSSL_ALT_NAMES /* host names and addresses of certificates */
#define WOLFSSL_IP_ALT_NAME
#define HAVE_PK_CALLBACKS /* the client key is used inside Pluton */
#define WOLFSSL_CERT_GEN /* gatewayd makes the certificate of the local interface */
#define NO_SESSION_CACHE
#define NO_PSK
#define WOLFSSL_SMALL_STACK /* stacks of the services are small, and dirty for ever */
#define NO_ERROR_STRINGS
#define NO_WOLFSSL_STUB

/* Cryptography. */
#define HAVE_ECC
#define ECC_USER_CURVES /* P-256 alone, and */
#define HAVE_ECC384     /* the root of the service */
#define ECC_TIMING_RESISTANT
#define WOLFSSL_HAVE_SP_ECC
#define WOLFSSL_SP_384
#define WOLFSSL_SHA512 /* the root signs with SHA-384 */
#define WOLFSSL_SHA384
#define WOLFSSL_SP_MATH
#define WOLFSSL_SP_SMALL
#define SP_WORD_SIZE 32
#define HAVE_HKDF
#define HAVE_HASHDRBG
#define HAVE_AESGCM
#define WOLFSSL_AESGCM_STREAM /* a crash dump is sealed piece by piece */
#define GCM_SMALL
#define WOLFSSL_AES_SMALL_TABLES
#define NO_AES_CBC
#define NO_AES_192
#define HAVE_CHACHA
#define HAVE_POLY1305
#define USE_SLOW_SHA256 /* a tenth slower, 1.5 KiB smaller */
#define NO_RSA
#define NO_DH
#define NO_DSA
#define NO_DES3
#define NO_RC4
#define NO_MD4
#define NO_MD5
#define NO_PWDBASED
#define NO_PKCS12

#endif
