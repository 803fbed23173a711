/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/perisphered/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/sandbox/sandbox.h"

const char options_usage[] =
    "usage: perisphered --data DIR [--listen ADDRESS:PORT] [--uid-base N]\n"
    "                   [--allow-unconfined uid|landlock|seccomp]...\n"
    "       perisphered --init --data DIR [--organisation NAME] [--dns NAME]...\n"
    "                   [--operator NAME] [--database postgresql://...]\n"
    "                   [--pkcs11-token URI --pkcs11-module FILE --pkcs11-pin file:/PATH|credential:NAME\n"
    "                    [--pkcs11-keys NAME,...] [--pkcs11-paths /PATH:...]\n"
    "                    [--pkcs11-connect unix|tcp:PORT]]\n"
    "                   [--issuing FOLDER]\n"
    "       perisphered --root-create FOLDER [--organisation NAME]\n"
    "       perisphered --root-renew FOLDER\n"
    "       perisphered --root-list FILE --root FOLDER [--revoke FILE [--reason WORD]] [--days N]\n"
    "       perisphered --root-request FOLDER [--organisation NAME] [--pkcs11-...]\n"
    "       perisphered --root-sign FILE --root FOLDER --out FILE\n"
    "       perisphered --join FOLDER --data DIR [--dns NAME]...\n"
    "       perisphered --operator NAME --data DIR --out FOLDER\n"
    "       perisphered --data DIR --backup FOLDER |\n"
    "                   --restore FOLDER [--key FILE] [--database postgresql://...] |\n"
    "                   --rotate-key [--key FILE | --pkcs11-key URI] | --renew-certificate [--dns NAME]... |\n"
    "                   --renew-ca operator|os|update-only|server|root|all [--new-key | --forget-former] |\n"
    "                   --renew-issuing FILE | --rotate-capability-key [--prepare] |\n"
    "                   --move-database postgresql://...|sqlite |\n"
    "                   --root-request FOLDER [--new-key] |\n"
    "                   --move-keys URI [--pkcs11-keys NAME,...] |\n"
    "                   --rotate-wrap-key [--prepare] [--key FILE | --pkcs11-key URI] |\n"
    "                   --rotate-update-key KEYSTORE-VERSION\n"
    "\n"
    "The first runs the service on its data folder, in the foreground, until SIGTERM.\n"
    "The second makes a data folder: keys, certificates, service.json, and the first\n"
    "operator's profile in DIR/operator.  The third issues a further operator's profile.\n"
    "--json, of all but the first: the answer is one line with an object.  --progress, of --backup, --restore and\n"
    "--move-database: before it, lines with how far it is.\n";

static int fail(const char *what, const char *value)
{
    fprintf(stderr, "perisphered: %s \"%s\"\n", what, value);
    return E_RANGE;
}

static int number_parse(const char *text, unsigned long most, unsigned long *out)
{
    char *end;
    if (*text < '0' || *text > '9')
        return E_RANGE;
    errno = 0;
    *out = strtoul(text, &end, 10);
    return errno || *end || *out > most ? E_RANGE : 0;
}

static int set_data(struct options *o, const char *v) { o->data = v; return 0; }
static int set_process(struct options *o, const char *v) { o->process = v; return 0; }
static int set_backup(struct options *o, const char *v) { o->backup = v; return 0; }
static int set_restore(struct options *o, const char *v) { o->restore = v; return 0; }
static int set_join(struct options *o, const char *v) { o->join = v; return 0; }
static int set_key(struct options *o, const char *v) { o->key = v; return 0; }
static int set_key_uri(struct options *o, const char *v) { o->key_uri = v; return 0; }
static int set_root_create(struct options *o, const char *v) { o->root_create = v; return 0; }
static int set_root_request(struct options *o, const char *v) { o->root_request = v; return 0; }
static int set_root_sign(struct options *o, const char *v) { o->root_sign = v; return 0; }
static int set_renew_ca(struct options *o, const char *v) { o->renew_ca = v; return 0; }
static int set_renew_issuing(struct options *o, const char *v) { o->renew_issuing = v; return 0; }
static int set_root(struct options *o, const char *v) { o->root = v; return 0; }
static int set_issuing(struct options *o, const char *v) { o->make.issuing = v; return 0; }
static int set_rotate(struct options *o, const char *v) { (void)v; o->rotate = true; return 0; }
static int set_move_keys(struct options *o, const char *v) { o->move_keys = v; return 0; }
static int set_new_key(struct options *o, const char *v) { (void)v; o->new_key = true; return 0; }
static int set_forget_former(struct options *o, const char *v) { (void)v; o->forget_former = true; return 0; }
static int set_capability_key(struct options *o, const char *v) { (void)v; o->capability_key = true; return 0; }
static int set_root_renew(struct options *o, const char *v) { o->root_renew = v; return 0; }
static int set_root_list(struct options *o, const char *v) { o->root_list.out = v; return 0; }
static int set_revoke(struct options *o, const char *v) { o->root_list.certificate = v; return 0; }
static int set_reason(struct options *o, const char *v) { o->root_list.reason = v; return 0; }
static int set_days(struct options *o, const char *v)
{
    unsigned long days;
    if (number_parse(v, 3650, &days) != 0 || days == 0)
        return fail("--days takes a whole number from 1 to 3650, not", v);
    o->root_list.days = (unsigned)days;
    return 0;
}
static int set_wrap(struct options *o, const char *v) { (void)v; o->wrap = true; return 0; }
static int set_prepare(struct options *o, const char *v) { (void)v; o->prepare = true; return 0; }
static int set_renew(struct options *o, const char *v) { (void)v; o->renew = true; return 0; }
static int set_update_key(struct options *o, const char *v)
{
    unsigned long version;
    if (number_parse(v, UINT32_MAX - 1, &version) != 0 || version < 2)
        return fail("the version of the next keystore (--keystore-version) is a whole number from 2, not", v);
    o->update_key = (uint32_t)version;
    return 0;
}

static int set_out(struct options *o, const char *v) { o->out = v; return 0; }
static int set_json(struct options *o, const char *v) { (void)v; o->json = true; return 0; }
static int set_progress(struct options *o, const char *v) { (void)v; o->progress = true; return 0; }
static int set_init(struct options *o, const char *v) { (void)v; o->init = true; return 0; }
static int set_help(struct options *o, const char *v) { (void)v; o->help = true; return 0; }
static int set_version(struct options *o, const char *v) { (void)v; o->version = true; return 0; }
static int set_organisation(struct options *o, const char *v) { o->make.organisation = v; return 0; }
static int set_operator(struct options *o, const char *v) { o->make.operator_name = v; return 0; }

static int set_token(struct options *o, const char *v) { o->make.pkcs11.uri = v; return 0; }
static int set_token_keys(struct options *o, const char *v) { o->make.pkcs11.keys = v; return 0; }
static int set_module(struct options *o, const char *v) { o->make.pkcs11.module = v; return 0; }
static int set_pin(struct options *o, const char *v) { o->make.pkcs11.pin = v; return 0; }
static int set_paths(struct options *o, const char *v) { o->make.pkcs11.paths = v; return 0; }
static int set_connect(struct options *o, const char *v) { o->make.pkcs11.connect = v; return 0; }

static bool is_postgresql(const char *v) { return strncmp(v, "postgresql://", 13) == 0 || strncmp(v, "postgres://", 11) == 0; }

static int set_move(struct options *o, const char *v)
{
    if (!is_postgresql(v) && strcmp(v, "sqlite") != 0)
        return fail("the database to move to is postgresql://[USER[:PASSWORD]@]HOST[:PORT]/NAME or sqlite, not", v);
    o->move = v;
    return 0;
}

static int set_database(struct options *o, const char *v)
{
    if (!is_postgresql(v))
        return fail("--database takes postgresql://[USER[:PASSWORD]@]HOST[:PORT]/NAME, not", v);
    o->make.database = v;
    return 0;
}

static int set_dns(struct options *o, const char *v)
{
    if (o->make.dns_count == SERVICE_INIT_NAMES_MAX)
        return fail("too many names:", v);
    o->make.dns[o->make.dns_count++] = v;
    return 0;
}

/* 127.0.0.1:8443 or [::1]:8443 */
static int set_listen(struct options *o, const char *v)
{
    unsigned long port;
    const char *colon = strrchr(v, ':');
    if (!colon || colon == v || number_parse(colon + 1, 65535, &port) != 0)
        return fail("--listen takes ADDRESS:PORT, not", v);
    size_t len = (size_t)(colon - v);
    bool bracket = v[0] == '[' && colon[-1] == ']';
    if (bracket) {
        v++;
        len -= 2;
    }
    if (len == 0 || len >= sizeof o->listen_address)
        return fail("--listen takes ADDRESS:PORT, not", v);
    memcpy(o->listen_address, v, len);
    o->listen_address[len] = '\0';
    o->listen_port = (uint16_t)port;
    o->has_listen = true;
    return 0;
}

static int set_uid_base(struct options *o, const char *v)
{
    unsigned long base;
    if (number_parse(v, 4000000000, &base) != 0 || base < 1000)
        return fail("--uid-base takes a number from 1000 to 4000000000, not", v);
    o->uid_base = (unsigned)base;
    o->has_uid_base = true;
    return 0;
}

static int set_unconfined(struct options *o, const char *v)
{
    static const struct {
        const char *name;
        unsigned part;
    } parts[] = {{"uid", SANDBOX_PART_UID},
                 {"landlock", SANDBOX_PART_LANDLOCK},
                 {"seccomp", SANDBOX_PART_SECCOMP}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (strcmp(parts[i].name, v) == 0) {
            o->allow_unconfined |= parts[i].part;
            return 0;
        }
    }
    return fail("--allow-unconfined takes uid, landlock or seccomp, not", v);
}

static const struct option_row {
    const char *name;
    bool takes_value;
    int (*set)(struct options *o, const char *value);
} rows[] = {
    {"--data", true, set_data},
    {"--listen", true, set_listen},
    {"--uid-base", true, set_uid_base},
    {"--allow-unconfined", true, set_unconfined},
    {"--init", false, set_init},
    {"--organisation", true, set_organisation},
    {"--dns", true, set_dns},
    {"--operator", true, set_operator},
    {"--database", true, set_database},
    {"--issuing", true, set_issuing},
    {"--root-create", true, set_root_create},
    {"--root-request", true, set_root_request},
    {"--root-sign", true, set_root_sign},
    {"--root-renew", true, set_root_renew},
    {"--root-list", true, set_root_list},
    {"--revoke", true, set_revoke},
    {"--reason", true, set_reason},
    {"--days", true, set_days},
    {"--root", true, set_root},
    {"--renew-ca", true, set_renew_ca},
    {"--renew-issuing", true, set_renew_issuing},
    {"--pkcs11-token", true, set_token},
    {"--pkcs11-keys", true, set_token_keys},
    {"--pkcs11-module", true, set_module},
    {"--pkcs11-pin", true, set_pin},
    {"--pkcs11-paths", true, set_paths},
    {"--pkcs11-connect", true, set_connect},
    {"--out", true, set_out},
    {"--backup", true, set_backup},
    {"--restore", true, set_restore},
    {"--rotate-key", false, set_rotate},
    {"--key", true, set_key},
    {"--pkcs11-key", true, set_key_uri},
    {"--join", true, set_join},
    {"--rotate-wrap-key", false, set_wrap},
    {"--prepare", false, set_prepare},
    {"--new-key", false, set_new_key},
    {"--forget-former", false, set_forget_former},
    {"--rotate-capability-key", false, set_capability_key},
    {"--move-keys", true, set_move_keys},
    {"--renew-certificate", false, set_renew},
    {"--rotate-update-key", true, set_update_key},
    {"--move-database", true, set_move},
    {"--progress", false, set_progress},
    {"--json", false, set_json},
    {"--process", true, set_process},
    {"--help", false, set_help},
    {"--version", false, set_version},
};

static const struct option_row *row_find(const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

int options_parse(int argc, char **argv, struct options *o)
{
    memset(o, 0, sizeof *o);
    for (int i = 1; i < argc; i++) {
        const struct option_row *row = row_find(argv[i]);
        if (!row)
            return fail("unknown option", argv[i]);
        const char *value = NULL;
        if (row->takes_value) {
            value = ++i < argc ? argv[i] : NULL;
            if (!value || !*value)
                return fail("a value must follow", row->name);
        }
        int err = row->set(o, value);
        if (err)
            return err;
    }
    if (o->root_list.out && !o->root)
        return fail("--root FOLDER belongs to --root-list", o->root_list.out);
    if (!o->root_list.out && (o->root_list.certificate || o->root_list.reason || o->root_list.days))
        return fail("--root-list FILE is missing for", "--revoke, --reason or --days");
    if (o->root_list.reason && !o->root_list.certificate)
        return fail("--revoke FILE is missing for --reason", o->root_list.reason);
    if (o->root_list.out && !o->root_list.days)
        o->root_list.days = 365;
    bool ceremony = o->root_create || o->root_list.out || o->root_renew || o->root_request || o->root_sign;
    if (o->root_sign && (!o->root || !o->out))
        return fail("--root FOLDER and --out FILE belong to --root-sign", o->root_sign);
    if (!o->data && !o->help && !o->version && !ceremony) {
        fprintf(stderr, "perisphered: --data DIR is missing\n%s", options_usage);
        return E_RANGE;
    }
    o->make.data = o->data;
    if (!o->init && !o->out && o->make.operator_name)
        return fail("--out FOLDER is missing for operator", o->make.operator_name);
    if (!o->init && !o->restore && o->make.database)
        return fail("service.json names the database of a folder that is there, not", "--database");
    const struct service_init_token *t = &o->make.pkcs11;
    const bool keys_alone = o->move_keys && !t->uri && !t->module && !t->pin && !t->paths && !t->connect;
    if (!o->init && !o->root_request && !keys_alone && (t->uri || t->module || t->pin || t->paths || t->connect || t->keys))
        return fail("service.json names the token of a folder that is there, not", "--pkcs11-...");
    if (!keys_alone && (t->uri || t->module || t->pin || t->paths || t->connect || t->keys) && !(t->uri && t->module && t->pin))
        return fail("a token needs --pkcs11-token, --pkcs11-module and --pkcs11-pin; missing is",
                    !t->uri ? "--pkcs11-token" : !t->module ? "--pkcs11-module" : "--pkcs11-pin");
    if (o->out && !ceremony && !o->make.operator_name)
        return fail("--operator NAME is missing for", o->out);
    return 0;
}
