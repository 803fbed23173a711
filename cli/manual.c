/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * peri manual create DIR: peri(1) and a page for each noun, peri-NOUN(1), from the
 * verb table; man(7) macros.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/command.h"
#include "cli/management/scope.h"
#include "cli/verbs.h"

/* Text of ours as roff: no line of it can begin a request, no minus becomes a hyphen. */
static void roff(FILE *out, const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", out);
    for (; *text; text++) {
        if (*text == '-')
            fputs("\\-", out);
        else if (*text == '\\')
            fputs("\\e", out);
        else
            putc(*text, out);
        if (*text == '\n' && (text[1] == '.' || text[1] == '\''))
            fputs("\\&", out);
    }
}

static void heading(FILE *out, const char *page, const char *what)
{
    fprintf(out, ".\\\" SPDX-License-Identifier: BSD-2-Clause\n.TH ");
    for (const char *c = page; *c; c++)
        putc(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c, out);
    fprintf(out, " 1 \"\" \"Perisphere " PERI_VERSION "\" \"Perisphere\"\n.SH NAME\n");
    roff(out, page);
    fputs(" \\- ", out);
    roff(out, what);
    putc('\n', out);
}

static void options(FILE *out, const struct option_row *row)
{
    for (; row && row->name; row++) {
        fputs(".TP\n.B ", out);
        roff(out, "--");
        roff(out, row->name);
        if (row->alias) {
            fputs(", -", out);
            roff(out, row->alias);
        }
        putc('\n', out);
        roff(out, row->help);
        fprintf(out, "%s\n", row->flags & OPTION_REQUIRED ? " (required)" : row->flags & OPTION_LIST ? " (list)" : "");
    }
}

/* A line is a paragraph; one that begins with a blank is of a table, and stays as it is. */
static void notes(FILE *out, const char *text)
{
    char line[1024];
    for (bool table = false; text && *text; text += *text == '\n') {
        size_t len = strcspn(text, "\n");
        snprintf(line, sizeof line, "%.*s", (int)len, text);
        if (*line != ' ')
            fputs(table ? ".fi\n.PP\n" : ".PP\n", out);
        else if (!table)
            fputs(".nf\n", out);
        table = *line == ' ';
        roff(out, line);
        putc('\n', out);
        text += len;
        if (table && !*text)
            fputs(".fi\n", out);
    }
}

static void noun_page(FILE *out, const char *noun)
{
    char page[64];
    int used;
    const struct verb *alone = command_find(noun, NULL, 0, &used); /* the noun is the whole command */
    snprintf(page, sizeof page, "peri-%s", noun);
    heading(out, page, noun_help(noun));
    fprintf(out, ".SH SYNOPSIS\n.B peri %s\n%s.RI [ OPTION ...]\n.SH COMMANDS\n", noun, alone ? "" : ".I VERB\n");
    for (size_t t = 0; verb_tables[t]; t++)
        for (const struct verb *v = verb_tables[t]; v->noun; v++) {
            if (strcmp(v->noun, noun) != 0)
                continue;
            fputs(".SS peri ", out);
            roff(out, v->noun);
            fputs(*v->verb ? " " : "", out);
            roff(out, v->verb);
            if (v->positional)
                fprintf(out, " %s", v->positional);
            putc('\n', out);
            roff(out, v->help);
            putc('\n', out);
            options(out, v->options);
            notes(out, v->notes);
        }
    fputs(".SH OPTIONS OF EVERY COMMAND\n", out);
    options(out, global_options);
    options(out, service_options);
    fputs(".SH SEE ALSO\n.BR peri (1)\n", out);
}

static void main_page(FILE *out)
{
    const char *last = "";
    heading(out, "peri", "command line of Perisphere for operators and developers");
    fputs(".SH SYNOPSIS\n.B peri\n.I NOUN VERB\n.RI [ OPTION ...]\n.SH COMMANDS\n", out);
    for (size_t t = 0; verb_tables[t]; t++)
        for (const struct verb *v = verb_tables[t]; v->noun; v++) {
            if (strcmp(v->noun, last) != 0) {
                fputs(".SS ", out);
                roff(out, v->noun);
                fputs(" (see peri\\-", out);
                roff(out, v->noun);
                fputs("(1))\n", out);
            }
            last = v->noun;
            if (*v->verb) {
                fputs(".TP\n.B ", out);
                roff(out, v->verb);
                putc('\n', out);
            }
            roff(out, v->help);
            putc('\n', out);
        }
    fputs(".SH OPTIONS OF EVERY COMMAND\n", out);
    options(out, global_options);
    options(out, service_options);
    fputs(".SH EXIT STATUS\n", out);
#define EXIT_ROW(name, number, text) fprintf(out, ".TP\n.B %d\n%s\n", number, text);
    PERI_EXIT_TABLE(EXIT_ROW)
#undef EXIT_ROW
}

static int page_write(const char *folder, const char *noun)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/peri%s%s.1", folder, noun ? "-" : "", noun ? noun : "") >= (int)sizeof path)
        return fail(PERI_EXIT_USAGE, "'%s' is too long", folder);
    FILE *out = fopen(path, "w");
    if (!out)
        return fail(PERI_EXIT_ERROR, "cannot write '%s': %s", path, strerror(errno));
    if (noun)
        noun_page(out, noun);
    else
        main_page(out);
    bool bad = ferror(out);
    return fclose(out) != 0 || bad ? fail(PERI_EXIT_ERROR, "cannot write '%s': %s", path, strerror(errno))
                                   : PERI_EXIT_OK;
}

static int create(struct peri *peri)
{
    const char *folder = peri->positional[0], *last = "";
    if (mkdir(folder, 0755) != 0 && errno != EEXIST)
        return fail(PERI_EXIT_ERROR, "cannot make '%s': %s", folder, strerror(errno));
    int code = page_write(folder, NULL);
    for (size_t t = 0; !code && verb_tables[t]; t++)
        for (const struct verb *v = verb_tables[t]; !code && v->noun; v++) {
            if (strcmp(v->noun, last) != 0)
                code = page_write(folder, v->noun);
            last = v->noun;
        }
    return code;
}

const struct verb manual_verbs[] = {
    {"manual", "create", create, "DIR", "write the man pages: peri.1, and peri-NOUN.1 for each noun", NULL, NULL, true},
    VERBS_END,
};
