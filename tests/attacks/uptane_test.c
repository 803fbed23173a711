/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Uptane's attacks, and stolen keys, against a whole device: each row is played
 * by a service that holds the TLS key and the CA that the device trusts.  What
 * counts is what the device itself reports as installed at its next checks, and
 * what its flash holds at the end; and the event of the attack that arrives at the service when
 * that is honest again.  Each row's name is the attack's.
 */
#include <sys/stat.h>

#include "abi/device_api.h"
#include "cli/run_fixture_test.h"
#include "lib/guid.h"
#include "tests/attacks/hostile_service.h"
#include "tests/attacks/victim.h"
#include "tests/own_network.h"

#define COMPONENT_A "a0a0a0a0-1111-4a4a-8a8a-a0a0a0a0a0a1"
#define COMPONENT_B "b0b0b0b0-1111-4a4a-8a8a-b0b0b0b0b0b1"

enum { SEQUENCE = 100, WAIT_S = 40 };

static struct hostile_service h;
static struct victim device;
/* Installed; newer and honestly signed; newer, signed by nobody the device knows. */
static const struct stock *a1, *b1, *a2, *b2, *a_forged;
static const struct stock *keys1, *keys2; /* one more of version 1, and version 2 */

static struct set_order order(void)
{
    return (struct set_order){.sequence = h.honest.sequence + 1, .set_key = &h.update, .manifest_key = &h.update,
                              .want = {a2, b2}};
}

/* -- plays: the answer to an update check ------------------------------------------- */

static void recorded(struct hostile_service *s, struct writer *w)
{
    static const uint8_t old_nonce[32] = {0x5e};
    struct set_order o = order();
    o.nonce = old_nonce; /* answered somebody's question once */
    hostile_set(s, &o, w);
}

static void newer(struct hostile_service *s, struct writer *w)
{
    struct set_order o = order();
    hostile_set(s, &o, w);
}

static void older(struct hostile_service *s, struct writer *w)
{
    struct set_order o = order();
    o.sequence = s->honest.sequence - 1;
    hostile_set(s, &o, w);
}

/* The same number for two wishes. */
static void same_sequence(struct hostile_service *s, struct writer *w)
{
    struct set_order o = order();
    o.sequence = s->honest.sequence;
    hostile_set(s, &o, w);
}

static void own_set_around_true_manifest(struct hostile_service *s, struct writer *w)
{
    struct set_order o = order();
    o.set_key = &s->attacker;
    hostile_set(s, &o, w);
}

static void true_set_around_own_manifest(struct hostile_service *s, struct writer *w)
{
    struct set_order o = order();
    o.manifest_key = &s->attacker;
    hostile_set(s, &o, w);
}

static void all_of_its_own(struct hostile_service *s, struct writer *w)
{
    struct set_order o = order();
    o.set_key = o.manifest_key = &s->attacker;
    hostile_set(s, &o, w);
}

static void forged_image(struct hostile_service *s, struct writer *w)
{
    struct set_order o = order();
    o.want[0] = a_forged;
    hostile_set(s, &o, w);
}

static void for_another_device(struct hostile_service *s, struct writer *w)
{
    static const uint8_t other[64] = {0xd1, 0xff};
    struct set_order o = order();
    o.device_id = other;
    hostile_set(s, &o, w);
}

static void larger_than_any_place(struct hostile_service *s, struct writer *w)
{
    struct set_order o = order();
    o.file_bytes = 0xF0000000;
    hostile_set(s, &o, w);
}

static void nonsense(struct hostile_service *s, struct writer *w)
{
    (void)s;
    for (int i = 0; i < 3000; i++)
        writer_u8(w, (uint8_t)(i * 37));
}

/* -- plays: the answer to a download -------------------------------------------------- */

static void half_of_the_bundle(struct hostile_service *s, SSL *ssl, const struct stock *asked)
{
    (void)s;
    if (asked == b2)
        tls_answer(ssl, 404, NULL, span_of(NULL, 0));
    else
        tls_answer(ssl, 200, NULL, asked->file);
}

static void the_other_image(struct hostile_service *s, SSL *ssl, const struct stock *asked)
{
    (void)s;
    tls_answer(ssl, 200, NULL, asked == a2 ? b2->file : a2->file);
}

static void last_byte_flipped(struct hostile_service *s, SSL *ssl, const struct stock *asked)
{
    static uint8_t bytes[1 << 20];
    (void)s;
    REQUIRE(asked->file.len <= sizeof bytes);
    memcpy(bytes, asked->file.at, asked->file.len);
    bytes[asked->image.body.len - 1] ^= 1;
    tls_answer(ssl, 200, NULL, span_of(bytes, asked->file.len));
}

static void never_ends(struct hostile_service *s, SSL *ssl, const struct stock *asked)
{
    static const uint8_t more[16384];
    (void)s;
    tls_text(ssl, "HTTP/1.1 200 OK\r\nContent-Length: 4000000000\r\n\r\n");
    tls_send(ssl, asked->file.at, asked->file.len);
    size_t done;
    for (int i = 0; i < 100000 && SSL_write_ex(ssl, more, sizeof more, &done) == 1; i++)
        continue;
}

static void a_hundred_bytes(struct hostile_service *s, SSL *ssl, const struct stock *asked)
{
    (void)s;
    tls_text(ssl, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    tls_send(ssl, asked->file.at, 100);
}

/* -- plays: the answer to anything ------------------------------------------------------ */

static bool no_answer(struct hostile_service *s, SSL *ssl, const char *path)
{
    (void)s, (void)ssl, (void)path;
    return true;
}

static bool check_never_ends(struct hostile_service *s, SSL *ssl, const char *path)
{
    static const uint8_t more[16384];
    size_t done;
    (void)s;
    if (strcmp(path, DEVICE_API_CHECK) != 0)
        return false;
    tls_text(ssl, "HTTP/1.1 200 OK\r\nContent-Length: 4000000000\r\n\r\n");
    for (int i = 0; i < 100000 && SSL_write_ex(ssl, more, sizeof more, &done) == 1; i++)
        continue;
    return true;
}

static const struct attack attacks[] = {
    {"drop-request", "the network", .raw = no_answer, .log = "azured: update check: ",
     .failed = EVENT_SERVICE_UNREACHABLE},
    {"freeze: an old answer, again and again", "the network and what it recorded", .check = recorded,
     .log = "azured: update refused: not fresh",
     .refused = MONITOR_NOT_FRESH},
    {"partial bundle installation", "the network", .check = newer, .image = half_of_the_bundle,
     .log = "404",
     .failed = EVENT_SERVICE_REFUSED},
    {"rollback: an older set", "the update key", .check = older, .log = "azured: update refused: out of order",
     .refused = MONITOR_OUT_OF_ORDER},
    {"rollback: one sequence, two wishes", "the update key", .check = same_sequence,
     .log = "azured: update refused: out of order",
     .refused = MONITOR_OUT_OF_ORDER},
    {"endless data: an image", "the network", .check = newer, .image = never_ends, .log = "azured: update check: ",
     .failed = EVENT_SERVICE_MALFORMED},
    {"endless data: a set", "the network", .raw = check_never_ends, .log = "azured: update check: ",
     .failed = EVENT_SERVICE_MALFORMED},
    {"endless data: a size that fits nowhere", "the update key", .check = larger_than_any_place,
     .log = "azured: update refused: image too large",
     .refused = MONITOR_IMAGE_TOO_LARGE},
    {"mixed bundles: one image under another's name", "the network", .check = newer, .image = the_other_image,
     .log = "azured: update refused: identity inconsistent",
     .refused = MONITOR_IDENTITY_INCONSISTENT},
    {"mixed bundles: a flipped bit", "the network", .check = newer, .image = last_byte_flipped,
     .log = "azured: update refused: verification failed",
     .refused = MONITOR_VERIFICATION_FAILED},
    {"mix-and-match: an old manifest in a set of its own", "recorded manifests", .check = own_set_around_true_manifest,
     .log = "azured: update refused: verification failed",
     .refused = MONITOR_VERIFICATION_FAILED},
    {"mix-and-match: a manifest of its own in a true set", "recorded sets", .check = true_set_around_own_manifest,
     .log = "azured: update refused: verification failed",
     .refused = MONITOR_VERIFICATION_FAILED},
    {"arbitrary software: stolen update key, forged image", "the update key", .check = forged_image,
     .log = "azured: update refused: verification failed",
     .refused = MONITOR_VERIFICATION_FAILED},
    {"arbitrary software: stolen image key, forged set", "an image key", .check = all_of_its_own,
     .log = "azured: update refused: verification failed",
     .refused = MONITOR_VERIFICATION_FAILED},
    {"a set for another device", "the network", .check = for_another_device,
     .log = "azured: update refused: wrong device",
     .refused = MONITOR_WRONG_DEVICE},
    {"garbage in place of a set", "the network", .check = nonsense,
     .log = "azured: update refused: malformed manifest",
     .refused = MONITOR_MALFORMED_MANIFEST},
};

/* The certificate of a foreign root: not one byte of a request comes. */
static const struct attack eavesdrop = {"eavesdrop: a certificate of a foreign root", "the network",
                                        .foreign = true, .log = "azured: update check: ",
                                        .failed = EVENT_SERVICE_CERTIFICATE};
static const struct attack slow = {"slow retrieval: a hundred bytes, then nothing", "the network", .check = newer,
                                   .image = a_hundred_bytes, .log = "azured: downloading"};

static bool has(const struct report *r, const struct stock *s)
{
    for (size_t i = 0; i < r->installed_count; i++)
        if (memcmp(r->installed[i].image, s->image.meta.id, 16) == 0)
            return true;
    return false;
}

static bool is_old(const struct report *r)
{
    return r->installed_count == 3 && has(r, a1) && has(r, b1); /* and the services */
}

static void play(const struct attack *attack)
{
    struct report report;
    unsigned before = victim_said(&device, attack->log), failed = check_failed;
    unsigned told = hostile_telling(&h, attack);
    hostile_play(&h, attack);
    CHECK(victim_wait(&device, attack->log, before, WAIT_S));
    CHECK(hostile_wait(&h, 2, WAIT_S, &report));
    CHECK(is_old(&report));
    REQUIRE(pthread_mutex_lock(&h.lock) == 0);
    h.honest.sequence += 2; /* the device refuses what lies below a set that it has staged */
    REQUIRE(pthread_mutex_unlock(&h.lock) == 0);
    hostile_play(&h, NULL);
    CHECK(hostile_wait(&h, 2, WAIT_S, &report)); /* it recovers by itself, and is as before */
    CHECK(is_old(&report));
    CHECK(hostile_told(&h, attack, told, WAIT_S)); /* and tells what happened */
    printf("%-55s (attacker has %s): %s\n", attack->name, attack->has,
           check_failed == failed ? "nothing installed" : "FAILED");
}

static void play_eavesdrop(void)
{
    struct report report;
    unsigned before = victim_said(&device, eavesdrop.log), told = hostile_telling(&h, &eavesdrop);
    hostile_play(&h, &eavesdrop);
    CHECK(victim_wait(&device, eavesdrop.log, before, WAIT_S));
    REQUIRE(pthread_mutex_lock(&h.lock) == 0);
    unsigned requests = h.requests;
    REQUIRE(pthread_mutex_unlock(&h.lock) == 0);
    CHECK(victim_wait(&device, eavesdrop.log, before + 1, WAIT_S));
    REQUIRE(pthread_mutex_lock(&h.lock) == 0);
    CHECK_INT(h.requests, requests);
    REQUIRE(pthread_mutex_unlock(&h.lock) == 0);
    hostile_play(&h, NULL);
    CHECK(hostile_wait(&h, 2, WAIT_S, &report));
    CHECK(is_old(&report));
    CHECK(hostile_told(&h, &eavesdrop, told, WAIT_S));
    printf("%-55s (attacker has %s): no request was sent\n", eavesdrop.name, eavesdrop.has);
}

/* Last: once the service is honest again, what was held up arrives. */
static void play_slow(void)
{
    struct report report;
    unsigned before = victim_said(&device, slow.log);
    hostile_play(&h, &slow);
    CHECK(victim_wait(&device, slow.log, before, WAIT_S));
    REQUIRE(pthread_mutex_lock(&h.lock) == 0);
    report = h.report;
    h.honest = order();
    REQUIRE(pthread_mutex_unlock(&h.lock) == 0);
    CHECK(is_old(&report));
    hostile_play(&h, NULL);
    for (int i = 0; i < 3 && !(has(&report, a2) && has(&report, b2)); i++)
        CHECK(hostile_wait(&h, 1, WAIT_S, &report));
    CHECK(report.installed_count == 3 && has(&report, a2) && has(&report, b2));
    printf("%-55s (attacker has %s): goes on when it ends\n", slow.name, slow.has);
}

/* -- keys: after a rotation --------------------------------------------------------------- */

static void by_the_old_key(struct hostile_service *s, struct writer *w)
{
    struct set_order o = order();
    o.want[0] = a1; /* once signed, and the count of sequences does not stop it */
    o.want[1] = b1;
    o.sequence = UINT64_MAX;
    hostile_set(s, &o, w);
}

static void the_old_keystore(struct hostile_service *s, struct writer *w)
{
    struct set_order o = {.sequence = s->honest.sequence + 1, .set_key = &s->update2, .manifest_key = &s->update2,
                          .want = {keys1}};
    hostile_set(s, &o, w);
}

static const struct attack after_rotation[] = {
    {"stolen update key, after a rotation", "the former update key", .check = by_the_old_key,
     .log = "azured: update refused: verification failed"},
    {"rollback: a former keystore", "the update key and a former keystore", .check = the_old_keystore,
     .log = "azured: update refused: security version"},
};

/* What an honest service does: the keystore by the key that the device trusts, and the rest by
 * the new one once the device says that it has it. */
static void keystore_first(struct hostile_service *s, struct writer *w)
{
    const bool has_it = s->report.keystore_version == 2;
    struct set_order o = {.sequence = has_it ? 1 : s->honest.sequence + 1, .set_key = has_it ? &s->update2 : &s->update,
                          .manifest_key = has_it ? &s->update2 : &s->update, .want = {has_it ? a2 : keys2}};
    if (has_it)
        o.want[1] = b2;
    hostile_set(s, &o, w);
}

/* A keystore comes by a set of the old key; the device restarts under it by itself, the count of
 * sequences begins anew, and the old key is worth nothing. */
static void play_rotation(void)
{
    static const struct attack rotation = {"rotation", "nothing", .check = keystore_first};
    struct report report = {0};
    hostile_play(&h, &rotation);
    for (int i = 0; i < 20 && !(report.keystore_version == 2 && report.accepted == 1); i++)
        CHECK(hostile_wait(&h, 1, WAIT_S, &report));
    CHECK(report.keystore_version == 2 && report.accepted == 1);
    CHECK(has(&report, keys2) && has(&report, a2) && has(&report, b2));
    for (size_t i = 0; i < sizeof after_rotation / sizeof after_rotation[0]; i++) {
        const struct attack *attack = &after_rotation[i];
        const unsigned before = victim_said(&device, attack->log), failed = check_failed;
        hostile_play(&h, attack);
        CHECK(victim_wait(&device, attack->log, before, WAIT_S));
        CHECK(hostile_wait(&h, 2, WAIT_S, &report));
        CHECK(report.keystore_version == 2 && report.installed_count == 4 && has(&report, a2));
        printf("%-55s (attacker has %s): %s\n", attack->name, attack->has,
               check_failed == failed ? "nothing installed" : "FAILED");
    }
}

/* -- the factory ------------------------------------------------------------------------- */

static void command(const char *format, ...)
{
    char text[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    REQUIRE(system(text) == 0);
}

static const struct stock *application(const char *name, const char *component, const char *key)
{
    const char *bin = getenv("PERI_BIN");
    command("mkdir -p %s/%s/bin && install -m 755 /bin/sleep %s/%s/bin/app && echo %s > %s/%s/note", run_folder, name,
            run_folder, name, name, run_folder, name);
    FILE *f = fopen(at("%s/app_manifest.json", name), "w");
    REQUIRE(f != NULL);
    fprintf(f, "{\"SchemaVersion\":1,\"Name\":\"%s\",\"ComponentId\":\"%s\",\"EntryPoint\":\"/bin/app\","
               "\"CmdArgs\":[\"1000\"],\"Capabilities\":{},\"ApplicationType\":\"Default\"}\n", name, component);
    REQUIRE(fclose(f) == 0);
    command("%s/peri image-package create --package-directory %s/%s --key %s/%s.pem --output-file %s/%s.image >%s/out",
            bin ? bin : "build/test/bin", run_folder, name, run_folder, key, run_folder, name, run_folder);
    return hostile_stock(&h, at("%s.image", name));
}

static void manufacture(void)
{
    static const char *const keys[] = {"root", "os", "app", "update", "attacker", "update2"};
    const char *bin = getenv("PERI_BIN");
    if (!bin)
        bin = "build/test/bin";
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        REQUIRE(signing_key_create(at("%s.pem", keys[i])) == 0);
    REQUIRE(signing_key_load(at("update.pem"), &h.update) == 0);
    REQUIRE(signing_key_load(at("attacker.pem"), &h.attacker) == 0);
    REQUIRE(signing_key_load(at("update2.pem"), &h.update2) == 0);
    a1 = application("a1", COMPONENT_A, "app");
    b1 = application("b1", COMPONENT_B, "app");
    a2 = application("a2", COMPONENT_A, "app");
    b2 = application("b2", COMPONENT_B, "app");
    a_forged = application("a9", COMPONENT_A, "attacker");
    REQUIRE(a2->file.len == b2->file.len); /* a wrong length would be found earlier */
    test_write_pem(at("ca.pem"), h.ca.certificate);
    command("cd %s && mkdir -p services/bin && install -m 755 -s %s/application-manager %s/networkd %s/azured services/bin/",
            run_folder, bin, bin, bin);
    command("cd %s && %s/peri keystore create --signing-key root.pem --output-file keys.image --key os=os.pem.pub "
            "application=app.pem.pub update=update.pem.pub >out", run_folder, bin);
    command("cd %s && %s/peri keystore create --signing-key root.pem --output-file keys1.image --key os=os.pem.pub "
            "application=app.pem.pub update=update.pem.pub >out", run_folder, bin);
    command("cd %s && %s/peri keystore create --signing-key root.pem --output-file keys2.image --security-version 2 "
            "--key os=os.pem.pub application=app.pem.pub update=update2.pem.pub >out", run_folder, bin);
    keys1 = hostile_stock(&h, at("keys1.image"));
    keys2 = hostile_stock(&h, at("keys2.image"));
    command("cd %s && %s/peri image-package create --type Services --package-directory services --key os.pem "
            "--component-id 2c7d8e41-0f65-4b2a-9a3f-6e1b4d9c7a21 --runtime-version 1 --output-file services.image >out",
            run_folder, bin);
    command("cd %s && %s/peri image-package create --type SecurityMonitor --body %s/monitord --key os.pem "
            "--component-id 9f3a1c52-6b0e-4d8e-8a36-3c0d7b5e1a10 --output-file monitor.image >out", run_folder, bin, bin);
    command("cd %s && %s/peri device create device --root-key root.pem.pub --keystore keys.image "
            "--images monitor.image services.image a1.image b1.image --service-url %s --trust-anchor ca.pem "
            "--restart-delay-ms 200 --uid-base 61700 >identity", run_folder, bin, h.server.url);
    char json[1024] = "";
    FILE *f = fopen(at("identity"), "r");
    REQUIRE(f && fread(json, 1, sizeof json - 1, f) > 128 && fclose(f) == 0);
    const char *id = strstr(json, "deviceId\": \"");
    REQUIRE(id != NULL);
    for (size_t i = 0; i < 64; i++) {
        unsigned byte;
        REQUIRE(sscanf(id + 12 + 2 * i, "%2x", &byte) == 1);
        h.device_id[i] = (uint8_t)byte;
    }
}

/* In what peri says of the device's flash. */
static bool listed(const struct stock *s)
{
    char id[GUID_TEXT_BYTES];
    guid_format(s->image.meta.id, id);
    return strstr(run_out, id) != NULL;
}

int main(void)
{
    struct report report;
    own_network();
    run_begin();
    REQUIRE(chmod(run_folder, 0755) == 0); /* services run under uids of their own */
    hostile_start(&h);
    manufacture();
    h.honest = order();
    h.honest.sequence = SEQUENCE;
    h.honest.want[0] = a1;
    h.honest.want[1] = b1;
    victim_start(&device, at("device"), at("log"));
    REQUIRE(hostile_wait(&h, 2, WAIT_S, &report)); /* the honest set is accepted */
    REQUIRE(is_old(&report));
    for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++)
        play(&attacks[i]);
    play_eavesdrop();
    play_slow();
    play_rotation();
    CHECK_INT(victim_stop(&device), 0);
    CHECK_INT(PERI("device", "info", at("device")), 0);
    CHECK(listed(a2) && listed(b2));
    CHECK(!listed(a1) && !listed(b1) && !listed(a_forged));
    CHECK_INT(PERI("device", "info", at("device"), "--query", "images[].imageId", "-o", "tsv"), 0);
    CHECK(listed(a2) && listed(b2) && !strstr(run_out, "{"));
    if (check_failed)
        command("cat %s/log >&2", run_folder);
    hostile_stop(&h);
    return check_done();
}
