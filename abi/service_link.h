/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The service link of an MCU: the cable between a device and its developer's computer, as IPv4.
 * Source: docs/spec/local-rest.md; the addresses are those of Azure Sphere's USB cable.
 * Read by the application manager (who listens), networkd (address and packet filter) and `peri mcu run`
 * (the other end).  Its name in the kernel comes from the device tree's label.
 */
#ifndef PERI_ABI_SERVICE_LINK_H
#define PERI_ABI_SERVICE_LINK_H

#define SERVICE_LINK_NAME "service"
#define SERVICE_LINK_ADDRESS_TEXT "192.168.35.2" /* the device */
#define SERVICE_LINK_HOST_TEXT "192.168.35.1"    /* the computer */
#define SERVICE_LINK_NETWORK_TEXT "192.168.35.0/24"
#define SERVICE_LINK_ADDRESS 0xC0A82302u
#define SERVICE_LINK_MASK 0xFFFFFF00u

enum {
    SERVICE_LINK_PORT = 443,
    SERVICE_LINK_BACKLOG = 4, /* connections that wait while one is served */
};

#endif
