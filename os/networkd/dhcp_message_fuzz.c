/* SPDX-License-Identifier: BSD-2-Clause */
/* Whatever a server says: a lease that is taken is one that can be configured. */
#include <stdlib.h>

#include "os/networkd/address.h"
#include "os/networkd/dhcp_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t mac[DHCP_MAC_BYTES] = {2, 1, 2, 3, 4, 5};
    struct dhcp_reply r;
    if (dhcp_message_parse(span_of(data, size), 42, mac, &r) || r.type == DHCP_NAK)
        return 0;
    if (!address_unicast(r.address) || (r.router && (r.router ^ r.address) & r.mask) ||
        r.renew_s == 0 || r.renew_s >= r.rebind_s || r.rebind_s >= r.lease_s ||
        r.lease_s < DHCP_LEASE_MIN_S || r.dns_count > DHCP_SERVERS_MAX)
        abort();
    return 0;
}
