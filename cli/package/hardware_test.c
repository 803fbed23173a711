/* SPDX-License-Identifier: BSD-2-Clause */
/* cli/package/hardware.h: definitions that load, those that do not, headers, and manifests. */
#include "cli/package/hardware.h"

#include "cli/package/package_tree.h"
#include "cli/run_fixture_test.h"

#define META "\"Metadata\":{\"Type\":\"Azure Sphere Hardware Definition\",\"Version\":1}"
#define PERIPHERALS(rows) "{" META ",\"Peripherals\":[" rows "]}"
#define IMPORTING(paths, rows) "{" META ",\"Imports\":[" paths "],\"Peripherals\":[" rows "]}"
#define MANIFEST(capabilities)                                                                    \
    "{\"SchemaVersion\":1,\"Name\":\"a\",\"ComponentId\":\"00000000-0000-0000-0000-000000000001\"," \
    "\"EntryPoint\":\"/bin/app\",\"CmdArgs\":[],\"Capabilities\":{" capabilities "}}"

static struct hardware hardware;

static int load(const char *file)
{
    const char *folder = at("board");
    hardware_release(&hardware);
    return CAUGHT(hardware_load(&hardware, file, &folder, 1));
}

static int load_text(const char *text)
{
    put_text(at("one.json"), text);
    return load(at("one.json"));
}

/* A line of the manifest through the names; the answer as compact JSON in run_out. */
static int resolve(const char *text)
{
    json_t *manifest = json_loads(text, 0, NULL);
    REQUIRE(manifest != NULL);
    int code = CAUGHT(hardware_resolve(&hardware, manifest));
    char *packed = json_dumps(json_object_get(manifest, "Capabilities"), JSON_COMPACT | JSON_SORT_KEYS);
    snprintf(run_out, sizeof run_out, "%s", packed);
    free(packed);
    json_decref(manifest);
    return code;
}

static void test_board(void)
{
    put_text(at("appliance.json"),
             IMPORTING("{\"Path\":\"mt3620_rdb.json\"}",
                       "{\"Name\":\"LAMP\",\"Type\":\"Gpio\",\"Mapping\":\"MT3620_RDB_LED1_RED\",\"Comment\":\"the lamp\"},"
                       "{\"Name\":\"SENSOR\",\"Type\":\"I2cMaster\",\"Mapping\":\"MT3620_RDB_HEADER4_ISU2_I2C\"},"
                       "{\"Name\":\"DIMMER\",\"Type\":\"Pwm\",\"Mapping\":\"MT3620_RDB_LED_PWM_CONTROLLER2\"},"
                       "{\"Name\":\"CHANNEL\",\"Type\":\"int\",\"Mapping\":\"MT3620_PWM_CHANNEL1\"}"));
    REQUIRE(load("sdk/hardware-definitions/mt3620_rdb.json") == 0);
    REQUIRE(load("sdk/hardware-definitions/mt3620.json") == 0);
    CHECK_INT((int)hardware.entry_count, 101);
    const char *folder = "sdk/hardware-definitions";
    hardware_release(&hardware);
    REQUIRE(CAUGHT(hardware_load(&hardware, at("appliance.json"), &folder, 1)) == 0);
    CHECK_INT(resolve(MANIFEST("\"Gpio\":[\"$LAMP\",7,\"$MT3620_RDB_BUTTON_A\"],\"I2cMaster\":[\"$SENSOR\"],\"Pwm\":[\"$DIMMER\"]")),
              0);
    CHECK_STR(run_out, "{\"Gpio\":[8,7,12],\"I2cMaster\":[\"ISU2\"],\"Pwm\":[\"PWM-CONTROLLER-2\"]}");
    CHECK_INT(resolve(MANIFEST("\"AllowedConnections\":[\"$LAMP\"]")), 0); /* no place of names */
    CHECK_STR(run_out, "{\"AllowedConnections\":[\"$LAMP\"]}");
    CHECK_INT(resolve(MANIFEST("\"Gpio\":[\"$LAMB\"]")), 1);
    CHECK_HAS(caught, "'$LAMB', which");
    CHECK_INT(resolve(MANIFEST("\"Uart\":[\"$LAMP\"]")), 1);
    CHECK_HAS(caught, "as Uart");
    CHECK_INT(resolve(MANIFEST("\"Pwm\":[\"$CHANNEL\"]")), 1);
}

static void test_header(void)
{
    char text[4096];
    put_text(at("lamp.json"),
             "{" META ",\"Description\":{\"Name\":\"x\",\"MainCoreHeaderFileTopContent\":[\"/* ours */\"]},\"Imports\":[{\"Path\":\"sub/base.json\"}],"
             "\"Peripherals\":[{\"Name\":\"LAMP\",\"Type\":\"Gpio\",\"Mapping\":\"PIN\",\"Comment\":\"two\\nlines \\\\\"}]}");
    REQUIRE(mkdir(at("sub"), 0755) == 0);
    put_text(at("sub/base.json"), PERIPHERALS("{\"Name\":\"PIN\",\"Type\":\"Gpio\",\"MainCoreHeaderValue\":\"(8)\",\"AppManifestValue\":8}"));
    CHECK_INT(PERI("hardware-definition", "test-header", "--hardware-definition-file", at("lamp.json")), 1);
    CHECK_INT(PERI("hardware-definition", "generate-header", "--hardware-definition-file", at("lamp.json")), 0);
    CHECK_INT(PERI("hardware-definition", "generate-header", "--hardware-definition-file", at("sub/base.json")), 0);
    read_back(at("inc/hw/lamp.h"), text, sizeof text);
    CHECK_STR(text, "/* ours */\n// Made from lamp.json by peri hardware-definition generate-header: change that file instead.\n"
                    "#pragma once\n#include \"base.h\"\n\n// two\n// lines \n#define LAMP PIN\n");
    read_back(at("sub/inc/hw/base.h"), text, sizeof text);
    CHECK_HAS(text, "\n#define PIN (8)\n");
    CHECK_INT(PERI("hardware-definition", "test-header", "--hardware-definition-file", at("lamp.json")), 0);
    put_text(at("inc/hw/lamp.h"), "#define LAMP 9\n");
    CHECK_INT(PERI("hardware-definition", "test-header", "--hardware-definition-file", at("lamp.json")), 1);
    CHECK_HAS(run_err, "generate-header makes it anew");
    /* what is in the tree is what its definitions say */
    CHECK_INT(PERI("hardware-definition", "test-header", "--hardware-definition-file", "sdk/hardware-definitions/mt3620.json"), 0);
    CHECK_INT(PERI("hardware-definition", "test-header", "--hardware-definition-file", "sdk/hardware-definitions/mt3620_rdb.json"), 0);
}

static void test_refused(void)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"", "line 1"},
        {"[]", "no hardware definition of version 1"},
        {"{\"Metadata\":{\"Type\":\"Azure Sphere Hardware Definition\",\"Version\":2},\"Peripherals\":[]}", "of version 1"},
        {"{" META "}", "Peripherals must be an array"},
        {PERIPHERALS("{\"Name\":\"A\"}"), "a peripheral"},
        {PERIPHERALS("7"), "a peripheral"},
        {PERIPHERALS("{\"Name\":\"A B\",\"Type\":\"Gpio\",\"MainCoreHeaderValue\":\"1\"}"), "C identifier"},
        {PERIPHERALS("{\"Name\":\"1A\",\"Type\":\"Gpio\",\"MainCoreHeaderValue\":\"1\"}"), "C identifier"},
        {PERIPHERALS("{\"Name\":\"A\",\"Type\":\"GPIO\",\"MainCoreHeaderValue\":\"1\"}"), "type 'GPIO'"},
        {PERIPHERALS("{\"Name\":\"A\",\"Type\":\"Gpio\"}"), "either a Mapping or"},
        {PERIPHERALS("{\"Name\":\"A\",\"Type\":\"Gpio\",\"Mapping\":\"B\",\"MainCoreHeaderValue\":\"1\"}"), "either a Mapping or"},
        {PERIPHERALS("{\"Name\":\"A\",\"Type\":\"Gpio\",\"MainCoreHeaderValue\":\"1\\n#include </etc/passwd>\"}"), "one line"},
        {PERIPHERALS("{\"Name\":\"A\",\"Type\":\"Gpio\",\"MainCoreHeaderValue\":\"1\",\"AppManifestValue\":[]}"), "a number or a string"},
        {PERIPHERALS("{\"Name\":\"A\",\"Type\":\"Gpio\",\"Mapping\":\"A\"}"), "leads to no value"},
        {PERIPHERALS("{\"Name\":\"A\",\"Type\":\"Gpio\",\"Mapping\":\"B\"},{\"Name\":\"B\",\"Type\":\"Gpio\",\"Mapping\":\"A\"}"), "leads to no value"},
        {PERIPHERALS("{\"Name\":\"A\",\"Type\":\"Gpio\",\"Mapping\":\"B\"}"), "leads to no value"},
        {PERIPHERALS("{\"Name\":\"A\",\"Type\":\"Gpio\",\"Mapping\":\"B\"},{\"Name\":\"B\",\"Type\":\"int\",\"MainCoreHeaderValue\":\"1\"}"), "of type int"},
        {PERIPHERALS("{\"Name\":\"A\",\"Type\":\"int\",\"MainCoreHeaderValue\":\"1\"},{\"Name\":\"A\",\"Type\":\"int\",\"MainCoreHeaderValue\":\"1\"}"), "already"},
        {IMPORTING("{\"Path\":\"gone.json\"}", ""), "imports 'gone.json'"},
        {IMPORTING("{}", ""), "without a Path"},
        {IMPORTING("{\"Path\":\"one.json\"}", ""), "imports itself"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_INT(load_text(rows[i].text), 1);
        CHECK_HAS(caught, rows[i].says);
    }
    CHECK_INT(load(at("nowhere.json")), 1);
}

/* The same file by two ways is one; one too many, and too many entries, are refused. */
static void test_limits(void)
{
    char name[32], text[256];
    put_text(at("leaf.json"), PERIPHERALS("{\"Name\":\"A\",\"Type\":\"int\",\"MainCoreHeaderValue\":\"1\"}"));
    put_text(at("left.json"), IMPORTING("{\"Path\":\"leaf.json\"}", ""));
    CHECK_INT(load_text(IMPORTING("{\"Path\":\"left.json\"},{\"Path\":\"leaf.json\"}", "")), 0);
    for (int i = 0; i <= HARDWARE_FILES_MAX; i++) {
        snprintf(name, sizeof name, "chain%d.json", i);
        snprintf(text, sizeof text, IMPORTING("{\"Path\":\"chain%d.json\"}", ""), i + 1);
        put_text(at("%s", name), text);
    }
    CHECK_INT(load(at("chain0.json")), 1);
    CHECK_HAS(caught, "more than 16 files");
    FILE *f = fopen(at("many.json"), "w");
    REQUIRE(f != NULL);
    fputs("{" META ",\"Peripherals\":[", f);
    for (int i = 0; i <= HARDWARE_ENTRIES_MAX; i++)
        fprintf(f, "%s{\"Name\":\"A%d\",\"Type\":\"int\",\"MainCoreHeaderValue\":\"1\"}", i ? "," : "", i);
    fputs("]}", f);
    fclose(f);
    CHECK_INT(load(at("many.json")), 1);
    CHECK_HAS(caught, "more than 1024 peripherals");
}

/* As the SDK's packer is called. */
static void test_package(void)
{
    REQUIRE(mkdir(at("app"), 0755) == 0 && mkdir(at("app/bin"), 0755) == 0);
    put_text(at("app/bin/app"), "x");
    put_text(at("app/bin/helper"), "x");
    put_text(at("app/app_manifest.json"), MANIFEST("\"Gpio\":[\"$LAMP\"]"));
    REQUIRE(PERI("key", "create", "--output-file", at("k.pem")) == 0);
#define PACK(...) PERI("image-package", "pack-application", "--package-directory", at("app"), "--key", at("k.pem"), \
                       "-of", at("a.image"), __VA_ARGS__)
    CHECK_INT(PACK("--only-show-errors"), 1);
    CHECK_HAS(run_err, "'$LAMP': --target-definition-filename");
    CHECK_INT(PACK("--hardware-definitions", run_folder, "--target-definition-filename", "appliance.json", "-x", "bin/helper"), 0);
    CHECK_INT(PERI("image-package", "show", at("a.image"), "--query", "files[?path=='/bin/helper'].mode | [0]"), 0);
    CHECK_HAS(run_out, "755");
    CHECK_INT(PACK("--hardware-definitions", at("appliance.json")), 0);
    char list[256]; /* as the SDK of the original writes it */
    snprintf(list, sizeof list, "/nowhere,%s", run_folder);
    CHECK_INT(PACK("--hardware-definitions", list, "--target-definition-filename", "appliance.json"), 0);
    CHECK_INT(PACK("--hardware-definitions", at("appliance.json"), "-x", "bin/gone"), 1);
    CHECK_HAS(run_err, "no such file");
    put_text(at("app/app_manifest.json"), MANIFEST("\"Gpio\":[\"$MT3620_GPIO8\"]"));
    CHECK_INT(PACK("--target-definition-filename", "mt3620_rdb.json"), 0); /* among ours */
}

int main(void)
{
    run_begin();
    test_board();
    test_header();
    test_refused();
    test_limits();
    test_package();
    hardware_release(&hardware);
    return check_done();
}
