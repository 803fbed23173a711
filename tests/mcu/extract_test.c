/* SPDX-License-Identifier: BSD-2-Clause */
/* A chip's images as files: the same measurements; and a factory that says which service the device trusts. */
#include "tests/mcu/chip.h"

static json_t *answer(void)
{
    json_t *value = json_loads(run_out, 0, NULL);
    REQUIRE(value != NULL);
    return value;
}

/* What is published from the files is what this chip measures. */
static void measurements_are_the_same(void)
{
    CHECK_INT(PERI("mcu", "measurements", at("chip")), 0);
    json_t *of_chip = answer();
    CHECK_INT(PERI("mcu", "extract", at("chip"), "--output-folder", at("images")), 0);
    json_t *files = answer(), *row;
    size_t index, count = json_array_size(files);
    CHECK(count >= 7);
    const char *argv[32] = {run_program(), "mcu", "measurements", "--images"};
    json_array_foreach(files, index, row)
        argv[4 + index] = json_string_value(json_object_get(row, "file"));
    CHECK_INT(run_argv(argv, NULL), 0);
    json_t *of_files = answer();
    CHECK(json_equal(of_chip, of_files));
    json_decref(of_chip);
    json_decref(of_files);
    json_decref(files);
    CHECK_INT(PERI("mcu", "extract", at("none"), "--output-folder", at("images")), 3);
    CHECK_INT(PERI("mcu", "extract", at("chip"), "--output-folder", at("none/images")), 1);
}

static void service_is_part_of_the_root(void)
{
    char keys[1024];
    put_text(at("anchor.pem"), "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n");
    put_text(at("no.pem"), "not one");
    snprintf(keys, sizeof keys, "%s/keys", chip_bench());
    CHECK_INT(PERI("mcu", "create", at("mine"), "--keys", keys, "--service-url", "https://x:1"), 2);
    CHECK_INT(PERI("mcu", "create", at("mine"), "--keys", keys, "--service-url", "https://x:1", "--trust-anchor", at("no.pem")), 1);
    CHECK_HAS(run_err, "is no PEM certificate");
    CHECK(!exists(at("mine")));
    CHECK_INT(PERI("mcu", "create", at("mine"), "--keys", keys, "--service-url", "https://x:1", "--trust-anchor", at("anchor.pem")), 0);
    CHECK_INT(PERI("mcu", "extract", at("mine"), "--output-folder", at("images")), 0);
    CHECK_INT(PERI("image-package", "show", at("images/root.image")), 0);
    CHECK_HAS(run_out, "/etc/device.conf");
    CHECK_HAS(run_out, "/etc/trust-anchor.pem");
}

int main(void)
{
    chip_begin();
    measurements_are_the_same();
    service_is_part_of_the_root();
    return check_done();
}
