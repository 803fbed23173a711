/* SPDX-License-Identifier: BSD-2-Clause */
/* The C header of a hardware definition. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/package/hardware.h"

/* Text as line comments: it can end no comment, and continue on no line. */
static void comment_write(FILE *out, const char *text)
{
    while (*text) {
        size_t len = strcspn(text, "\r\n"), shown = len;
        while (shown && text[shown - 1] == '\\')
            shown--;
        fprintf(out, "// %.*s\n", (int)shown, text);
        text += len + strspn(text + len, "\r\n");
    }
}

/* "a/b/board.json": "board" and its length. */
static const char *base_name(const char *path, int *len)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    *len = (int)(dot && dot != name ? (size_t)(dot - name) : strlen(name));
    return name;
}

static int top_write(FILE *out, json_t *json, const char *path)
{
    json_t *row, *top = json_object_get(json_object_get(json, "Description"), "MainCoreHeaderFileTopContent");
    size_t i;
    json_array_foreach(top, i, row) {
        const char *line = json_string_value(row);
        if (!line || strpbrk(line, "\r\n"))
            return fail(PERI_EXIT_ERROR, "'%s': MainCoreHeaderFileTopContent must be lines of text", path);
        fprintf(out, "%s\n", line);
    }
    return PERI_EXIT_OK;
}

static int text_write(const struct hardware *h, FILE *out)
{
    int len;
    const char *name = base_name(h->file[0].path, &len);
    int code = top_write(out, h->file[0].json, h->file[0].path);
    if (code)
        return code;
    fprintf(out, "// Made from %s by peri hardware-definition generate-header: change that file instead.\n#pragma once\n",
            name);
    json_t *row, *imports = json_object_get(h->file[0].json, "Imports");
    size_t i;
    json_array_foreach(imports, i, row) {
        name = base_name(json_string_value(json_object_get(row, "Path")), &len);
        fprintf(out, "#include \"%.*s.h\"\n", len, name);
    }
    for (i = 0; i < h->entry_count; i++) {
        const struct hardware_entry *e = &h->entry[i];
        if (e->file != 0)
            continue;
        putc('\n', out);
        comment_write(out, e->comment);
        fprintf(out, "#define %s %s\n", e->name, e->mapping ? e->mapping : e->header_value);
    }
    return PERI_EXIT_OK;
}

int hardware_header(const struct hardware *hardware, char **text, char **path)
{
    size_t bytes;
    int len, code = PERI_EXIT_OK;
    const char *file = hardware->file[0].path, *name = base_name(file, &len);
    *text = *path = NULL;
    FILE *out = open_memstream(text, &bytes);
    if (!out || asprintf(path, "%.*s/inc/hw/%.*s.h", (int)(name - file - 1), file, len, name) < 0)
        code = fail(PERI_EXIT_ERROR, "out of memory");
    if (!code)
        code = text_write(hardware, out);
    if (out && fclose(out) != 0 && !code)
        code = fail(PERI_EXIT_ERROR, "out of memory");
    return code;
}
