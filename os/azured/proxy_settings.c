/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azured/proxy_settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/ct.h"
#include "os/dumps/kept_file.h"

#define FILE_NAME "proxy"
#define FRESH_NAME "proxy.new"

void proxy_settings_init(struct proxy_settings *settings, int folder)
{
    uint8_t bytes[NETWORK_PROXY_BYTES_MAX + 1];
    size_t len;
    *settings = (struct proxy_settings){.lock = PTHREAD_MUTEX_INITIALIZER, .folder = folder};
    int err = kept_file_read(folder, FILE_NAME, bytes, sizeof bytes, &len);
    if (err == E_NOT_FOUND)
        return;
    struct cursor c = cursor_of(span_of(bytes, err ? 0 : len));
    if (!err)
        err = network_proxy_read(&c, &settings->proxy);
    if (!err)
        err = cursor_end(&c);
    ct_wipe(bytes, sizeof bytes);
    settings->present = !err;
    if (err) {
        ct_wipe(&settings->proxy, sizeof settings->proxy);
        fprintf(stderr, "azured: stored network proxy: %s: going on without one\n", err_text(err));
    }
}

/* With the lock held. */
static void take(struct proxy_settings *settings, const struct network_proxy *proxy)
{
    settings->present = proxy != NULL;
    if (proxy)
        settings->proxy = *proxy;
    else
        ct_wipe(&settings->proxy, sizeof settings->proxy);
    settings->generation++;
    settings->outcome = PROXY_UNTRIED;
    settings->status = 0;
}

static int store(const struct proxy_settings *settings, const struct network_proxy *proxy)
{
    uint8_t bytes[NETWORK_PROXY_BYTES_MAX];
    struct writer w = writer_of(bytes, sizeof bytes);
    int err = network_proxy_write(proxy, &w);
    if (!err)
        err = kept_file_write(settings->folder, FILE_NAME, FRESH_NAME, 0600, writer_view(&w));
    ct_wipe(bytes, sizeof bytes);
    return err;
}

int proxy_settings_set(struct proxy_settings *settings, const struct network_proxy *proxy)
{
    struct network_proxy whole = *proxy;
    int err = network_proxy_valid(proxy) ? 0 : E_MALFORMED;
    pthread_mutex_lock(&settings->lock);
    if (!err && whole.authentication == NETWORK_PROXY_BASIC && !whole.has_password) {
        if (settings->present && settings->proxy.has_password && network_proxy_same_login(&settings->proxy, &whole)) {
            whole.has_password = true;
            memcpy(whole.password, settings->proxy.password, sizeof whole.password);
        } else {
            err = E_MISSING;
        }
    }
    if (!err)
        err = store(settings, &whole);
    if (!err)
        take(settings, &whole);
    pthread_mutex_unlock(&settings->lock);
    ct_wipe(&whole, sizeof whole);
    return err;
}

int proxy_settings_delete(struct proxy_settings *settings)
{
    pthread_mutex_lock(&settings->lock);
    int err = unlinkat(settings->folder, FILE_NAME, 0) != 0 && errno != ENOENT ? E_IO : 0;
    if (!err && fsync(settings->folder) != 0)
        err = E_IO;
    if (!err)
        take(settings, NULL);
    pthread_mutex_unlock(&settings->lock);
    return err;
}

bool proxy_settings_get(struct proxy_settings *settings, struct network_proxy *proxy, uint32_t *generation)
{
    pthread_mutex_lock(&settings->lock);
    bool present = settings->present;
    *proxy = settings->proxy;
    if (generation)
        *generation = settings->generation;
    pthread_mutex_unlock(&settings->lock);
    return present;
}

uint32_t proxy_settings_generation(struct proxy_settings *settings)
{
    pthread_mutex_lock(&settings->lock);
    uint32_t generation = settings->generation;
    pthread_mutex_unlock(&settings->lock);
    return generation;
}

uint32_t proxy_settings_status(struct proxy_settings *settings)
{
    uint32_t status = 0;
    pthread_mutex_lock(&settings->lock);
    if (settings->present && settings->proxy.enabled)
        status = NETWORK_PROXY_STATUS_ENABLED |
                 (settings->outcome == PROXY_LET_THROUGH  ? NETWORK_PROXY_STATUS_READY
                  : settings->outcome == PROXY_UNRESOLVED ? NETWORK_PROXY_STATUS_RESOLVING
                                                          : 0u);
    pthread_mutex_unlock(&settings->lock);
    return status;
}

static void say(const struct network_proxy *proxy, enum proxy_outcome outcome, int status)
{
    static const char *const words[] = {
        [PROXY_LET_THROUGH] = "lets connections through",
        [PROXY_UNRESOLVED] = "its name has no address",
        [PROXY_UNREACHABLE] = "cannot be reached, or broke off",
        [PROXY_SLOW] = "does not answer in time",
        [PROXY_NO_PROXY] = "what it answers is no answer of a proxy",
    };
    fprintf(stderr, "azured: network proxy \"%s:%u\": ", proxy->address, (unsigned)proxy->port);
    if (outcome == PROXY_REFUSED)
        fprintf(stderr, "answers %d%s\n", status,
                status == 407   ? ": it wants a user name and password, or others"
                : status == 403 ? ": it does not let the device reach the service"
                                : "");
    else
        fprintf(stderr, "%s\n", words[outcome]);
}

void proxy_settings_report(struct proxy_settings *settings, uint32_t generation, enum proxy_outcome outcome, int status)
{
    struct network_proxy proxy;
    pthread_mutex_lock(&settings->lock);
    bool of_now = settings->present && generation == settings->generation;
    bool fresh = of_now && outcome != PROXY_UNTRIED && (outcome != settings->outcome || status != settings->status);
    if (of_now) {
        settings->outcome = outcome;
        settings->status = status;
    }
    proxy = settings->proxy;
    pthread_mutex_unlock(&settings->lock);
    if (fresh)
        say(&proxy, outcome, status);
    ct_wipe(&proxy, sizeof proxy);
}
