/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/attached/known.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/file.h"

enum { KNOWN_MAX = 65536 };

int known_file(struct peri *peri, const char *name, char path[static 4096])
{
    const char *folder = peri->profile_folder ? peri->profile_folder : getenv("PERI_PROFILE"), *home = getenv("HOME");
    char own[2048];
    if (!folder || !*folder) {
        if (!home || !*home || strlen(home) > 2000)
            return fail(PERI_EXIT_ERROR, "there is no home folder to keep keys of devices in: set $HOME or $PERI_PROFILE");
        snprintf(own, sizeof own, "%s/.config", home);
        (void)mkdir(own, 0700);
        snprintf(own, sizeof own, "%s/.config/perisphere", home);
        if (mkdir(own, 0700) != 0 && errno != EEXIST)
            return fail(PERI_EXIT_ERROR, "cannot make '%s': %s", own, strerror(errno));
        folder = own;
    }
    return snprintf(path, 4096, "%.4000s/%s", folder, name) < 4096
               ? PERI_EXIT_OK
               : fail(PERI_EXIT_USAGE, "the profile's folder has too long a name");
}

int known_read(struct peri *peri, char path[static 4096], char **text)
{
    struct stat st;
    struct span bytes;
    *text = NULL;
    int code = known_file(peri, "known-devices", path);
    if (code)
        return code;
    if (stat(path, &st) != 0 && errno == ENOENT) {
        *text = strdup("");
        return *text ? PERI_EXIT_OK : fail(PERI_EXIT_ERROR, "out of memory");
    }
    code = file_read(path, &bytes);
    if (code)
        return code;
    if (bytes.len <= KNOWN_MAX && (*text = calloc(1, bytes.len + 1)))
        memcpy(*text, bytes.at, bytes.len);
    file_release(&bytes);
    return *text ? PERI_EXIT_OK : fail(PERI_EXIT_ERROR, "'%s' is too large", path);
}

void known_pins(const char *text, const char *address, char *pins, size_t cap)
{
    size_t len = strlen(address), used = 0;
    *pins = '\0';
    for (const char *line = text; *line;) {
        size_t n = strcspn(line, "\n");
        if (n > len + 1 && n - len - 1 < KNOWN_PIN_BYTES && strncmp(line, address, len) == 0 && line[len] == ' ' &&
            used + n + 16 < cap)
            used += (size_t)snprintf(pins + used, cap - used, "%ssha256//%.*s", used ? ";" : "",
                                     (int)(n - len - 1), line + len + 1);
        line += n + (line[n] == '\n');
    }
}

int known_keep(const char *path, const char *text, const char *address, const char *pin)
{
    size_t cap = strlen(text) + 256;
    char *next = malloc(cap);
    if (!next)
        return fail(PERI_EXIT_ERROR, "out of memory");
    bool line_open = *text && text[strlen(text) - 1] != '\n';
    int n = snprintf(next, cap, "%s%s%s %s\n", text, line_open ? "\n" : "", address, pin);
    int code = file_write(path, span_of(next, (size_t)n), 0600);
    free(next);
    return code;
}

bool known_next(const char **line, char address[static KNOWN_ADDRESS_BYTES])
{
    while (**line) {
        const char *at = *line;
        size_t n = strcspn(at, "\n"), len = strcspn(at, " \n");
        *line = at + n + (at[n] == '\n');
        if (len == 0 || len >= KNOWN_ADDRESS_BYTES || at[len] != ' ')
            continue;
        memcpy(address, at, len);
        address[len] = '\0';
        return true;
    }
    return false;
}
