/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Image package: the only form in which code, manifests, keys and
 * configuration reach a device.
 * Source: docs/spec/image-package.md; byte-compatible with Azure Sphere's.
 * Writer: peri image-package, the issuer.  Reader: root of trust, monitor,
 * service, tools.  Trust: hostile until image_verify() has returned 0.
 *
 *   body                       any
 *   metadata, little-endian    u32 magic "4X4M", u32 section count,
 *                              sections {u16 id, u16 length, data},
 *                              u32 metadata length (magic through itself)
 *   signature                  64 bytes, ECDSA P-256 R || S (big-endian), over
 *                              SHA-256 of everything before it
 */
#ifndef PERI_ABI_IMAGE_H
#define PERI_ABI_IMAGE_H

enum {
    IMAGE_MAGIC = 0x4D345834,
    IMAGE_SIGNATURE_BYTES = 64,
    IMAGE_UID_BYTES = 16,        /* GUID, mixed-endian byte order */
    IMAGE_THUMBPRINT_BYTES = 20, /* names the signing key: SHA-1 of 04||X||Y in our keys */
    IMAGE_NAME_BYTES = 32,       /* zero padded; at most 31 characters */
    IMAGE_SECTIONS_MAX = 16,     /* far above the 12 ids that exist */
    IMAGE_METADATA_MAX = 4096,
    IMAGE_ABI_MAX = 8, /* identities in one ND or NP section */
};

/* section ids: two ASCII letters read little-endian */
enum image_section {
    IMAGE_SECTION_ID = 0x4449, /* 36: u16 type, u16 0, component uid, image uid */
    IMAGE_SECTION_SG = 0x4753, /* 24: thumbprint, u32 signing type */
    IMAGE_SECTION_DB = 0x4244, /* 40: u64 build time (Unix s), char name[32] */
    IMAGE_SECTION_TP = 0x5054, /*  4: u32 flags */
    IMAGE_SECTION_ND = 0x444E, /* 4+8n: u32 n, n x {u32 version, u32 identity type} */
    IMAGE_SECTION_NP = 0x504E, /* as ND: what the image provides */
    IMAGE_SECTION_RV = 0x5652, /*  4: u32 security version */
    IMAGE_SECTION_CM = 0x4D43, /* compression: layout not public, kept as bytes */
    IMAGE_SECTION_RO = 0x4F52, /* required flash offset: kept as bytes */
    IMAGE_SECTION_AD = 0x4441, /* legacy: kept as bytes */
    IMAGE_SECTION_AP = 0x5041,
    IMAGE_SECTION_LG = 0x474C,
};

enum image_signing_type {
    IMAGE_SIGNING_INVALID = 0,
    IMAGE_SIGNING_ECDSA256 = 1,
};

enum image_temporary_flags {
    IMAGE_TEMPORARY_REMOVE_AT_BOOT = 1,
    IMAGE_TEMPORARY_UNDER_DEVELOPMENT = 2,
};

enum image_identity_type {
    IMAGE_IDENTITY_NONE = 0,
    IMAGE_IDENTITY_SECURE_WORLD_RUNTIME = 1,
    IMAGE_IDENTITY_OS_RUNTIME = 2,
    IMAGE_IDENTITY_APPLICATION_RUNTIME = 3,
};

/* number, the name the public API and the tools print */
#define IMAGE_TYPE_TABLE(X)                        \
    X(INVALID, 0, "InvalidImageType")              \
    X(ONE_BL, 1, "OneBl")                          \
    X(PLUTON_RUNTIME, 2, "PlutonRuntime")          \
    X(WIFI_FIRMWARE, 3, "WifiFirmware")            \
    X(SECURITY_MONITOR, 4, "SecurityMonitor")      \
    X(NORMAL_WORLD_LOADER, 5, "NormalWorldLoader") \
    X(NORMAL_WORLD_DTB, 6, "NormalWorldDtb")       \
    X(NORMAL_WORLD_KERNEL, 7, "NormalWorldKernel") \
    X(ROOT_FS, 8, "RootFs")                        \
    X(SERVICES, 9, "Services")                     \
    X(APPLICATIONS, 10, "Applications")            \
    X(FW_CONFIG, 13, "FwConfig")                   \
    X(BOOT_MANIFEST, 16, "BootManifest")           \
    X(NWFS, 17, "Nwfs")                            \
    X(TRUSTED_KEYSTORE, 19, "TrustedKeystore")     \
    X(POLICY, 20, "Policy")                        \
    X(CUSTOMER_BOARD_CONFIG, 21, "CustomerBoardConfig") \
    X(UPDATE_CERT_STORE, 22, "UpdateCertStore")    \
    X(BASE_SYSTEM_UPDATE_MANIFEST, 23, "BaseSystemUpdateManifest") \
    X(FIRMWARE_UPDATE_MANIFEST, 24, "FirmwareUpdateManifest") \
    X(CUSTOMER_UPDATE_MANIFEST, 25, "CustomerUpdateManifest") \
    X(RECOVERY_MANIFEST, 26, "RecoveryManifest")   \
    X(MANIFEST_SET, 27, "ManifestSet")             \
    X(OTHER, 28, "Other")

enum image_type {
#define IMAGE_TYPE_ENUM(name, number, text) IMAGE_TYPE_##name = number,
    IMAGE_TYPE_TABLE(IMAGE_TYPE_ENUM)
#undef IMAGE_TYPE_ENUM
};

#endif
