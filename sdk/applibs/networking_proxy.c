/* SPDX-License-Identifier: BSD-2-Clause */
/* The network proxy of the device (abi/network_proxy.h), asked of the OS over the application's channel. */
#include <applibs/networking.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "abi/app_channel.h"
#include "lib/ct.h"
#include "lib/network_proxy.h"
#include "sdk/applibs/channel.h"

_Static_assert(PROXY_ADDRESS_MAX_LENGTH == (int)NETWORK_PROXY_ADDRESS_MAX &&
                   PROXY_NO_PROXY_ADDRESSES_MAX_LENGTH == (int)NETWORK_PROXY_NO_PROXY_MAX &&
                   PROXY_USERNAME_MAX_LENGTH == (int)NETWORK_PROXY_CREDENTIAL_MAX &&
                   PROXY_PASSWORD_MAX_LENGTH == (int)NETWORK_PROXY_CREDENTIAL_MAX,
               "limits are the record's");
_Static_assert((int)Networking_ProxyStatus_Enabled == (int)NETWORK_PROXY_STATUS_ENABLED &&
                   (int)Networking_ProxyStatus_ResolvingProxyName == (int)NETWORK_PROXY_STATUS_RESOLVING &&
                   (int)Networking_ProxyStatus_Ready == (int)NETWORK_PROXY_STATUS_READY &&
                   (int)Networking_ProxyAuthType_Anonymous == (int)NETWORK_PROXY_ANONYMOUS &&
                   (int)Networking_ProxyAuthType_Basic == (int)NETWORK_PROXY_BASIC,
               "numbers are passed through");

struct Networking_ProxyConfig {
    struct network_proxy proxy;
};

static int fail(int error)
{
    errno = error;
    return -1;
}

Networking_ProxyConfig *Networking_Proxy_Create(void)
{
    Networking_ProxyConfig *config = calloc(1, sizeof *config);
    if (config)
        config->proxy.enabled = true;
    return config;
}

void Networking_Proxy_Destroy(Networking_ProxyConfig *proxyConfig)
{
    if (proxyConfig)
        ct_wipe(proxyConfig, sizeof *proxyConfig);
    free(proxyConfig);
}

int Networking_Proxy_Apply(const Networking_ProxyConfig *proxyConfig)
{
    uint8_t bytes[NETWORK_PROXY_BYTES_MAX];
    struct writer w = writer_of(bytes, sizeof bytes);
    if (!proxyConfig)
        return fail(EFAULT);
    if (network_proxy_write(&proxyConfig->proxy, &w) != 0)
        return fail(EINVAL);
    int result = channel_ask(APP_CALL_PROXY_APPLY, bytes, w.len, NULL, 0);
    ct_wipe(bytes, sizeof bytes);
    return result;
}

int Networking_Proxy_Get(Networking_ProxyConfig *proxyConfig)
{
    uint8_t bytes[NETWORK_PROXY_BYTES_MAX];
    struct network_proxy proxy;
    size_t len;
    if (!proxyConfig)
        return fail(EFAULT);
    if (channel_ask_some(APP_CALL_PROXY_GET, NULL, 0, bytes, sizeof bytes, &len) != 0)
        return -1;
    struct cursor c = cursor_of(span_of(bytes, len));
    int err = network_proxy_read(&c, &proxy);
    if (!err)
        err = cursor_end(&c);
    if (!err)
        proxyConfig->proxy = proxy;
    ct_wipe(&proxy, sizeof proxy);
    ct_wipe(bytes, sizeof bytes);
    return err ? fail(EIO) : 0;
}

/* to holds max bytes and a terminator. */
static int text_set(char *to, size_t max, const char *text)
{
    size_t len = strlen(text);
    if (len > max)
        return fail(ERANGE);
    memset(to, 0, max + 1);
    memcpy(to, text, len);
    return 0;
}

int Networking_Proxy_SetProxyOptions(Networking_ProxyConfig *proxyConfig, Networking_ProxyOptions proxyOptions)
{
    if (!proxyConfig)
        return fail(EFAULT);
    if (proxyOptions != Networking_ProxyOptions_None && proxyOptions != Networking_ProxyOptions_Enabled)
        return fail(EINVAL);
    proxyConfig->proxy.enabled = proxyOptions == Networking_ProxyOptions_Enabled;
    return 0;
}

int Networking_Proxy_SetProxyAddress(Networking_ProxyConfig *proxyConfig, const char *proxyAddress, uint16_t proxyPort)
{
    if (!proxyConfig || !proxyAddress)
        return fail(EFAULT);
    if (!*proxyAddress || proxyPort == 0)
        return fail(EINVAL);
    if (text_set(proxyConfig->proxy.address, PROXY_ADDRESS_MAX_LENGTH, proxyAddress) != 0)
        return -1;
    proxyConfig->proxy.port = proxyPort;
    return 0;
}

int Networking_Proxy_SetAnonymousAuthentication(Networking_ProxyConfig *proxyConfig)
{
    if (!proxyConfig)
        return fail(EFAULT);
    network_proxy_hide(&proxyConfig->proxy);
    memset(proxyConfig->proxy.username, 0, sizeof proxyConfig->proxy.username);
    proxyConfig->proxy.authentication = NETWORK_PROXY_ANONYMOUS;
    return 0;
}

int Networking_Proxy_SetBasicAuthentication(Networking_ProxyConfig *proxyConfig, const char *username, const char *password)
{
    if (!proxyConfig || !username || !password)
        return fail(EFAULT);
    if (!*username || !*password)
        return fail(EINVAL);
    if (strlen(username) > PROXY_USERNAME_MAX_LENGTH || strlen(password) > PROXY_PASSWORD_MAX_LENGTH)
        return fail(ERANGE);
    (void)text_set(proxyConfig->proxy.username, PROXY_USERNAME_MAX_LENGTH, username);
    (void)text_set(proxyConfig->proxy.password, PROXY_PASSWORD_MAX_LENGTH, password);
    proxyConfig->proxy.authentication = NETWORK_PROXY_BASIC;
    proxyConfig->proxy.has_password = true;
    return 0;
}

int Networking_Proxy_SetProxyNoProxyAddresses(Networking_ProxyConfig *proxyConfig, const char *noProxyAddresses)
{
    if (!proxyConfig || !noProxyAddresses)
        return fail(EFAULT);
    return text_set(proxyConfig->proxy.no_proxy, PROXY_NO_PROXY_ADDRESSES_MAX_LENGTH, noProxyAddresses);
}

int Networking_Proxy_GetProxyOptions(const Networking_ProxyConfig *proxyConfig, Networking_ProxyOptions *outProxyOptions)
{
    if (!proxyConfig || !outProxyOptions)
        return fail(EFAULT);
    *outProxyOptions = proxyConfig->proxy.enabled ? Networking_ProxyOptions_Enabled : Networking_ProxyOptions_None;
    return 0;
}

int Networking_Proxy_GetProxyPort(const Networking_ProxyConfig *proxyConfig, uint16_t *outProxyPort)
{
    if (!proxyConfig || !outProxyPort)
        return fail(EFAULT);
    *outProxyPort = proxyConfig->proxy.port;
    return 0;
}

Networking_ProxyType Networking_Proxy_GetProxyType(const Networking_ProxyConfig *proxyConfig)
{
    return proxyConfig ? (Networking_ProxyType)Networking_ProxyType_HTTP : (Networking_ProxyType)fail(EFAULT);
}

Networking_ProxyAuthType Networking_Proxy_GetAuthType(const Networking_ProxyConfig *proxyConfig)
{
    return proxyConfig ? (Networking_ProxyAuthType)proxyConfig->proxy.authentication : (Networking_ProxyAuthType)fail(EFAULT);
}

static const char *text_of(const Networking_ProxyConfig *config, const char *text)
{
    if (!config)
        (void)fail(EFAULT);
    return config ? text : NULL;
}

const char *Networking_Proxy_GetProxyAddress(const Networking_ProxyConfig *proxyConfig)
{
    return text_of(proxyConfig, proxyConfig ? proxyConfig->proxy.address : NULL);
}

const char *Networking_Proxy_GetProxyUsername(const Networking_ProxyConfig *proxyConfig)
{
    return text_of(proxyConfig, proxyConfig ? proxyConfig->proxy.username : NULL);
}

const char *Networking_Proxy_GetProxyPassword(const Networking_ProxyConfig *proxyConfig)
{
    return text_of(proxyConfig, proxyConfig ? proxyConfig->proxy.password : NULL);
}

const char *Networking_Proxy_GetNoProxyAddresses(const Networking_ProxyConfig *proxyConfig)
{
    return text_of(proxyConfig, proxyConfig ? proxyConfig->proxy.no_proxy : NULL);
}

int Networking_Proxy_GetProxyStatus(Networking_ProxyStatus *outProxyStatus)
{
    uint8_t bytes[4];
    if (!outProxyStatus)
        return fail(EFAULT);
    *outProxyStatus = 0;
    if (channel_ask(APP_CALL_PROXY_STATUS, NULL, 0, bytes, sizeof bytes) != 0)
        return -1;
    struct cursor c = cursor_of(span_of(bytes, sizeof bytes));
    *outProxyStatus = cursor_u32le(&c);
    return 0;
}
