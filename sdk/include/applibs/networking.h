/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Networking: readiness, and the network proxy.  The rest of the original's networking.h
 * is not here yet (see README, "not yet").
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* True when an interface is up with an address and the time is known.
 * -1 with EFAULT, or EAGAIN while the OS service behind it is starting. */
int Networking_IsNetworkingReady(bool *outIsNetworkingReady);

/* -- network proxy ---------------------------------------------------------------
 * Names, numbers and limits are the original's.  The OS goes by way of the proxy once it is set and enabled; an
 * application does so itself, with what it reads here, and lists the proxy among its AllowedConnections.
 * All functions that return int: 0, or -1 with errno; EFAULT for NULL, EAGAIN while the OS service is starting. */

#define PROXY_ADDRESS_MAX_LENGTH 255
#define PROXY_NO_PROXY_ADDRESSES_MAX_LENGTH 255
#define PROXY_USERNAME_MAX_LENGTH 63
#define PROXY_PASSWORD_MAX_LENGTH 63

typedef struct Networking_ProxyConfig Networking_ProxyConfig;

typedef uint32_t Networking_ProxyOptions;
enum { Networking_ProxyOptions_None = 1 << 0, Networking_ProxyOptions_Enabled = 1 << 1 };

typedef int8_t Networking_ProxyType;
enum { Networking_ProxyType_Invalid = -1, Networking_ProxyType_HTTP = 0 };

typedef int8_t Networking_ProxyAuthType;
enum { Networking_ProxyAuthType_Invalid = -1, Networking_ProxyAuthType_Anonymous = 0, Networking_ProxyAuthType_Basic = 1 };

typedef uint32_t Networking_ProxyStatus;
enum {
    Networking_ProxyStatus_Enabled = 1 << 0,
    Networking_ProxyStatus_ResolvingProxyName = 1 << 1,
    Networking_ProxyStatus_Ready = 1 << 2,
};

/* Enabled, HTTP, anonymous, no address yet.  NULL with ENOMEM.  Destroy takes NULL, and wipes. */
Networking_ProxyConfig *Networking_Proxy_Create(void);
void Networking_Proxy_Destroy(Networking_ProxyConfig *proxyConfig);

/* Capability NetworkConfig: EACCES without it.  In force and stored when it returns 0.  EINVAL: no address, no port, or
 * not the name or IPv4 address of a host; ENOTSUP: this device uses no proxy; EIO. */
int Networking_Proxy_Apply(const Networking_ProxyConfig *proxyConfig);
/* NetworkConfig or ReadNetworkProxyConfig: EACCES without either.  ENOENT: none is set. */
int Networking_Proxy_Get(Networking_ProxyConfig *proxyConfig);

/* ERANGE: too long.  EINVAL: an option that does not exist, port 0, an empty name. */
int Networking_Proxy_SetProxyOptions(Networking_ProxyConfig *proxyConfig, Networking_ProxyOptions proxyOptions);
int Networking_Proxy_SetProxyAddress(Networking_ProxyConfig *proxyConfig, const char *proxyAddress, uint16_t proxyPort);
int Networking_Proxy_SetAnonymousAuthentication(Networking_ProxyConfig *proxyConfig);
int Networking_Proxy_SetBasicAuthentication(Networking_ProxyConfig *proxyConfig, const char *username, const char *password);
/* Hosts and domains with commas between them, or "*"; "" for none. */
int Networking_Proxy_SetProxyNoProxyAddresses(Networking_ProxyConfig *proxyConfig, const char *noProxyAddresses);

/* Texts live as long as the configuration is not changed or destroyed; NULL with EFAULT. */
int Networking_Proxy_GetProxyOptions(const Networking_ProxyConfig *proxyConfig, Networking_ProxyOptions *outProxyOptions);
const char *Networking_Proxy_GetProxyAddress(const Networking_ProxyConfig *proxyConfig);
int Networking_Proxy_GetProxyPort(const Networking_ProxyConfig *proxyConfig, uint16_t *outProxyPort);
Networking_ProxyType Networking_Proxy_GetProxyType(const Networking_ProxyConfig *proxyConfig);
const char *Networking_Proxy_GetProxyUsername(const Networking_ProxyConfig *proxyConfig);
const char *Networking_Proxy_GetProxyPassword(const Networking_ProxyConfig *proxyConfig);
Networking_ProxyAuthType Networking_Proxy_GetAuthType(const Networking_ProxyConfig *proxyConfig);
const char *Networking_Proxy_GetNoProxyAddresses(const Networking_ProxyConfig *proxyConfig);

/* 0: none is set, or it is not enabled. */
int Networking_Proxy_GetProxyStatus(Networking_ProxyStatus *outProxyStatus);

#ifdef __cplusplus
}
#endif
