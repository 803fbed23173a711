/* SPDX-License-Identifier: BSD-2-Clause */
/* What an application's manifest must say, wherever it was read from. */
#include <stdio.h>

#include "os/appman/manager.h"

int package_manifest(struct app *app, struct span text, bool entry_point_is_file)
{
    int number = text.len ? app_manifest_parse(text, &app->manifest) : APP_MANIFEST_MANIFEST_MISSING;
    if (number == 0 && !entry_point_is_file)
        number = APP_MANIFEST_ENTRY_POINT_NOT_FILE;
    if (number) {
        char line[160];
        snprintf(line, sizeof line, "%d, %s", number, app_manifest_error_text(number));
        app_say(app, "manifest refused", line);
        return E_MALFORMED;
    }
    if (!guid_equal(app->manifest.component, app->component))
        return E_CONFLICT;
    return app->manifest.type == APP_TYPE_DEFAULT ? 0 : E_UNSUPPORTED;
}
