/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/attached/link.h"

#include <curl/curl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "abi/monitor_call.h"
#include "cli/attached/find.h"
#include "cli/output/progress.h"

enum {
    ANSWER_MAX = 1 << 20,
    CONNECT_S = 10,
};

static size_t take(char *data, size_t size, size_t count, void *context)
{
    struct attached_answer *a = context;
    size_t len = size * count;
    if (len > ANSWER_MAX - a->len)
        return 0;
    char *grown = realloc(a->at, a->len + len + 1);
    if (!grown)
        return 0;
    a->at = grown;
    memcpy(a->at + a->len, data, len);
    a->len += len;
    a->at[a->len] = '\0';
    return len;
}

/* Base64 of the SHA-256 of a certificate's public key, from its PEM text. */
static bool pin_of_pem(const char *pem, char pin[static KNOWN_PIN_BYTES])
{
    unsigned char *der = NULL, digest[32];
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *x = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    int len = x ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der) : -1;
    bool ok = len > 0 && EVP_Digest(der, (size_t)len, digest, NULL, EVP_sha256(), NULL) == 1;
    if (ok)
        EVP_EncodeBlock((unsigned char *)pin, digest, sizeof digest);
    OPENSSL_free(der);
    X509_free(x);
    BIO_free(bio);
    return ok;
}

/* -- exchange --------------------------------------------------------------------- */

static int upload_show(void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total, curl_off_t up)
{
    (void)context, (void)down_total, (void)down;
    if (up_total >= PROGRESS_BYTES_MIN)
        progress_bar("sending", (uint64_t)up, (uint64_t)up_total);
    return 0;
}

void *attached_handle(const char *address, const char *path, struct attached_answer *answer)
{
    char url[512];
    CURL *curl = curl_easy_init();
    if (!curl)
        return NULL;
    snprintf(url, sizeof url, "https://%s%s", address, path);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_3);
    /* No authority and no name vouches for a device: its key does. */
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)ATTACHED_TIMEOUT_S);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "peri/" PERI_VERSION);
    return curl;
}

static int unreachable(const char *address, CURLcode result)
{
    return fail(PERI_EXIT_UNREACHABLE,
                "no device answers at %s: %s; --device ADDRESS names another, and device.conf of the device says "
                "where it listens (service_interface)",
                address, curl_easy_strerror(result));
}

/* Asks something that anybody may ask, and looks at the key of who answers. */
static int key_learn(const char *address, char pin[static KNOWN_PIN_BYTES])
{
    struct attached_answer ignored = {0};
    struct curl_certinfo *chain = NULL;
    bool found = false;
    CURL *curl = attached_handle(address, "/status", &ignored);
    if (!curl)
        return fail(PERI_EXIT_ERROR, "out of memory");
    curl_easy_setopt(curl, CURLOPT_CERTINFO, 1L);
    CURLcode result = curl_easy_perform(curl);
    if (result == CURLE_OK && curl_easy_getinfo(curl, CURLINFO_CERTINFO, &chain) == CURLE_OK && chain &&
        chain->num_of_certs > 0)
        for (struct curl_slist *at = chain->certinfo[0]; at && !found; at = at->next)
            if (strncmp(at->data, "Cert:", 5) == 0)
                found = pin_of_pem(at->data + 5, pin);
    curl_easy_cleanup(curl);
    free(ignored.at);
    if (result != CURLE_OK)
        return unreachable(address, result);
    return found ? PERI_EXIT_OK : fail(PERI_EXIT_UNREACHABLE, "the device at %s shows no key", address);
}

/* Pins to demand: those that are known, or what was learned just now and is kept. */
static int pins_find(struct peri *peri, const char *address, bool again, char *pins, size_t cap)
{
    char path[4096], pin[KNOWN_PIN_BYTES], *text;
    int code = known_read(peri, path, &text);
    if (code)
        return code;
    known_pins(text, address, pins, cap);
    if (!*pins || again) {
        code = key_learn(address, pin);
        if (!code)
            code = known_keep(path, text, address, pin);
        if (!code) {
            fprintf(stderr, "peri: the device at %s is new here: its key (SHA-256 %s) is kept in '%s'\n", address, pin,
                    path);
            snprintf(pins, cap, "sha256//%s", pin);
        }
    }
    free(text);
    return code;
}

/* What an OS may not have: a path that it does not know. */
static int not_served(const char *path)
{
    static const struct {
        const char *prefix, *text;
    } words[] = {
        {"/wifi/", "this device has no Wi-Fi that its OS manages"},
        {"/certstore/", "this device's OS keeps no certificates for applications"},
        {"/net/proxy", "this device's OS takes no network proxy"},
        {"/net/firewall/", "this device's OS does not show its packet filter"},
        {"/net/interfaces/", "this device's OS does not change interfaces: they are set by device.conf"},
        {"/stats/", "this device's OS counts no memory of applications"},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strncmp(path, words[i].prefix, strlen(words[i].prefix)) == 0)
            return fail(PERI_EXIT_ERROR, "%s (it does not know %s)", words[i].text, path);
    return fail(PERI_EXIT_ERROR, "this device's OS does not know %s", path);
}

/* Words for what the device answers besides 200. */
static int refused(long status, const char *path, const char *text)
{
    static const struct {
        unsigned error;
        const char *text;
    } words[] = {
        {10u << 20 | 18, "this needs a device capability, which the device does not have: peri device capability download, then "
                         "peri device capability update"},
        {7u << 20 | MONITOR_VERIFICATION_FAILED, "the package does not verify on this device: signed with the development key, or "
                                                 "one of its keystore? Does the device have the capability for it?"},
        {7u << 20 | MONITOR_INVALID_PARAMETER, "only application packages can be sideloaded"},
        {7u << 20 | MONITOR_NO_FREE_SPACE, "there is no room for it: peri device sideload delete"},
        {7u << 20 | MONITOR_ABI_MISSING, "the package needs a newer OS than the device has"},
        {7u << 20 | MONITOR_IDENTITY_INCONSISTENT, "its component or image id belongs to another image of the device"},
        {10u << 20 | 6, "the device failed at it, and its console may say why; what azured keeps (network proxy, certificates) is not there on a "
                        "device without a service"},
        {10u << 20 | 17, "it is too large for this device"},
        {10u << 20 | 20, "the device takes no such proxy: a name or IPv4 address, a port from 1 on, names and passwords without control characters"},
        {10u << 20 | 21, "the device has no password for this proxy and user: peri device network proxy apply with --password"},
        {10u << 20 | 22, "no network proxy is set: peri device network proxy apply"},
        {37u << 20 | 2, "that is no name for a certificate: 1 to 16 letters, digits, '.', '-' and '_'"},
        {37u << 20 | 4, "the name of the certificate has more than 16 characters"},
        {37u << 20 | 7, "the device's store has no such certificate: peri device certificate list"},
        {37u << 20 | 11, "the device's certificate store is full: peri device certificate show-quota, delete"},
        {37u << 20 | 13, "the certificate is none, or not in PEM"},
        {37u << 20 | 14, "the certificate has more than the 8 KiB that a device takes"},
        {37u << 20 | 15, "the private key is none, or its password is not right, or opening it takes more than 100,000 rounds"},
        {37u << 20 | 16, "the private key has more than the 8 KiB that a device takes"},
        {37u << 20 | 20, "the private key is not that of the certificate"},
        {37u << 20 | 21, "the private key needs no password: leave --private-key-password out"},
        {16u << 20 | 1, "this kind of device cannot do that"},
        {11u << 20 | 2, "the device has no such interface: peri device network list-interfaces"},
        {14u << 20 | 11, "the device has no debug server: start the application without --debug-mode"},
        {14u << 20 | 6, "the application did not start within 10 s: peri device log"},
        {14u << 20 | 12, "no such application on the device: peri device image list-installed"},
        {14u << 20 | 15, "that is no component id"},
        {16u << 20 | 3, "the capability file is not for this device, or not signed by its service"},
        {46u << 20 | 6, "the manufacturing state only goes forward"},
    };
    unsigned error = 0;
    json_t *answer = json_loads(text ? text : "", 0, NULL);
    if (json_is_integer(json_object_get(answer, "error")))
        error = (unsigned)json_integer_value(json_object_get(answer, "error"));
    json_decref(answer);
    if (!error && status == 404)
        return fail(PERI_EXIT_ERROR, "what answers there is no device, or one that does not know %s: PERI_DEVICE, or --device, is the address of one",
                    path);
    if (error == (15u << 20 | 1) || error == (15u << 20 | 2))
        return not_served(path);
    int code = status == 404 ? PERI_EXIT_NOT_FOUND
               : error == (7u << 20 | MONITOR_VERIFICATION_FAILED) || error == (16u << 20 | 3) ? PERI_EXIT_REFUSED
                                                                                                : PERI_EXIT_ERROR;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (words[i].error == error)
            return fail(code, "%s", words[i].text);
    return fail(code, "the device refuses: status %ld, error %u.%u", status, error >> 20, error & 0xFFFFF);
}

int attached_call(struct peri *peri, const char *method, const char *path, struct span body,
                  const char *type, char **text)
{
    char address[KNOWN_ADDRESS_BYTES], pins[4096], header[128];
    struct attached_answer answer = {0};
    long status = 0;
    *text = NULL;
    int code = attached_address(peri, address);
    if (!code)
        code = pins_find(peri, address, false, pins, sizeof pins);
    if (code)
        return code;
    for (bool again = false;; again = true) {
        CURL *curl = attached_handle(address, path, &answer);
        snprintf(header, sizeof header, "Content-Type: %s", type);
        struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
        headers = curl_slist_append(headers, header);
        if (!curl || !headers)
            return fail(PERI_EXIT_ERROR, "out of memory");
        curl_easy_setopt(curl, CURLOPT_PINNEDPUBLICKEY, pins);
        if (peri->device_timeout_s)
            curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)peri->device_timeout_s);
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        if (body.len) {
            curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
            curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.at);
            if (progress_wanted(peri)) {
                curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, upload_show);
                curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
            }
        }
        CURLcode result = curl_easy_perform(curl);
        progress_clear();
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
        curl_slist_free_all(headers);
        curl_easy_cleanup(curl);
        if (arg_has(peri, "verbose") || arg_has(peri, "debug"))
            fprintf(stderr, "peri: %s https://%s%s: %ld, %zu bytes\n", method, address, path, status, answer.len);
        if (result == CURLE_OK)
            break;
        bool other = result == CURLE_SSL_PINNEDPUBKEYNOTMATCH;
        free(answer.at);
        answer = (struct attached_answer){0};
        if (!other)
            return unreachable(address, result);
        if (again || !arg_has(peri, "trust-new-device"))
            return fail(PERI_EXIT_UNREACHABLE,
                        "the device at %s is not one that was seen there before: if you have attached another, say "
                        "--trust-new-device",
                        address);
        code = pins_find(peri, address, true, pins, sizeof pins);
        if (code)
            return code;
    }
    if (status != 200 && status != 201) {
        code = refused(status, path, answer.at);
        free(answer.at);
        return code;
    }
    *text = answer.at ? answer.at : strdup("");
    return *text ? PERI_EXIT_OK : fail(PERI_EXIT_ERROR, "out of memory");
}

int attached_json(struct peri *peri, const char *method, const char *path, json_t *body, json_t **answer)
{
    char *sent = body ? json_dumps(body, JSON_COMPACT) : NULL, *text;
    int code = attached_call(peri, method, path, span_of(sent, sent ? strlen(sent) : 0), "application/json", &text);
    free(sent);
    if (answer)
        *answer = NULL;
    if (code)
        return code;
    json_t *got = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    free(text);
    if (!got)
        return fail(PERI_EXIT_ERROR, "the device answers with something that is no JSON");
    if (answer)
        *answer = got;
    else
        json_decref(got);
    return PERI_EXIT_OK;
}
