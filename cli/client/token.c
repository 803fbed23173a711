/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/client/token.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/client/client.h"
#include "cli/client/origin.h"
#include "cli/file.h"
#include "cli/management/scope.h"
#include "cli/verbs.h"

enum { WORDS_MAX = 32 };

bool token_wanted(const struct profile *profile)
{
    return json_object_get(profile->json, "tokenFile") || json_object_get(profile->json, "tokenCommand");
}

/* One line of the letters that tokens are made of: nothing that could end a header. */
static int token_take(struct profile *profile, const char *text, size_t len, const char *from)
{
    while (len && (text[len - 1] == '\n' || text[len - 1] == '\r' || text[len - 1] == ' '))
        len--;
    bool good = len > 0 && len <= TOKEN_MAX_BYTES;
    for (size_t i = 0; good && i < len; i++)
        good = (text[i] >= '0' && text[i] <= '9') || ((text[i] | 0x20) >= 'a' && (text[i] | 0x20) <= 'z') ||
               strchr("-._~+/=", text[i]);
    if (!good)
        return fail(PERI_EXIT_ERROR, "%s gave no token: one line of at most %d letters and digits is expected", from,
                    TOKEN_MAX_BYTES);
    profile->token = strndup(text, len);
    return profile->token ? PERI_EXIT_OK : fail(PERI_EXIT_ERROR, "out of memory");
}

static int file_load(struct profile *profile, const char *name)
{
    char path[8448];
    struct stat st;
    struct span bytes;
    snprintf(path, sizeof path, "%s%s%.4000s", name[0] == '/' ? "" : profile->folder, name[0] == '/' ? "" : "/", name);
    if (stat(path, &st) == 0 && st.st_mode & (S_IRWXG | S_IRWXO))
        return fail(PERI_EXIT_ERROR, "'%s' is open to others: chmod 600 %s", path, path);
    int code = file_read(path, &bytes);
    if (!code)
        code = token_take(profile, (const char *)bytes.at, bytes.len, path);
    if (bytes.at)
        explicit_bzero((void *)(uintptr_t)bytes.at, bytes.len);
    file_release(&bytes);
    return code;
}

/* What it prints, until it ends. */
static size_t output_read(int fd, char *text, size_t cap)
{
    size_t len = 0;
    ssize_t n;
    while (len < cap && ((n = read(fd, text + len, cap - len)) > 0 || (n < 0 && errno == EINTR)))
        len += n > 0 ? (size_t)n : 0;
    return len;
}

static int command_run(struct profile *profile, char *const *words)
{
    char text[TOKEN_MAX_BYTES + 64];
    int pair[2], status;
    if (pipe(pair) != 0)
        return fail(PERI_EXIT_ERROR, "cannot run '%s': %s", words[0], strerror(errno));
    pid_t pid = fork();
    if (pid == 0) {
        dup2(pair[1], STDOUT_FILENO);
        close(pair[0]);
        close(pair[1]);
        execvp(words[0], words);
        fprintf(stderr, "peri: cannot run '%s': %s\n", words[0], strerror(errno));
        _exit(127);
    }
    close(pair[1]);
    size_t len = pid > 0 ? output_read(pair[0], text, sizeof text) : 0;
    close(pair[0]);
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return fail(PERI_EXIT_ERROR, "'%s', the \"tokenCommand\" of %s/profile.json, failed", words[0], profile->folder);
    int code = token_take(profile, text, len, words[0]);
    explicit_bzero(text, sizeof text);
    return code;
}

static int command_load(struct profile *profile, json_t *list)
{
    char *words[WORDS_MAX + 1] = {NULL};
    size_t index;
    json_t *word;
    bool good = json_is_array(list) && json_array_size(list) > 0 && json_array_size(list) <= WORDS_MAX;
    json_array_foreach(list, index, word) {
        good = good && json_is_string(word);
        if (good)
            words[index] = (char *)(uintptr_t)json_string_value(word);
    }
    return good ? command_run(profile, words)
                : fail(PERI_EXIT_ERROR, "\"tokenCommand\" in %s/profile.json must be a list of 1 to %d words",
                       profile->folder, WORDS_MAX);
}

int token_load(struct profile *profile)
{
    json_t *file = json_object_get(profile->json, "tokenFile"),
           *command = json_object_get(profile->json, "tokenCommand");
    if ((file && command) || json_object_get(profile->json, "certificate"))
        return fail(PERI_EXIT_ERROR, "%s/profile.json names more than one of \"certificate\", \"tokenFile\" and "
                    "\"tokenCommand\"", profile->folder);
    if (command)
        return command_load(profile, command);
    const char *name = json_string_value(file);
    return name && *name ? file_load(profile, name)
                         : fail(PERI_EXIT_ERROR, "\"tokenFile\" in %s/profile.json is no file name", profile->folder);
}

void token_release(struct profile *profile)
{
    if (profile->token)
        explicit_bzero(profile->token, strlen(profile->token));
    free(profile->token);
    profile->token = NULL;
}

/* -- peri config login -------------------------------------------------------------- */

static json_t *words_of(struct peri *peri, const char *option)
{
    json_t *list = json_array();
    for (size_t i = 0; arg_at(peri, option, i); i++)
        if (json_array_append_new(list, json_string(arg_at(peri, option, i))) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static int profile_make(struct peri *peri, const char *folder, struct span ca)
{
    char path[4352];
    const char *file = arg_text(peri, "token-file"), *group = arg_text(peri, "resource-group");
    json_t *json = json_pack("{s:s,s:s,s:s,s:s}", "endpoint", arg_text(peri, "endpoint"), "subscription",
                             arg_text(peri, "subscription"), "resourceGroup", group ? group : "default", "ca", "ca.pem");
    json_t *how = file ? json_string(file) : words_of(peri, "token-command");
    if (!json || json_object_set_new(json, file ? "tokenFile" : "tokenCommand", how) != 0) {
        json_decref(json);
        return fail(PERI_EXIT_ERROR, "out of memory");
    }
    if (mkdir(folder, 0700) != 0) {
        json_decref(json);
        return fail(PERI_EXIT_ERROR, "cannot make '%s': %s", folder, strerror(errno));
    }
    snprintf(path, sizeof path, "%.4000s/ca.pem", folder);
    int code = file_create(path, ca, 0644);
    char *text = json_dumps(json, JSON_INDENT(2));
    snprintf(path, sizeof path, "%.4000s/profile.json", folder);
    if (!code)
        code = text ? file_create(path, span_of(text, strlen(text)), 0600) : fail(PERI_EXIT_ERROR, "out of memory");
    free(text);
    json_decref(json);
    return code;
}

static int made_print(struct peri *peri, const char *folder)
{
    if (output_to_person(peri)) {
        printf("made \"%s\":  export PERI_PROFILE=%s\n", folder, folder);
        return PERI_EXIT_OK;
    }
    json_t *answer = json_pack("{s:s,s:s,s:s}", "profile", folder, "endpoint", arg_text(peri, "endpoint"), "subscription",
                               arg_text(peri, "subscription"));
    int code = answer ? output_print(peri, answer) : fail(PERI_EXIT_ERROR, "out of memory");
    json_decref(answer);
    return code;
}

static int login(struct peri *peri)
{
    struct span ca;
    const char *file = arg_text(peri, "token-file"), *folder = arg_text(peri, "output-directory");
    if (!file == !arg_at(peri, "token-command", 0))
        return fail(PERI_EXIT_USAGE, "where do tokens come from? give --token-file or --token-command");
    if (file && file[0] != '/')
        return fail(PERI_EXIT_USAGE, "--token-file '%s': the full path is needed", file);
    if (!origin_valid(arg_text(peri, "endpoint")))
        return fail(PERI_EXIT_USAGE, "endpoint is '%s': https://HOST:PORT is expected", arg_text(peri, "endpoint"));
    int code = file_read(arg_text(peri, "ca"), &ca);
    if (!code)
        code = profile_make(peri, folder, ca);
    file_release(&ca);
    return code ? code : made_print(peri, folder);
}

static const struct option_row login_options[] = {
    {"endpoint", NULL, OPTION_REQUIRED, "the service: https://HOST:PORT"},
    {"ca", NULL, OPTION_REQUIRED, "the service's root certificate, root.pem of its data folder"},
    {"subscription", NULL, OPTION_REQUIRED, "subscription id"},
    {"resource-group", "g", OPTION_VALUE, "resource group (default: default)"},
    {"token-file", NULL, OPTION_VALUE, "file with a token, read at each command"},
    {"token-command", NULL, OPTION_LIST, "program and arguments that print a token, run at each command"},
    {"output-directory", NULL, OPTION_REQUIRED, "folder for the new profile"},
    SCOPE_END};

static const struct column login_columns[] = {
    {"Profile", "profile"}, {"Endpoint", "endpoint"}, {"Subscription", "subscription"}, COLUMNS_END};

const struct verb login_verbs[] = {
    {"config", "login", login, NULL, "make a profile that uses tokens of an OpenID Connect provider", login_options, login_columns, true},
    VERBS_END,
};
