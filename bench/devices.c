/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices with keys in software, by command: what tests that are no C programs drive.
 *   peri_devices PORT PROFILE COUNT
 * Registers COUNT devices as the operator of PROFILE and publishes what they run; their ids in hex, one a line, and an
 * empty line come first.  Then a command a line on standard input, and one line for each on standard output:
 *
 *   attest N [CATALOG]   without a certificate; CATALOG: its tenant's GUID, without it for the OS
 *                        -> STATUS CERTIFICATE|-    HTTP status, 0: no answer; the leaf in base64
 *   check N              on a new connection, with the certificate for the OS that N got last
 *                        -> STATUS -
 *   check-kept N         on the connection of the last check, while that is good
 *                        -> STATUS -
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/fleet.h"
#include "lib/base64.h"
#include "lib/guid.h"
#include "lib/hex.h"

enum { COUNT_MAX = 64, LEAF_MAX = 2048 };

struct one {
    struct client client;
    uint8_t leaf[LEAF_MAX]; /* for the OS, 0 bytes: none yet */
    size_t leaf_bytes;
};

static struct fleet fleet;
static struct one ones[COUNT_MAX];
static unsigned port;
static char ca_file[4096];

static int status_of(const struct client *client)
{
    int status = 0;
    return sscanf(client->answer, "HTTP/1.1 %d", &status) == 1 ? status : 0;
}

static void line_say(int status, struct span leaf)
{
    char text[LEAF_MAX * 2] = "-";
    struct writer w = writer_of((uint8_t *)text, sizeof text - 1);
    if (leaf.len) {
        base64_encode(leaf, &w);
        text[w.len] = '\0';
    }
    printf("%d %s\n", status, text);
    fflush(stdout);
}

static void attest(unsigned at, const char *catalog)
{
    struct fleet_device *device = &fleet.at[at];
    struct client *client = calloc(1, sizeof *client);
    struct span chain[4] = {{NULL, 0}};
    if (!client)
        exit(1);
    memset(device->tenant, 0, sizeof device->tenant);
    if (catalog && guid_parse(span_of(catalog, strlen(catalog)), device->tenant) != 0) {
        fprintf(stderr, "peri_devices: %s is no GUID\n", catalog);
        exit(2);
    }
    client_init(client, port, ca_file);
    bool good = client_connect(client) && fleet_attest(&fleet, device, client);
    if (good)
        (void)fleet_certificates(client, chain);
    if (good && !catalog && chain[0].len <= LEAF_MAX) {
        memcpy(ones[at].leaf, chain[0].at, chain[0].len);
        ones[at].leaf_bytes = chain[0].len;
    }
    line_say(status_of(client), chain[0]);
    client_release(client);
    free(client);
}

static void check(unsigned at, bool kept)
{
    struct client *client = &ones[at].client;
    struct span leaf = span_of(ones[at].leaf, ones[at].leaf_bytes);
    if (!kept || !client->tls) {
        if (client->context)
            client_release(client);
        client_init(client, port, ca_file);
        if (leaf.len)
            client_identity(client, &leaf, 1, fleet.at[at].client.pair);
        if (!client_connect(client)) {
            line_say(0, span_of(NULL, 0));
            return;
        }
    }
    client->answer[0] = '\0';
    (void)fleet_check(client);
    int status = status_of(client);
    if (!status)
        client_close(client);
    line_say(status, span_of(NULL, 0));
}

static void fleet_make(const char *profile, unsigned count)
{
    struct client *operator = calloc(1, sizeof *operator);
    char certificate[4096], key[4096], id[2 * P256_PUBLIC_BYTES + 1];
    snprintf(ca_file, sizeof ca_file, "%s/ca.pem", profile);
    snprintf(certificate, sizeof certificate, "%s/cert.pem", profile);
    snprintf(key, sizeof key, "%s/key.pem", profile);
    if (!operator)
        exit(1);
    client_init(operator, port, ca_file);
    client_identity_files(operator, certificate, key);
    if (!client_connect(operator)) {
        fprintf(stderr, "peri_devices: no connection to port %u\n", port);
        exit(1);
    }
    fleet_init(&fleet, count, count, operator);
    client_release(operator);
    free(operator);
    for (unsigned i = 0; i < count; i++) {
        hex_encode(fleet.at[i].attestation.public, P256_PUBLIC_BYTES, id);
        puts(id);
    }
    puts("");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    char line[256], word[16], catalog[64];
    unsigned at, count = argc == 4 ? (unsigned)atoi(argv[3]) : 0;
    if (count < 1 || count > COUNT_MAX) {
        fprintf(stderr, "usage: peri_devices PORT PROFILE COUNT(1..%d)\n", COUNT_MAX);
        return 2;
    }
    port = (unsigned)atoi(argv[1]);
    fleet_make(argv[2], count);
    while (fgets(line, sizeof line, stdin)) {
        int words = sscanf(line, "%15s %u %63s", word, &at, catalog);
        if (words < 2 || at >= count)
            return 2;
        if (strcmp(word, "attest") == 0)
            attest(at, words == 3 ? catalog : NULL);
        else if (strncmp(word, "check", 5) == 0)
            check(at, strcmp(word, "check-kept") == 0);
        else
            return 2;
    }
    for (unsigned i = 0; i < count; i++)
        if (ones[i].client.context)
            client_release(&ones[i].client);
    fleet_release(&fleet);
    return 0;
}
