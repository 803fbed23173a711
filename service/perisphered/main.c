/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include <limits.h>
#include <unistd.h>

#include "service/perisphered/config.h"
#include "service/perisphered/data_folder.h"
#include "service/perisphered/maintain.h"
#include "service/perisphered/move_database.h"
#include "service/perisphered/outcome.h"
#include "service/perisphered/secret.h"
#include "service/perisphered/supervisor.h"
#include "service/perisphered/wrap_key.h"

enum { COMMAND_NONE = -1 }; /* the service itself is meant */

static process_run *const runs[PROCESS_COUNT] = {
#define PROCESS_ROW(name, text, run) run,
    PROCESS_TABLE(PROCESS_ROW)
#undef PROCESS_ROW
};

/* The token of a data folder, which must be there; NULL where it has none. */
static int token_of(const char *data, struct token **token)
{
    static struct service_config config;
    char path[PATH_MAX], why[CONFIG_WHY_BYTES];
    *token = NULL;
    if (snprintf(path, sizeof path, "%s/service.json", data) >= (int)sizeof path)
        return E_RANGE;
    int err = config_load(path, &config, why);
    if (err == E_NOT_FOUND)
        fprintf(stderr, "perisphered: %s: no data folder of a service (it has no service.json): peri service init makes one\n", data);
    else if (err)
        fprintf(stderr, "perisphered: %s: %s\n", path, why);
    return err ? err : secret_token_open(&config, token);
}

/* The same words are checked that service.json will hold. */
static int init_token_open(struct service_init_token *want)
{
    static struct service_config config;
    char why[CONFIG_WHY_BYTES];
    config_default(&config);
    if (!want->uri)
        return 0;
    int err = config_pkcs11_set(&config, want->module, want->pin, want->paths, want->connect, why);
    if (err) {
        fprintf(stderr, "perisphered: %s\n", why);
        return err;
    }
    return secret_token_open(&config, &want->token);
}

/* The next steps are the same for everybody who is new here. */
static int init_run(struct service_init *init, struct outcome *outcome)
{
    int err = init_token_open(&init->pkcs11);
    if (!err)
        err = service_init(init);
    token_close(init->pkcs11.token);
    if (err)
        return 1;
    outcome_text(outcome, "data", init->data);
    outcome_path(outcome, "profile", init->data, "operator");
    outcome_text(outcome, "operator", init->operator_name ? init->operator_name : "admin");
    outcome_text(outcome, "database", init->database ? "postgresql" : "sqlite");
    outcome_flag(outcome, "rootOffLine", init->issuing != NULL);
    outcome_text(outcome, "token", init->pkcs11.uri);
    outcome_say(outcome, "made \"%s\": start it with  peri service run --data %s", init->data, init->data);
    outcome_say(outcome, "the first operator's profile:  export PERI_PROFILE=%s/operator", init->data);
    return 0;
}

static void request_tell(struct outcome *outcome, const char *folder, const char *key_id)
{
    outcome_text(outcome, "folder", folder);
    outcome_path(outcome, "request", folder, "issuing.csr");
    outcome_text(outcome, "keyId", key_id);
    outcome_say(outcome, "key of the issuing CA: %s", key_id);
}

static int root_create_run(const struct options *o, const char *organisation, struct outcome *outcome)
{
    if (service_root_create(o->root_create, organisation) != 0)
        return 1;
    outcome_text(outcome, "folder", o->root_create);
    outcome_path(outcome, "certificate", o->root_create, "root.pem");
    outcome_say(outcome, "made \"%s\": root.key never leaves this machine; root.pem goes to the service's", o->root_create);
    return 0;
}

static int root_renew_run(const struct options *o, struct outcome *outcome)
{
    if (service_root_renew(o->root_renew) != 0)
        return 1;
    outcome_text(outcome, "folder", o->root_renew);
    outcome_path(outcome, "certificate", o->root_renew, "root.pem");
    outcome_say(outcome, "\"%s/root.pem\" is new, the key is the same: take it to the service's machine, then  peri service renew-ca "
               "--certificate root.pem", o->root_renew);
    return 0;
}

static int root_sign_run(const struct options *o, struct outcome *outcome)
{
    char key_id[SERVICE_KEY_ID_TEXT];
    if (service_root_sign(o->root, o->root_sign, o->out, key_id) != 0)
        return 1;
    outcome_text(outcome, "certificate", o->out);
    outcome_text(outcome, "keyId", key_id);
    outcome_say(outcome, "key of the issuing CA: %s", key_id);
    outcome_say(outcome, "signed \"%s\": it goes to the service's machine, where the same key was shown", o->out);
    return 0;
}

static int root_list_run(const struct options *o, struct outcome *outcome)
{
    unsigned count;
    if (service_root_list_make(o->root, &o->root_list, &count) != 0)
        return 1;
    outcome_text(outcome, "list", o->root_list.out);
    outcome_count(outcome, "revoked", count);
    outcome_count(outcome, "days", o->root_list.days);
    outcome_say(outcome, "made \"%s\", with %u revoked: it goes to whoever trusts root.pem, and another one within %u days", o->root_list.out,
               count, o->root_list.days);
    return 0;
}

static int root_request_run(struct options *o, const char *organisation, struct outcome *outcome)
{
    char key_id[SERVICE_KEY_ID_TEXT];
    int err = init_token_open(&o->make.pkcs11);
    if (!err)
        err = service_root_request(o->root_request, organisation, &o->make.pkcs11, key_id);
    token_close(o->make.pkcs11.token);
    if (err)
        return 1;
    request_tell(outcome, o->root_request, key_id);
    outcome_say(outcome, "made \"%s\": have issuing.csr signed where the root is, bring issuing.pem and root.pem into this folder, "
               "then  peri service init --issuing %s", o->root_request, o->root_request);
    return 0;
}

/* Each step says where the next one is done, and by what. */
static int ceremony_run(struct options *o, struct outcome *outcome)
{
    const char *organisation = o->make.organisation ? o->make.organisation : "Perisphere";
    if (o->root_create)
        return root_create_run(o, organisation, outcome);
    if (o->root_renew)
        return root_renew_run(o, outcome);
    if (o->root_list.out)
        return root_list_run(o, outcome);
    return o->root_sign ? root_sign_run(o, outcome) : root_request_run(o, organisation, outcome);
}

/* Its answer is the caller's, who reads the certificate (cli/management/operator.c). */
static int operator_run(const struct options *o, struct token *token, struct outcome *outcome)
{
    (void)outcome;
    return service_operator(o->data, token, o->make.operator_name, o->out) ? 1 : 0;
}

static int request_again_run(const struct options *o, struct token *token, struct outcome *outcome)
{
    char key_id[SERVICE_KEY_ID_TEXT];
    if ((o->new_key ? service_root_request_next(o->data, token, o->root_request, key_id)
                    : service_root_request_again(o->data, token, o->root_request, key_id)) != 0)
        return 1;
    request_tell(outcome, o->root_request, key_id);
    outcome_say(outcome, "made \"%s\": have issuing.csr signed where the root is, then  peri service renew-ca --data %s --certificate "
               "issuing.pem", o->root_request, o->data);
    return 0;
}

/* What was done to CAs of the service, which reads them when it starts. */
static void ca_tell(const struct options *o, struct outcome *outcome, const char *ca, bool new_key, unsigned forgotten)
{
    outcome_text(outcome, "data", o->data);
    outcome_text(outcome, "ca", ca);
    outcome_flag(outcome, "newKey", new_key);
    outcome_count(outcome, "forgotten", forgotten);
    outcome_flag(outcome, "restartNeeded", true);
}

static int replace_ca_run(const struct options *o, struct token *token, struct outcome *outcome)
{
    if (service_replace_ca(o->data, token, o->renew_ca) != 0)
        return 1;
    ca_tell(o, outcome, o->renew_ca, true, 0);
    if (strcmp(o->renew_ca, "server") == 0)
        outcome_say(outcome, "the server CA has another key: now  peri service renew-certificate , and restart the service");
    else
        outcome_say(outcome, "the CA \"%s\" has another key: restart the service. What the former one signed is good until it ends; was the "
                   "key stolen, then besides%s  peri service renew-ca --ca %s --forget-former", o->renew_ca,
                   strcmp(o->renew_ca, "operator") == 0 ? ", when operators have new certificates (peri operator create)," : "", o->renew_ca);
    return 0;
}

static int forget_ca_run(const struct options *o, struct outcome *outcome)
{
    unsigned gone;
    if (service_forget_ca(o->data, o->renew_ca, &gone) != 0)
        return 1;
    ca_tell(o, outcome, o->renew_ca, false, gone);
    outcome_say(outcome, "%u former CA%s forgotten", gone, gone == 1 ? "" : "s");
    outcome_say(outcome, "restart the service: what a former CA signed is refused from then on");
    return 0;
}

static int renew_ca_run(const struct options *o, struct token *token, struct outcome *outcome)
{
    if (o->new_key && o->forget_former) {
        fputs("perisphered: --new-key and --forget-former: one after the other\n", stderr);
        return 1;
    }
    if (o->new_key)
        return replace_ca_run(o, token, outcome);
    if (o->forget_former)
        return forget_ca_run(o, outcome);
    if (service_renew_ca(o->data, token, o->renew_ca) != 0)
        return 1;
    ca_tell(o, outcome, o->renew_ca, false, 0);
    outcome_say(outcome, "renewed, with the keys that were there: now  peri service renew-certificate , and restart the service");
    if (strcmp(o->renew_ca, "root") == 0)
        outcome_say(outcome, "the new \"%s/root.pem\" goes to every device and operator while the old one is still good", o->data);
    return 0;
}

static int root_prepare_run(const struct options *o, struct outcome *outcome)
{
    if (service_root_prepare(o->data, o->renew_issuing) != 0)
        return 1;
    outcome_text(outcome, "data", o->data);
    outcome_text(outcome, "ca", "root");
    outcome_flag(outcome, "newKey", true);
    outcome_count(outcome, "forgotten", 0);
    outcome_flag(outcome, "restartNeeded", false);
    outcome_say(outcome, "\"%s/root-next.pem\" goes to every device and operator beside root.pem. When all have both:  peri root request --data %s , "
               "peri root sign by that root, and  peri service renew-ca --certificate FILE", o->data, o->data);
    return 0;
}

static int renew_issuing_run(const struct options *o, struct token *token, struct outcome *outcome)
{
    enum service_renewed what;
    if (o->prepare)
        return root_prepare_run(o, outcome);
    if (service_renew_issuing(o->data, token, o->renew_issuing, &what) != 0)
        return 1;
    ca_tell(o, outcome, what == SERVICE_RENEWED_ROOT || what == SERVICE_FOLLOWED_ROOT ? "root" : "issuing",
            what == SERVICE_FOLLOWED_ISSUING || what == SERVICE_FOLLOWED_ROOT, 0);
    if (what == SERVICE_FOLLOWED_ISSUING)
        outcome_say(outcome, "the issuing CA has another key, and the CAs below and the server have certificates of it: restart the service. "
                   "What the former one signed is good until it ends");
    else if (what == SERVICE_FOLLOWED_ROOT)
        outcome_say(outcome, "another root signed the issuing CA, and the server shows it: restart the service. Who has not \"%s/root.pem\" does not "
                   "know it any more", o->data);
    else if (what == SERVICE_RENEWED_ROOT)
        outcome_say(outcome, "the root has its new certificate: restart the service. \"%s/root.pem\" goes to every device and operator "
                   "while the old one is still good", o->data);
    else
        outcome_say(outcome, "the issuing CA has its new certificate: now  peri service renew-ca --ca all  and  renew-certificate , and "
                   "restart the service");
    return 0;
}

static int renew_run(const struct options *o, struct token *token, struct outcome *outcome)
{
    if (service_renew(o->data, token, o->make.dns, o->make.dns_count) != 0)
        return 1;
    outcome_text(outcome, "data", o->data);
    outcome_path(outcome, "certificate", o->data, "front/cert.pem");
    outcome_flag(outcome, "restartNeeded", true);
    outcome_say(outcome, "the server has a new certificate: restart the service to use it");
    return 0;
}

static int join_run(const struct options *o, struct token *token, struct outcome *outcome)
{
    if (service_join(o->join, o->data, token, o->make.dns, o->make.dns_count) != 0)
        return 1;
    outcome_text(outcome, "data", o->data);
    outcome_text(outcome, "from", o->join);
    outcome_text(outcome, "database", "postgresql");
    outcome_say(outcome, "made \"%s\": a further service on the database of \"%s\"; start it with  peri service run --data %s",
               o->data, o->join, o->data);
    return 0;
}

static int capability_key_run(const struct options *o, struct token *token, struct outcome *outcome)
{
    if (service_capability_key_rotate(o->data, token, o->prepare) != 0)
        return 1;
    outcome_text(outcome, "data", o->data);
    outcome_path(outcome, "publicKey", o->data, o->prepare ? "capability-next-key.pub" : "capability-key.pub");
    outcome_flag(outcome, "prepared", o->prepare);
    outcome_flag(outcome, "restartNeeded", !o->prepare);
    if (o->prepare)
        outcome_say(outcome, "%s/capability-next-key.pub: put it into the next keystore beside capability-key.pub, and when the devices "
                   "have that:  peri service rotate-capability-key --data %s", o->data, o->data);
    else
        outcome_say(outcome, "the capability key is new: restart the service, and leave the former one out of the next keystore");
    return 0;
}

static int update_key_run(const struct options *o, struct token *token, struct outcome *outcome)
{
    if (service_update_key_rotate(o->data, token, o->update_key) != 0)
        return 1;
    outcome_text(outcome, "data", o->data);
    outcome_path(outcome, "publicKey", o->data, "update-key.pub");
    outcome_count(outcome, "keystoreVersion", o->update_key);
    outcome_flag(outcome, "restartNeeded", true);
    outcome_say(outcome, "the update key is new: put %s/update-key.pub into keystore version %u, publish it with a release, "
               "and restart the service", o->data, (unsigned)o->update_key);
    return 0;
}

static void key_moved(void *context, const char *file)
{
    struct outcome *outcome = context;
    outcome_list(outcome, "moved", file);
    outcome_say(outcome, "%s: in the token", file);
}

/* Nobody signs by a key while it goes from one place to the other. */
static int move_keys_run(const struct options *o, struct token *token, struct outcome *outcome)
{
    int lock;
    struct service_keys_moved moved = {.each = key_moved, .context = outcome};
    if (data_folder_lock(o->data, &lock) != 0)
        return 1;
    outcome_text(outcome, "data", o->data);
    outcome_text(outcome, "token", o->move_keys);
    outcome_list(outcome, "moved", NULL);
    int err = service_keys_move(o->data, token, o->move_keys, o->make.pkcs11.keys, &moved);
    close(lock);
    outcome_count(outcome, "movedCount", moved.moved);
    outcome_count(outcome, "wereThere", moved.there);
    if (err)
        return 1;
    outcome_say(outcome, "%u key%s moved into the token, %u %s there", moved.moved, moved.moved == 1 ? "" : "s", moved.there,
               moved.there == 1 ? "was" : "were");
    outcome_say(outcome, "backups of before have these keys: destroy them, or keep them as safe as the token");
    return 0;
}

static int wrap_key_run(const struct options *o, struct outcome *outcome)
{
    const struct wrap_change change = {o->data, o->key, o->key_uri, o->prepare};
    return wrap_key_change(&change, outcome);
}

/* With the keys of the folder at data, in files or in its token. */
static int with_token(const struct options *o, const char *data,
                      int (*run)(const struct options *o, struct token *token, struct outcome *outcome), struct outcome *outcome)
{
    struct token *token;
    if (token_of(data, &token) != 0)
        return 1;
    int code = run(o, token, outcome);
    token_close(token);
    return code;
}

/* What is done once, and answered. */
static int command_run(struct options *o, struct outcome *outcome)
{
    if (o->root_request && o->data)
        return with_token(o, o->data, request_again_run, outcome);
    if (o->renew_ca)
        return with_token(o, o->data, renew_ca_run, outcome);
    if (o->renew_issuing)
        return with_token(o, o->data, renew_issuing_run, outcome);
    if (o->root_create || o->root_list.out || o->root_renew || o->root_request || o->root_sign)
        return ceremony_run(o, outcome);
    if (o->init)
        return init_run(&o->make, outcome);
    if (o->join)
        return with_token(o, o->join, join_run, outcome);
    if (o->out)
        return with_token(o, o->data, operator_run, outcome);
    if (o->backup)
        return maintain_backup(o->data, o->backup, o->progress, outcome);
    if (o->restore)
        return maintain_restore(o->data, o->restore, o->key, o->make.database, o->progress, outcome);
    if (o->move)
        return move_database_run(o, outcome);
    if (o->rotate)
        return maintain_rotate(o->data, o->key, o->key_uri, outcome);
    if (o->capability_key)
        return with_token(o, o->data, capability_key_run, outcome);
    if (o->move_keys)
        return with_token(o, o->data, move_keys_run, outcome);
    if (o->wrap)
        return wrap_key_run(o, outcome);
    if (o->update_key)
        return with_token(o, o->data, update_key_run, outcome);
    return o->renew ? with_token(o, o->data, renew_run, outcome) : COMMAND_NONE;
}

int main(int argc, char **argv)
{
    struct options options;
    struct outcome outcome = {0};
    if (options_parse(argc, argv, &options) != 0)
        return 2;
    if (options.help) {
        fputs(options_usage, stdout);
        return 0;
    }
    if (options.version) {
        puts("perisphered 0.1.0");
        return 0;
    }
    int code = command_run(&options, &outcome);
    return code == COMMAND_NONE ? supervisor_run(&options, runs) : outcome_end(&outcome, options.json, code);
}
