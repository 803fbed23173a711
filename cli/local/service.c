/* SPDX-License-Identifier: BSD-2-Clause */
/* peri service ...: the security service on this machine. */
#include "cli/management/scope.h"
#include "cli/program.h"
#include "cli/verbs.h"

/* perisphered --data DIR, to go on from.  An exit code. */
static int begin(struct peri *peri, struct program *program)
{
    int code = program_init(program, "perisphered");
    if (code)
        return code;
    program_add(program, "--data");
    program_add(program, arg_text(peri, "data"));
    return PERI_EXIT_OK;
}

static int init(struct peri *peri)
{
    struct program program;
    int code = begin(peri, &program);
    if (code)
        return code;
    program_add(&program, "--init");
    program_option(&program, peri, "organisation", "--organisation");
    program_option(&program, peri, "dns", "--dns");
    program_option(&program, peri, "operator", "--operator");
    program_option(&program, peri, "database", "--database");
    program_option(&program, peri, "issuing", "--issuing");
    program_option(&program, peri, "pkcs11-token", "--pkcs11-token");
    program_option(&program, peri, "pkcs11-keys", "--pkcs11-keys");
    program_option(&program, peri, "pkcs11-module", "--pkcs11-module");
    program_option(&program, peri, "pkcs11-pin", "--pkcs11-pin");
    program_option(&program, peri, "pkcs11-paths", "--pkcs11-paths");
    program_option(&program, peri, "pkcs11-connect", "--pkcs11-connect");
    return program_answer(&program, peri);
}

static int run(struct peri *peri)
{
    struct program program;
    int code = begin(peri, &program);
    if (code)
        return code;
    program_option(&program, peri, "listen", "--listen");
    program_option(&program, peri, "allow-unconfined", "--allow-unconfined");
    return program_exec(&program);
}

static int join(struct peri *peri)
{
    struct program program;
    int code = begin(peri, &program);
    if (code)
        return code;
    program_option(&program, peri, "from", "--join");
    program_option(&program, peri, "dns", "--dns");
    return program_answer(&program, peri);
}

static int backup(struct peri *peri)
{
    struct program program;
    int code = begin(peri, &program);
    if (code)
        return code;
    program_option(&program, peri, "output-directory", "--backup");
    program_progress(&program, peri);
    return program_answer(&program, peri);
}

static int restore(struct peri *peri)
{
    struct program program;
    int code = begin(peri, &program);
    if (code)
        return code;
    program_option(&program, peri, "from", "--restore");
    program_option(&program, peri, "key", "--key");
    program_option(&program, peri, "database", "--database");
    program_progress(&program, peri);
    return program_answer(&program, peri);
}

static int move_database(struct peri *peri)
{
    struct program program;
    int code = begin(peri, &program);
    if (code)
        return code;
    program_option(&program, peri, "to", "--move-database");
    program_progress(&program, peri);
    return program_answer(&program, peri);
}

static int rotate_key(struct peri *peri)
{
    struct program program;
    int code = begin(peri, &program);
    if (code)
        return code;
    program_add(&program, "--rotate-key");
    program_option(&program, peri, "key", "--key");
    program_option(&program, peri, "pkcs11-key", "--pkcs11-key");
    return program_answer(&program, peri);
}

static int move_keys(struct peri *peri)
{
    struct program program;
    int code = begin(peri, &program);
    if (code)
        return code;
    program_option(&program, peri, "pkcs11-token", "--move-keys");
    program_option(&program, peri, "pkcs11-keys", "--pkcs11-keys");
    return program_answer(&program, peri);
}

static int rotate_wrap_key(struct peri *peri)
{
    struct program program;
    int code = begin(peri, &program);
    if (code)
        return code;
    program_add(&program, "--rotate-wrap-key");
    if (arg_has(peri, "prepare"))
        program_add(&program, "--prepare");
    program_option(&program, peri, "key", "--key");
    program_option(&program, peri, "pkcs11-key", "--pkcs11-key");
    return program_answer(&program, peri);
}

static int rotate_capability_key(struct peri *peri)
{
    struct program program;
    int code = begin(peri, &program);
    if (code)
        return code;
    program_add(&program, "--rotate-capability-key");
    if (arg_has(peri, "prepare"))
        program_add(&program, "--prepare");
    return program_answer(&program, peri);
}

static int renew_certificate(struct peri *peri)
{
    struct program program;
    int code = begin(peri, &program);
    if (code)
        return code;
    program_add(&program, "--renew-certificate");
    program_option(&program, peri, "dns", "--dns");
    return program_answer(&program, peri);
}

static int renew_ca(struct peri *peri)
{
    struct program program;
    const char *certificate = arg_text(peri, "certificate"), *ca = arg_text(peri, "ca");
    const bool new_key = arg_has(peri, "new-key"), forget = arg_has(peri, "forget-former");
    const bool prepare = arg_has(peri, "prepare");
    if (prepare && !certificate)
        return fail(PERI_EXIT_USAGE, "--prepare is for another root, whose certificate is given by --certificate");
    if (certificate && (ca || new_key || forget))
        return fail(PERI_EXIT_USAGE, "--certificate is the issuing CA's: without --ca, --new-key and --forget-former");
    if ((new_key || forget) && !ca)
        return fail(PERI_EXIT_USAGE, "--new-key and --forget-former are for one CA: --ca operator, os, update-only or server");
    int code = begin(peri, &program);
    if (code)
        return code;
    program_add(&program, certificate ? "--renew-issuing" : "--renew-ca");
    program_add(&program, certificate ? certificate : ca ? ca : "all");
    if (new_key)
        program_add(&program, "--new-key");
    if (forget)
        program_add(&program, "--forget-former");
    if (prepare)
        program_add(&program, "--prepare");
    return program_answer(&program, peri);
}

static int rotate_update_key(struct peri *peri)
{
    struct program program;
    int code = begin(peri, &program);
    if (code)
        return code;
    program_option(&program, peri, "keystore-version", "--rotate-update-key");
    return program_answer(&program, peri);
}

#define DATA_OPTION {"data", NULL, OPTION_REQUIRED, "the service's data folder"}
static const struct option_row init_options[] = {
    DATA_OPTION,
    {"organisation", NULL, OPTION_VALUE, "name in certificates"},
    {"dns", NULL, OPTION_LIST, "name devices reach the service by (localhost is always one)"},
    {"operator", NULL, OPTION_VALUE, "name of the first operator"},
    {"database", NULL, OPTION_VALUE, "postgresql://USER@HOST/NAME instead of SQLite in the data folder"},
    {"issuing", NULL, OPTION_VALUE, "the root is off line: folder of peri root request, with issuing.pem and root.pem"},
    {"pkcs11-token", NULL, OPTION_VALUE, "keep the keys in this token: pkcs11:token=LABEL[;object=BEGINNING OF THEIR NAMES]"},
    {"pkcs11-keys", NULL, OPTION_VALUE, "only these, the others in files: root,operator,os,update-only,server,update,capability,audit,wrap,data"},
    {"pkcs11-module", NULL, OPTION_VALUE, "the token's PKCS#11 module, a file"},
    {"pkcs11-pin", NULL, OPTION_VALUE, "where its PIN is: file:/PATH, or credential:NAME of systemd"},
    {"pkcs11-paths", NULL, OPTION_VALUE, "files and folders that the module works on, /PATH:/PATH"},
    {"pkcs11-connect", NULL, OPTION_VALUE, "what the module connects to: unix (sockets) or tcp:PORT"},
    SCOPE_END};
static const struct option_row join_options[] = {
    {"data", NULL, OPTION_REQUIRED, "the data folder to make, which must not exist"},
    {"from", NULL, OPTION_REQUIRED, "data folder of the service that is there, or a copy of it"},
    {"dns", NULL, OPTION_LIST, "name devices reach this one by (localhost is always one)"},
    SCOPE_END};
static const struct option_row run_options[] = {
    DATA_OPTION,
    {"listen", NULL, OPTION_VALUE, "ADDRESS:PORT instead of the one in service.json"},
    {"allow-unconfined", NULL, OPTION_LIST, "part of the confinement that may be missing: uid, landlock, seccomp"},
    SCOPE_END};
static const struct option_row backup_options[] = {
    DATA_OPTION,
    {"output-directory", NULL, OPTION_REQUIRED, "folder for the backup, which must not exist"},
    SCOPE_END};
static const struct option_row restore_options[] = {
    {"data", NULL, OPTION_REQUIRED, "the data folder to make, which must not exist"},
    {"from", NULL, OPTION_REQUIRED, "folder of a backup"},
    {"key", NULL, OPTION_VALUE, "file with the key of its data (store/data.key of that service)"},
    {"database", NULL, OPTION_VALUE, "postgresql://USER@HOST/NAME of an empty database, when the service is on PostgreSQL"},
    SCOPE_END};
static const struct option_row move_options[] = {
    DATA_OPTION,
    {"to", NULL, OPTION_REQUIRED, "postgresql://USER@HOST/NAME of an empty database, or sqlite"},
    SCOPE_END};
static const struct option_row rotate_options[] = {
    DATA_OPTION,
    {"key", NULL, OPTION_VALUE, "file with the new key, 64 hex digits (default: one at random, kept as the present one is)"},
    {"pkcs11-key", NULL, OPTION_VALUE, "name of the token's AES key that seals the new one; made where it is missing"},
    SCOPE_END};
static const struct option_row move_keys_options[] = {
    DATA_OPTION,
    {"pkcs11-token", NULL, OPTION_REQUIRED, "the token they go to: pkcs11:token=LABEL[;object=BEGINNING OF THEIR NAMES]"},
    {"pkcs11-keys", NULL, OPTION_VALUE, "only these: root,issuing,operator,os,update-only,server,update,capability,audit"},
    SCOPE_END};
static const struct option_row wrap_options[] = {
    DATA_OPTION,
    {"key", NULL, OPTION_VALUE, "file with the new key, 64 hex digits (default: the one that was prepared, else one at random)"},
    {"pkcs11-key", NULL, OPTION_VALUE, "name of an AES key in the token that follows; made where it is missing"},
    {"prepare", NULL, OPTION_SWITCH, "the service opens with the new key and seals nothing by it yet: for several on one database"},
    SCOPE_END};
static const struct option_row capability_key_options[] = {
    DATA_OPTION,
    {"prepare", NULL, OPTION_SWITCH, "make the next key, for a keystore; the present one goes on signing"},
    SCOPE_END};
static const struct option_row update_key_options[] = {
    DATA_OPTION,
    {"keystore-version", NULL, OPTION_REQUIRED, "security version of the keystore that will have the new key"},
    SCOPE_END};
static const struct option_row renew_options[] = {
    DATA_OPTION,
    {"dns", NULL, OPTION_LIST, "names instead of those it has (localhost is always one)"},
    SCOPE_END};
static const struct option_row renew_ca_options[] = {
    DATA_OPTION,
    {"ca", NULL, OPTION_VALUE, "operator, os, update-only, server, root, or all but the root (default)"},
    {"new-key", NULL, OPTION_SWITCH, "another key for that CA (not the root's), beside the former one until what that signed has ended"},
    {"forget-former", NULL, OPTION_SWITCH, "refuse what a former CA of that name signed: its key was stolen, or all have new certificates"},
    {"certificate", NULL, OPTION_VALUE, "the root is off line: a new certificate of the issuing CA, or of the key that follows, from peri root sign, or its own, from peri root renew"},
    {"prepare", NULL, OPTION_SWITCH, "--certificate is another root's: devices and operators are given it before anything is signed by it"},
    SCOPE_END};
static const struct column init_columns[] = {
    {"Data", "data"}, {"Profile", "profile"}, {"Operator", "operator"}, {"Database", "database"}, COLUMNS_END};
static const struct column join_columns[] = {{"Data", "data"}, {"From", "from"}, {"Database", "database"}, COLUMNS_END};
static const struct column backup_columns[] = {
    {"Data", "data"}, {"Backup", "backup"}, {"Database", "database"}, {"Running", "running"}, COLUMNS_END};
static const struct column move_columns[] = {
    {"From", "from"}, {"To", "to"}, {"Rows", "rows"}, {"Tables", "tables"}, {"Images", "images"},
    {"Audit records", "auditRecords"}, {"Former database", "formerDatabase"}, COLUMNS_END};
static const struct column rotate_columns[] = {{"Data", "data"}, {"Key", "key"}, {"Sealed by", "sealedBy"}, COLUMNS_END};
static const struct column move_keys_columns[] = {
    {"Data", "data"}, {"Token", "token"}, {"Moved", "movedCount"}, {"Were there", "wereThere"}, COLUMNS_END};
static const struct column wrap_columns[] = {
    {"Key", "key"}, {"Prepared", "prepared"}, {"Resealed", "resealed"}, {"Unopened", "unopened"}, COLUMNS_END};
static const struct column update_key_columns[] = {
    {"Public key", "publicKey"}, {"Keystore version", "keystoreVersion"}, {"Restart needed", "restartNeeded"}, COLUMNS_END};
static const struct column capability_key_columns[] = {
    {"Public key", "publicKey"}, {"Prepared", "prepared"}, {"Restart needed", "restartNeeded"}, COLUMNS_END};
static const struct column renew_columns[] = {{"Certificate", "certificate"}, {"Restart needed", "restartNeeded"}, COLUMNS_END};
static const struct column renew_ca_columns[] = {
    {"CA", "ca"}, {"New key", "newKey"}, {"Forgotten", "forgotten"}, {"Restart needed", "restartNeeded"}, COLUMNS_END};

const struct verb service_verbs[] = {
    {"service", "init", init, NULL, "make a new service: keys, CAs, first operator", init_options, init_columns, true,
     PROGRAM_ANSWER("data, profile, operator, database (sqlite or postgresql), rootOffLine, token (its URI or null)")},
    {"service", "join", join, NULL, "make a further service on another one's PostgreSQL", join_options, join_columns, true,
     PROGRAM_ANSWER("data, from, database")},
    {"service", "run", run, NULL, "run the service in the foreground", run_options, NULL, true},
    {"service", "backup", backup, NULL, "copy a service's data, also while it runs", backup_options, backup_columns, true,
     PROGRAM_ANSWER("data, backup, database, running, tokens (URIs of those that keep keys of it)")},
    {"service", "restore", restore, NULL, "make a data folder from a backup", restore_options, join_columns, true,
     PROGRAM_ANSWER("data, from, database, tokens")},
    {"service", "move-database", move_database, NULL, "move a stopped service's data from SQLite to PostgreSQL, or back", move_options,
     move_columns, true, "All or nothing: until the end the service is as it was. Then start it, and remove the former database.\n"
     PROGRAM_ANSWER("data, from, to, tables, rows, images, auditRecords, formerDatabase (a file or null)")},
    {"service", "rotate-key", rotate_key, NULL, "give a running service's data a new key", rotate_options, rotate_columns, true,
     PROGRAM_ANSWER("data, key (where it is), sealedBy (URI of the token's key or null), sealingKeyMade")},
    {"service", "move-keys", move_keys, NULL, "move the keys of a stopped service from files into its PKCS#11 token", move_keys_options,
     move_keys_columns, true,
     "service.json names the module and the PIN. Each key is tried in the token, then its file has the name instead, and its bytes are written over. What was cut off is done again.\n"
     PROGRAM_ANSWER("data, token, moved (files, also when it fails half-way), movedCount, wereThere")},
    {"service", "rotate-wrap-key", rotate_wrap_key, NULL, "make a new key that seals the catalogs' CAs, while the service runs", wrap_options,
     wrap_columns, true,
     "All CAs are sealed by it. The former one opens crash dumps of before until these are gone. What was cut off goes on by itself.\n"
     PROGRAM_ANSWER("data, key, prepared, resealed, unopened (CAs; exit code 1 if there are any)")},
    {"service", "rotate-update-key", rotate_update_key, NULL, "make a new key that signs updates", update_key_options, update_key_columns, true,
     "The former one goes on signing for devices whose keystore is older. Publish a keystore with the new one, then restart the service.\n"
     PROGRAM_ANSWER("data, publicKey, keystoreVersion, restartNeeded")},
    {"service", "rotate-capability-key", rotate_capability_key, NULL, "make a new key that signs capabilities", capability_key_options,
     capability_key_columns, true,
     "First with --prepare; then a keystore with both keys goes to the devices; then without it, which ends the former key, and restart the service.\n"
     PROGRAM_ANSWER("data, publicKey, prepared, restartNeeded")},
    {"service", "renew-certificate", renew_certificate, NULL, "give the server a new certificate for two years", renew_options, renew_columns, true,
     "The key and the CA stay, so devices and operators need nothing. Restart the service to use it.\n"
     PROGRAM_ANSWER("data, certificate, restartNeeded")},
    {"service", "renew-ca", renew_ca, NULL, "give the service's CAs new certificates ahead of their end", renew_ca_options, renew_ca_columns, true,
     "The keys stay, but for --new-key: what was signed before verifies by the new certificates too. Then renew the server's certificate and restart the service.\n"
     PROGRAM_ANSWER("data, ca (a name, or all), newKey, forgotten (former CAs), restartNeeded")},
    VERBS_END,
};
