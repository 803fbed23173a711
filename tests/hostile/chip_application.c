/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/stat.h>

#include "abi/flash_layout.h"
#include "tests/check.h"
#include "tests/hostile/chip.h"

void chip_application_put(struct chip *chip, const char *component, const char *firmware)
{
    char folder[256], key[256], path[280], manifest[512];
    size_t len;
    snprintf(folder, sizeof folder, "%s/app", chip->folder);
    snprintf(key, sizeof key, "%s/mcu/keys/application.pem", chip->folder);
    REQUIRE(mkdir(folder, 0755) == 0);
    const int bytes = snprintf(manifest, sizeof manifest,
                               "{ \"SchemaVersion\": 1, \"Name\": \"RealTime\", \"ComponentId\": \"%s\",\n"
                               "  \"EntryPoint\": \"/bin/app\", \"CmdArgs\": [], \"Capabilities\": { },\n"
                               "  \"ApplicationType\": \"RealTimeCapable\" }\n",
                               component);
    chip_file_put(chip, "app/app_manifest.json", manifest, (size_t)bytes);
    snprintf(path, sizeof path, "%s/bin", folder);
    REQUIRE(mkdir(path, 0755) == 0);
    chip_firmware_copy(chip, firmware, "app/bin/app");
    snprintf(path, sizeof path, "%s/app.image", chip->folder);
    chip_peri(chip, (const char *const[]){"image-package", "create", "--package-directory", folder,
                                          "--key", key, "--output-file", path, NULL});
    uint8_t *image = check_read_file(path, &len);
    chip_flash_put(chip, FLASH_APPLICATIONS_AT, image, len, FLASH_APPLICATIONS_BYTES);
    free(image);
}
