/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/local/support_scrub.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* In any case, anywhere in a word; what follows up to ':' or '=' belongs to it. */
static const char *const names[] = {
    "password", "passwd", "passphrase", "psk", "secret", "token", "privatekey", "private_key", "sharedaccesskey",
    "sharedaccesssignature", "accountkey", "apikey", "api_key", "authorization", "connectionstring",
};

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* Length of a secret's name with all up to its value, 0: there is none.  "psk": "x" and psk=x. */
static size_t name_len(const char *at)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t n = strlen(names[i]);
        if (strncasecmp(at, names[i], n) != 0)
            continue;
        while (is_word(at[n]))
            n++;
        n += strspn(at + n, "\\"); /* JSON in a text of JSON */
        n += at[n] == '"' || at[n] == '\'';
        n += strspn(at + n, " \t");
        if (at[n] != ':' && at[n] != '=')
            return 0;
        n++;
        return n + strspn(at + n, " \t");
    }
    return strncasecmp(at, "bearer ", 7) == 0 ? 7 : 0;
}

/* Length of the value: a quoted text, or all up to a blank or a mark that ends one. */
static size_t value_len(const char *at)
{
    size_t escape = strspn(at, "\\");
    if (escape && at[escape] == '"') { /* ends with as many backslashes and a quote */
        for (size_t n = escape + 1; at[n];) {
            size_t here = strspn(at + n, "\\");
            if (at[n + here] == '"' && here <= escape)
                return n + here + 1;
            n += here + (at[n + here] != 0);
        }
        return strlen(at);
    }
    if (*at == '"' || *at == '\'') {
        size_t n = 1;
        while (at[n] && at[n] != *at)
            n += at[n] == '\\' && at[n + 1] ? 2 : 1;
        return n + (at[n] == *at);
    }
    if (*at == '[' || *at == '{') /* a list of words: to its end on this line */
        return strcspn(at, "]}\n");
    return strcspn(at, " \t\r\n,;&\"'}]");
}

/* Length of a private key in PEM, 0: none begins here. */
static size_t key_len(const char *at)
{
    static const char begin[] = "-----BEGIN ", end[] = "PRIVATE KEY-----";
    if (strncmp(at, begin, strlen(begin)) != 0)
        return 0;
    size_t line = strcspn(at, "\\\n"); /* in JSON its lines end with a backslash and n */
    const char *mark = memmem(at, line, end, strlen(end));
    if (!mark)
        return 0;
    const char *last = strstr(mark + strlen(end), end);
    return last ? (size_t)(last - at) + strlen(end) : strlen(at); /* cut off: all of it is key */
}

char *support_scrub(const char *text)
{
    char *out = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&out, &len);
    if (!to)
        return NULL;
    for (const char *at = text; *at;) {
        size_t n = key_len(at);
        if (n) {
            fputs(SUPPORT_LEFT_OUT, to);
            at += n;
            continue;
        }
        n = name_len(at);
        if (!n) {
            putc(*at++, to);
            continue;
        }
        fwrite(at, 1, n, to);
        at += n;
        if (strncasecmp(at, "bearer ", 7) == 0) { /* Authorization: Bearer x */
            fwrite(at, 1, 7, to);
            at += 7;
        }
        n = value_len(at);
        int escape = (int)strspn(at, "\\");
        bool quoted = n && (at[escape] == '"' || (!escape && *at == '\''));
        if (quoted)
            fprintf(to, "%.*s\"%s%.*s\"", escape, at, SUPPORT_LEFT_OUT, escape, at);
        else if (n)
            fputs(SUPPORT_LEFT_OUT, to);
        at += n;
    }
    bool bad = ferror(to);
    if (fclose(to) != 0 || bad) {
        free(out);
        return NULL;
    }
    return out;
}

/* -- JSON ------------------------------------------------------------------------------ */

static bool is_secret(const char *name)
{
    for (; *name; name++)
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
            if (strncasecmp(name, names[i], strlen(names[i])) == 0)
                return true;
    return false;
}

static int text_scrub(json_t *value)
{
    char *clean = support_scrub(json_string_value(value));
    int err = clean && json_string_set(value, clean) == 0 ? 0 : E_NOMEM;
    free(clean);
    return err;
}

int support_scrub_json(json_t *value)
{
    const char *name;
    json_t *part;
    size_t i;
    int err = 0;
    if (json_is_string(value))
        return text_scrub(value);
    json_array_foreach(value, i, part)
        if (!err)
            err = support_scrub_json(part);
    json_object_foreach(value, name, part) { /* a value may be exchanged under way, by jansson's word */
        if (!err && !is_secret(name))
            err = support_scrub_json(part);
        else if (!err && json_object_set_new(value, name, json_string(SUPPORT_LEFT_OUT)) != 0)
            err = E_NOMEM;
    }
    return err;
}
