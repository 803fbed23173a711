/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A world for the engine's tests: keys, packages and manifest sets made to
 * order, the platform, and a medium in memory that can lose power.
 */
#ifndef PERI_MONITOR_ENGINE_WORLD_TEST_H
#define PERI_MONITOR_ENGINE_WORLD_TEST_H

#include "monitor/engine/engine.h"
#include "monitor/engine/ram_test.h"

enum world_key { KEY_ROOT, KEY_OS, KEY_APP, KEY_UPDATE, KEY_DEVELOPMENT, KEY_FOREIGN, KEY_OS_2,
                 KEY_UPDATE_2, KEY_UPDATE_3, KEYS };

/* Signer and public half of a test key; the scalar is small and public. */
struct signer world_signer(enum world_key key);
void world_public(enum world_key key, uint8_t public[static P256_PUBLIC_BYTES]);
/* OS, APP, UPDATE and DEVELOPMENT, each with its one use. */
void world_keystore(struct keystore *keystore);

enum { PACKAGE_BYTES = 40000 };
struct package {
    size_t len;
    uint8_t bytes[PACKAGE_BYTES];
};
static inline struct span package_view(const struct package *p)
{
    return span_of(p->bytes, p->len);
}

/* An image to order.  Component and image id are 16 times the byte. */
struct image_order {
    uint16_t type;
    uint8_t component, id;
    enum world_key key;
    uint32_t security_version;
    struct abi_identity provides, depends; /* type 0 = none */
    uint32_t temporary;
    const char *app_json;   /* instead of the proper application manifest */
    const char *entry_file; /* instead of /bin/app */
    bool no_file_system;    /* body is 100 bytes of nothing */
};
void world_image(const struct image_order *order, struct package *package);
/* Package of any body; world_image() ends here. */
void world_wrap(const struct image_order *order, struct span body, struct package *package);

/* What a manifest says about an order and its package. */
struct manifest_entry world_entry(const struct image_order *order, const struct package *package);

struct set_order {
    uint64_t sequence;
    const uint8_t *nonce; /* 32 */
    uint8_t device;       /* device id is 64 times the byte */
    enum world_key key, manifest_key;
    bool firmware, customer; /* which manifests are in it */
    struct manifest base_manifest; /* in it when it names something, */
    bool base;                     /* or when this is set */
    struct manifest firmware_manifest, customer_manifest;
    uint32_t check_interval_s;
    uint16_t inner_type; /* type of the customer manifest's image; 0 = the right one */
};
void world_set(const struct set_order *order, struct package *package);

struct world;
/* Another machine under the engine than struct ram: a chip. */
struct world_machine {
    /* Boots it, after a loss of power or a reset, and leaves w->engine; an engine error. */
    int (*start)(struct world *w, bool power_was_lost);
    /* The live sets are others: from now on nobody may touch what they name. */
    void (*guard)(struct world *w);
};

struct world {
    const struct world_machine *machine; /* NULL: ram */
    struct {
        unsigned at, way;
    } arm; /* power loss that world_restart() arms, and forgets; at 0: none */
    struct ram ram;
    struct keystore keystore;
    struct engine engine;
    struct engine_scratch scratch;
    uint8_t device_id[64]; /* 64 x 0xD1 */
    uint8_t nonce[32];     /* of the last world_set_order() */
    uint8_t random;        /* the next nonce is 32 times it */
    bool random_fails;
    uint32_t os_counter, keystore_counter;
    uint32_t keystore_version;
    unsigned raises;
    uint32_t capabilities; /* bit n: capability n */
    uint32_t lifecycle;    /* DeviceComplete after world_init() */
    bool trust_fails;      /* the root of trust does not answer either question */
    int resets;
    enum engine_reset reset;
    uint8_t held[RAM_SLOT_BYTES]; /* application_hold */
    int holds, gives;
    bool flip_held; /* the copy differs from the medium */
    struct package services, app; /* what world_init() installed */
    struct package below;         /* the monitor that runs, empty: it is not looked at */
    uint8_t reply[ENGINE_REPLY_MAX];
};
enum {
    WORLD_DEVICE = 0xD1,
    WORLD_MCU_OS = 4, /* images of a system of the MCU */
    COMPONENT_S = 0x51, /* Services, image 0x01, provides application runtime 5 */
    COMPONENT_A = 0xA1, /* an application, image 0xA2, depends on runtime 3 */
    RIGHTS_AZURED = MONITOR_RIGHT_QUERY | MONITOR_RIGHT_UPDATE | MONITOR_RIGHT_RESET,
    RIGHTS_APPMAN = MONITOR_RIGHT_QUERY | MONITOR_RIGHT_RUN | MONITOR_RIGHT_RESET |
                    MONITOR_RIGHT_CONFIRM,
    RIGHTS_GATEWAYD = MONITOR_RIGHT_QUERY | MONITOR_RIGHT_SIDELOAD,
};
extern const struct image_order world_services, world_app;

/* Manufactures: Services and one application installed, sequence 0. */
void world_init(struct world *w);
/* The same on the medium of the MCU: kernel, device tree and root beside them. */
void world_init_mcu(struct world *w);
/* Another image of one of the system's components; id is the image's. */
struct image_order world_os(uint16_t type, uint8_t id);
/* Power is back: a fresh engine on what the medium holds; its error. */
int world_restart(struct world *w);
/* A reset: the same, but operations go on being counted. */
int world_reboot(struct world *w);
/* One call; the status, and the reply's payload if out is not NULL. */
enum monitor_status world_call(struct world *w, uint32_t rights, uint32_t number,
                               struct span payload, struct span *out);
/* World_call() from azured with the calls' payloads put together. */
enum monitor_status world_nonce(struct world *w, uint8_t nonce[static 32]);
enum monitor_status world_stage(struct world *w, const struct package *set, uint32_t *missing);
enum monitor_status world_open(struct world *w, uint8_t id, uint32_t *handle);
enum monitor_status world_write(struct world *w, uint32_t handle, uint32_t offset,
                                struct span block);
enum monitor_status world_commit(struct world *w, uint32_t handle);
enum monitor_status world_install(struct world *w, uint32_t *flags);
enum monitor_status world_confirm(struct world *w, uint32_t *ended);
/* Opens, writes in blocks of 4096 and commits; the first status that is not OK. */
enum monitor_status world_download(struct world *w, const struct package *package, uint8_t id);
/* A set of a fresh nonce for this device with the right keys. */
void world_set_order(struct world *w, struct set_order *order, uint64_t sequence);
void world_add_app(struct set_order *order, const struct image_order *image,
                   const struct package *package);

#endif
