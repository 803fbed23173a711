/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/output/output.h"
#include "cli/output/terminal.h"

/* Colours of a token by its first character; a string before ':' is a name. */
static const char *colour_of(const char *at, const char *end)
{
    if (*at == '"')
        return end[strspn(end, " ")] == ':' ? "\x1b[34m" : "\x1b[32m";
    if (*at == 't' || *at == 'f' || *at == 'n')
        return "\x1b[33m";
    return (*at >= '0' && *at <= '9') || *at == '-' ? "\x1b[36m" : NULL;
}

static const char *token_end(const char *at)
{
    if (*at != '"')
        return at + 1 + strcspn(at + 1, ",]} \n");
    for (at++; *at && *at != '"'; at++)
        at += *at == '\\' && at[1];
    return at + (*at != 0);
}

static void print_coloured(const char *text)
{
    while (*text) {
        const char *end = token_end(text), *colour = NULL;
        if (strchr("\"tfn-0123456789", *text))
            colour = colour_of(text, end);
        else
            end = text + 1;
        printf("%s%.*s%s", colour ? colour : "", (int)(end - text), text, colour ? "\x1b[0m" : "");
        text = end;
    }
    putchar('\n');
}

int output_json(json_t *value, bool colour)
{
    char *raw = json_dumps(value, JSON_INDENT(2) | JSON_ENCODE_ANY);
    char *text = raw ? terminal_json(raw, STDOUT_FILENO) : NULL;
    free(raw);
    if (!text)
        return fail(PERI_EXIT_ERROR, "out of memory");
    if (colour)
        print_coloured(text);
    else
        puts(text);
    free(text);
    return PERI_EXIT_OK;
}
