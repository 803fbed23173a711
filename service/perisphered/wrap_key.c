/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/perisphered/wrap_key.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/ct.h"
#include "lib/hex.h"
#include "service/ipc/key_text.h"
#include "service/perisphered/ask.h"
#include "service/perisphered/config.h"
#include "service/perisphered/say.h"
#include "service/pkcs11/name_file.h"

/* What the change goes by. */
struct change {
    const struct wrap_change *asked;
    struct service_config config;
    char now[PATH_MAX], next[PATH_MAX], part[PATH_MAX], mark[PATH_MAX]; /* the issuer's files */
    bool prepared, under_way;
    char uri[URI_TEXT_MAX + 1]; /* of the key that follows; "": it is in the file */
};

static bool is_there(const char *path) { return access(path, F_OK) == 0; }

/* -- the file that the issuer reads -------------------------------------------------- */

/* Whole, and the issuer's, before it has its name. */
static int next_write(const struct change *c, const char *text)
{
    size_t len = strlen(text);
    (void)unlink(c->part);
    int fd = open(c->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool good = fd >= 0 && write(fd, text, len) == (ssize_t)len && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    good = good && ask_file_give(c->part, c->asked->data, "issuer") == 0 && rename(c->part, c->next) == 0;
    if (good)
        return 0;
    int why = errno;
    (void)unlink(c->part);
    return say("%s: %s", c->next, strerror(why));
}

static int key_write(const struct change *c, const uint8_t key[static KEY_TEXT_BYTES])
{
    char text[2 * KEY_TEXT_BYTES + 2];
    hex_encode(key, KEY_TEXT_BYTES, text);
    memcpy(text + 2 * KEY_TEXT_BYTES, "\n", 2);
    int err = next_write(c, text);
    ct_wipe(text, sizeof text);
    return err;
}

static int name_write(const struct change *c)
{
    char text[NAME_FILE_TEXT_MAX];
    struct name_file file = {.sealed_bytes = 0};
    if (!c->config.pkcs11_module[0])
        return say("the new key is to be in a token, and service.json names no \"pkcs11_module\"");
    snprintf(file.uri, sizeof file.uri, "%s", c->uri);
    return name_file_format(&file, text, sizeof text) == 0 ? next_write(c, text) : say("%s: too long", c->uri);
}

static int random_write(const struct change *c)
{
    uint8_t key[KEY_TEXT_BYTES];
    if (getrandom(key, sizeof key, 0) != (ssize_t)sizeof key)
        return say("no random key: %s", strerror(errno));
    int err = key_write(c, key);
    ct_wipe(key, sizeof key);
    return err;
}

/* -- which key follows ------------------------------------------------------------------ */

static int uri_check(const char *text, struct token_uri *uri)
{
    char why[URI_WHY_BYTES];
    if (uri_parse(span_of(text, strlen(text)), uri, why) != 0)
        return say("%s: %s", text, why);
    return 0;
}

/* "...wrap", then "...wrap-2", "...wrap-3": in the token where the present one is. */
static int uri_next(const char *now, char text[static URI_TEXT_MAX + 1])
{
    struct token_uri uri;
    unsigned long number = 1;
    if (uri_check(now, &uri) != 0)
        return 1;
    size_t len = uri.object.len;
    while (len && uri.object.bytes[len - 1] >= '0' && uri.object.bytes[len - 1] <= '9')
        len--;
    if (len > 1 && len < uri.object.len && uri.object.bytes[len - 1] == '-') {
        char digits[URI_LABEL_MAX + 1] = "";
        memcpy(digits, uri.object.bytes + len, uri.object.len - len);
        number = strtoul(digits, NULL, 10);
        len--;
    } else {
        len = uri.object.len;
    }
    int n = snprintf((char *)uri.object.bytes + len, sizeof uri.object.bytes - len, "-%lu", number + 1);
    if (!len || n < 0 || (size_t)n >= sizeof uri.object.bytes - len)
        return say("%s: no name follows from it: --pkcs11-key names the key that does", now);
    uri.object.len = len + (size_t)n;
    uri.id.len = 0;
    return uri_format(&uri, text, URI_TEXT_MAX + 1) == 0 ? 0 : say("%s: too long", now);
}

static int file_take(struct change *c, const char *path)
{
    struct name_file file;
    uint8_t key[KEY_TEXT_BYTES];
    int err = name_file_read(path, &file);
    if (!err && file.uri[0]) {
        snprintf(c->uri, sizeof c->uri, "%s", file.uri);
        return name_write(c);
    }
    if (!err)
        err = key_text_read(path, key);
    if (!err)
        err = key_write(c, key);
    else if (err == E_NOT_FOUND)
        say("key \"%s\": no such file", path);
    ct_wipe(key, sizeof key);
    return err ? 1 : 0;
}

static int next_make(struct change *c)
{
    struct name_file now;
    const struct wrap_change *asked = c->asked;
    if (asked->key)
        return file_take(c, asked->key);
    if (asked->uri) {
        snprintf(c->uri, sizeof c->uri, "%s", asked->uri);
        return name_write(c);
    }
    int err = name_file_read(c->now, &now);
    if (err)
        return say("%s: %s", c->now, err_text(err));
    if (!now.uri[0])
        return random_write(c);
    return uri_next(now.uri, c->uri) != 0 || name_write(c) != 0 ? 1 : 0;
}

/* -- the change ------------------------------------------------------------------------- */

static int change_open(struct change *c)
{
    char path[PATH_MAX], why[CONFIG_WHY_BYTES];
    struct token_uri uri;
    const struct wrap_change *asked = c->asked;
    const struct {
        char *to;
        const char *name;
    } rows[] = {{c->now, "wrap.key"}, {c->next, "wrap-next.key"}, {c->part, "wrap-next.part"}, {c->mark, "wrap.reseal"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (snprintf(rows[i].to, PATH_MAX, "%s/issuer/%s", asked->data, rows[i].name) >= PATH_MAX)
            return say("%s: the name is too long", asked->data);
    if (snprintf(path, sizeof path, "%s/service.json", asked->data) >= (int)sizeof path)
        return say("%s: the name is too long", asked->data);
    if (access(c->now, R_OK) != 0)
        return say("%s: no data folder of a service that has run, or not yours", asked->data);
    if (config_load(path, &c->config, why) != 0)
        return say("%s: %s", path, why);
    if (asked->key && asked->uri)
        return say("--key and --pkcs11-key: one of the two");
    if (asked->uri && uri_check(asked->uri, &uri) != 0)
        return 1;
    if (!ask_running(asked->data))
        return say("the service does not run: start it, the key is changed while it does");
    c->prepared = is_there(c->next);
    c->under_way = is_there(c->mark);
    return 0;
}

/* Every service on one database has to open with the next key before the first one seals with it. */
static int change_check(const struct change *c)
{
    const struct wrap_change *asked = c->asked;
    if (c->prepared && (asked->key || asked->uri))
        return say("%s is there, of a change that has begun: go on with it, without --key and --pkcs11-key", c->next);
    if (!c->config.database[0] || c->prepared || c->under_way || asked->prepare_only)
        return 0;
    return say("this service is on PostgreSQL, where others may share the catalogs: first  peri service rotate-wrap-key --data %s "
               "--prepare , then the same with --key %s at each other service of the database, then without --prepare at each",
               asked->data, c->next);
}

static int told(const struct change *c, const struct ask_count *count, struct outcome *outcome)
{
    const bool prepared = c->asked->prepare_only;
    outcome_text(outcome, "data", c->asked->data);
    outcome_text(outcome, "key", prepared ? c->next : c->now);
    outcome_flag(outcome, "prepared", prepared);
    outcome_count(outcome, "resealed", prepared ? 0 : count->first);
    outcome_count(outcome, "unopened", prepared ? 0 : count->second);
    if (prepared) {
        outcome_say(outcome, "%s opens from now on, and seals nothing yet: have it prepared (--prepare --key) at each other service of the "
               "database; then  peri service rotate-wrap-key --data %s , there too", c->next, c->asked->data);
        return 0;
    }
    outcome_say(outcome, "%s is another key: %" PRIu64 " CA%s of catalogs %s sealed again. The one before opens crash dumps of before until "
               "they are gone (wrap-until-….key), and older backups", c->now, count->first, count->first == 1 ? "" : "s",
               count->first == 1 ? "was" : "were");
    if (count->second)
        return say("%" PRIu64 " CA%s not open by any key of this service, as before: its log names %s", count->second,
                   count->second == 1 ? " does" : "s do", count->second == 1 ? "it" : "them");
    return 0;
}

int wrap_key_change(const struct wrap_change *asked, struct outcome *outcome)
{
    static struct change c;
    struct ask_count count = {0};
    c = (struct change){.asked = asked};
    if (change_open(&c) != 0 || change_check(&c) != 0)
        return 1;
    const bool rest = !c.prepared && c.under_way && !asked->prepare_only && !asked->key && !asked->uri;
    if (!c.prepared && !rest && next_make(&c) != 0)
        return 1;
    if (c.prepared && ask_file_give(c.next, asked->data, "issuer") != 0)
        return say("%s: %s", c.next, strerror(errno));
    int end = ask_process(asked->data, "issuer", asked->prepare_only ? "prepare" : "rotate", &count);
    ask_forget(asked->data, "issuer");
    /* What the issuer refused is not prepared; a switch that was made has taken the file. */
    if (end == ASK_FAILED && !c.prepared && !rest)
        (void)unlink(c.next);
    return end == ASK_DONE ? told(&c, &count, outcome) : 1;
}
