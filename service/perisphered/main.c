/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include <limits.h>
#include <unistd.h>

#include "service/perisphered/config.h"
#include "service/perisphered/data_folder.h"
#include "service/perisphered/maintain.h"
#include "service/perisphered/move_database.h"
#include "service/perisphered/secret.h"
#include "service/perisphered/supervisor.h"
#include "service/perisphered/wrap_key.h"

static process_run *const runs[PROCESS_COUNT] = {
#define PROCESS_ROW(name, text, run) run,
    PROCESS_TABLE(PROCESS_ROW)
#undef PROCESS_ROW
};

/* The token of a data folder that is there; NULL where it has none. */
static int token_of(const char *data, struct token **token)
{
    static struct service_config config;
    char path[PATH_MAX], why[CONFIG_WHY_BYTES];
    *token = NULL;
    if (snprintf(path, sizeof path, "%s/service.json", data) >= (int)sizeof path)
        return E_RANGE;
    int err = config_load(path, &config, why);
    if (err == E_NOT_FOUND)
        return 0; /* what is done next says that the folder is none */
    if (err)
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
static int init_run(struct service_init *init)
{
    int err = init_token_open(&init->pkcs11);
    if (!err)
        err = service_init(init);
    token_close(init->pkcs11.token);
    if (err)
        return 1;
    printf("made \"%s\": start it with  peri service run --data %s\n"
           "the first operator's profile:  export PERI_PROFILE=%s/operator\n",
           init->data, init->data, init->data);
    return 0;
}

/* Each step says where the next one is done, and by what. */
static int ceremony_run(struct options *o)
{
    const char *organisation = o->make.organisation ? o->make.organisation : "Perisphere";
    if (o->root_create) {
        if (service_root_create(o->root_create, organisation) != 0)
            return 1;
        printf("made \"%s\": root.key never leaves this machine; root.pem goes to the service's\n", o->root_create);
        return 0;
    }
    if (o->root_renew) {
        if (service_root_renew(o->root_renew) != 0)
            return 1;
        printf("\"%s/root.pem\" is new, the key is the same: take it to the service's machine, then  peri service renew-ca "
               "--certificate root.pem\n", o->root_renew);
        return 0;
    }
    if (o->root_sign) {
        if (service_root_sign(o->root, o->root_sign, o->out) != 0)
            return 1;
        printf("signed \"%s\": it goes to the service's machine, where the same key was shown\n", o->out);
        return 0;
    }
    int err = init_token_open(&o->make.pkcs11);
    if (!err)
        err = service_root_request(o->root_request, organisation, &o->make.pkcs11);
    token_close(o->make.pkcs11.token);
    if (!err)
        printf("made \"%s\": have issuing.csr signed where the root is, bring issuing.pem and root.pem into this folder, "
               "then  peri service init --issuing %s\n", o->root_request, o->root_request);
    return err ? 1 : 0;
}

static int operator_run(const struct options *o, struct token *token)
{
    return service_operator(o->data, token, o->make.operator_name, o->out) ? 1 : 0;
}

static int request_again_run(const struct options *o, struct token *token)
{
    if (service_root_request_again(o->data, token, o->root_request) != 0)
        return 1;
    printf("made \"%s\": have issuing.csr signed where the root is, then  peri service renew-ca --data %s --certificate "
           "issuing.pem\n", o->root_request, o->data);
    return 0;
}

static int replace_ca_run(const struct options *o, struct token *token)
{
    if (service_replace_ca(o->data, token, o->renew_ca) != 0)
        return 1;
    if (strcmp(o->renew_ca, "server") == 0)
        puts("the server CA has another key: now  peri service renew-certificate , and restart the service");
    else
        printf("the CA \"%s\" has another key: restart the service. What the former one signed is good until it ends; was the key "
               "stolen, then besides  peri service renew-ca --ca %s --forget-former\n", o->renew_ca, o->renew_ca);
    return 0;
}

static int capability_key_run(const struct options *o, struct token *token)
{
    if (service_capability_key_rotate(o->data, token, o->prepare) != 0)
        return 1;
    if (o->prepare)
        printf("%s/capability-next-key.pub: put it into the next keystore beside capability-key.pub, and when the devices have that:  peri "
               "service rotate-capability-key --data %s\n", o->data, o->data);
    else
        puts("the capability key is new: restart the service, and leave the former one out of the next keystore");
    return 0;
}

static int renew_ca_run(const struct options *o, struct token *token)
{
    if (o->new_key && o->forget_former) {
        fputs("perisphered: --new-key and --forget-former: one after the other\n", stderr);
        return 1;
    }
    if (o->new_key)
        return replace_ca_run(o, token);
    if (o->forget_former) {
        if (service_forget_ca(o->data, o->renew_ca) != 0)
            return 1;
        puts("restart the service: what a former CA signed is refused from then on");
        return 0;
    }
    if (service_renew_ca(o->data, token, o->renew_ca) != 0)
        return 1;
    puts("renewed, with the keys that were there: now  peri service renew-certificate , and restart the service");
    if (strcmp(o->renew_ca, "root") == 0)
        printf("the new \"%s/root.pem\" goes to every device and operator while the old one is still good\n", o->data);
    return 0;
}

static int renew_issuing_run(const struct options *o, struct token *token)
{
    bool is_root;
    if (service_renew_issuing(o->data, token, o->renew_issuing, &is_root) != 0)
        return 1;
    if (is_root) {
        printf("the root has its new certificate: restart the service. \"%s/root.pem\" goes to every device and operator while the old "
               "one is still good\n", o->data);
        return 0;
    }
    puts("the issuing CA has its new certificate: now  peri service renew-ca --ca all  and  renew-certificate , and restart the "
         "service");
    return 0;
}

static int renew_run(const struct options *o, struct token *token)
{
    if (service_renew(o->data, token, o->make.dns, o->make.dns_count) != 0)
        return 1;
    puts("the server has a new certificate: restart the service to use it");
    return 0;
}

static int join_run(const struct options *o, struct token *token)
{
    if (service_join(o->join, o->data, token, o->make.dns, o->make.dns_count) != 0)
        return 1;
    printf("made \"%s\": a further service on the database of \"%s\"; start it with  peri service run --data %s\n",
           o->data, o->join, o->data);
    return 0;
}

static int update_key_run(const struct options *o, struct token *token)
{
    if (service_update_key_rotate(o->data, token, o->update_key) != 0)
        return 1;
    printf("the update key is new: put %s/update-key.pub into keystore version %u, publish it with a release, "
           "and restart the service\n", o->data, (unsigned)o->update_key);
    return 0;
}

/* Nobody signs by a key while it goes from one place to the other. */
static int move_keys_run(const struct options *o, struct token *token)
{
    int lock;
    if (data_folder_lock(o->data, &lock) != 0)
        return 1;
    int err = service_keys_move(o->data, token, o->move_keys, o->make.pkcs11.keys);
    close(lock);
    if (err)
        return 1;
    puts("backups of before have these keys: destroy them, or keep them as safe as the token");
    return 0;
}

/* With the keys of the folder at data, in files or in its token. */
static int with_token(const struct options *o, const char *data, int (*run)(const struct options *o, struct token *token))
{
    struct token *token;
    if (token_of(data, &token) != 0)
        return 1;
    int code = run(o, token);
    token_close(token);
    return code;
}

int main(int argc, char **argv)
{
    struct options options;
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
    if (options.root_request && options.data)
        return with_token(&options, options.data, request_again_run);
    if (options.renew_ca)
        return with_token(&options, options.data, renew_ca_run);
    if (options.renew_issuing)
        return with_token(&options, options.data, renew_issuing_run);
    if (options.root_create || options.root_renew || options.root_request || options.root_sign)
        return ceremony_run(&options);
    if (options.init)
        return init_run(&options.make);
    if (options.join)
        return with_token(&options, options.join, join_run);
    if (options.out)
        return with_token(&options, options.data, operator_run);
    if (options.backup)
        return maintain_backup(options.data, options.backup);
    if (options.restore)
        return maintain_restore(options.data, options.restore, options.key, options.make.database);
    if (options.move)
        return move_database_run(&options);
    if (options.rotate)
        return maintain_rotate(options.data, options.key, options.key_uri);
    if (options.capability_key)
        return with_token(&options, options.data, capability_key_run);
    if (options.move_keys)
        return with_token(&options, options.data, move_keys_run);
    if (options.wrap) {
        const struct wrap_change change = {options.data, options.key, options.key_uri, options.prepare};
        return wrap_key_change(&change);
    }
    if (options.update_key)
        return with_token(&options, options.data, update_key_run);
    if (options.renew)
        return with_token(&options, options.data, renew_run);
    return supervisor_run(&options, runs);
}
