/* SPDX-License-Identifier: BSD-2-Clause */
/* What a PKCS#11 module finds in the memory of the process that opens a key of the data: the PIN, no other secret. */
#include "service/perisphered/unseal.h"

#include <stdlib.h>
#include <unistd.h>

#include "service/perisphered/unseal_probe_test.h"
#include "tests/check.h"

static struct service_config config; /* zeroes */
static uint8_t key[1][SEALED_KEY_BYTES];

static void mark(void *to, unsigned number)
{
    for (size_t i = 0; i < PROBE_MARK_BYTES; i++)
        ((uint8_t *)to)[i] = probe_mark(number, i);
}

static bool marked(const void *at, unsigned number)
{
    for (size_t i = 0; i < PROBE_MARK_BYTES; i++)
        if (((const uint8_t *)at)[i] != probe_mark(number, i))
            return false;
    return true;
}

int main(int argc, char **argv)
{
    static char path[] = "/tmp/peri-unseal-XXXXXX";
    struct name_file file = {.uri = "pkcs11:token=a;object=b"};
    unsigned found[PROBE_MARKS] = {0};
    REQUIRE(argc == 2);
    int fd = mkstemp(path);
    REQUIRE(fd >= 0 && close(fd) == 0 && setenv("PERI_PROBE_OUT", path, 1) == 0);
    snprintf(config.pkcs11_module, sizeof config.pkcs11_module, "%s", argv[1]);
    void *const places[PROBE_MARKS] = {config.pin, config.database, config.data_key, config.data_key_next, key[0]};
    for (unsigned k = 0; k < PROBE_MARKS; k++)
        mark(places[k], k);
    CHECK_INT(unseal_keys(&config, 0, &file, 1, key), E_CRYPTO);
    FILE *f = fopen(path, "r");
    REQUIRE(f != NULL);
    for (unsigned k = 0; k < PROBE_MARKS; k++)
        REQUIRE(fscanf(f, "%u", &found[k]) == 1);
    fclose(f);
    CHECK(found[0] > 0); /* it does see */
    for (unsigned k = 1; k < PROBE_MARKS; k++)
        CHECK_INT(found[k], 0);
    for (unsigned k = 0; k < PROBE_MARKS - 1; k++) /* and here nothing is gone but the key that was to come */
        CHECK(marked(places[k], k));
    CHECK(!marked(key[0], PROBE_MARKS - 1));
    unlink(path);
    return check_done();
}
