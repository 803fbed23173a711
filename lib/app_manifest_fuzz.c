/* SPDX-License-Identifier: BSD-2-Clause */
/* Accepted or zeroed; every offset and count of an accepted manifest holds. */
#include <stdlib.h>
#include <string.h>

#include "lib/app_manifest.h"
#include "lib/host_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static size_t text_length(const struct app_manifest *m, uint16_t at)
{
    require(at < sizeof m->text && memchr(m->text + at, 0, sizeof m->text - at));
    return strlen(m->text + at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct app_manifest zero;
    struct app_manifest m;
    int err = app_manifest_parse(span_of(data, size), &m);
    if (err) {
        require(strcmp(app_manifest_error_text(err), "unknown error") != 0);
        require(memcmp(&m, &zero, sizeof m) == 0);
        return 0;
    }
    require(text_length(&m, m.name) > 0 && m.text[m.entry_point] == '/');
    require(m.arg_count <= APP_MANIFEST_ARGS_MAX && m.connection_count <= APP_MANIFEST_CONNECTIONS_MAX);
    for (size_t i = 0; i < m.arg_count; i++)
        (void)text_length(&m, m.arg[i]);
    for (size_t i = 0; i < m.connection_count; i++) {
        const char *name = app_manifest_text(&m, m.connection[i]);
        require(host_name_valid(span_of(name, text_length(&m, m.connection[i]))));
    }
    require(m.tcp_port_count <= APP_MANIFEST_PORTS_MAX && m.udp_port_count <= APP_MANIFEST_PORTS_MAX);
    require(m.peer_count <= APP_MANIFEST_PEERS_MAX && m.storage_kb <= APP_MANIFEST_STORAGE_KB_MAX);
    require(m.peripheral_count <= APP_MANIFEST_PERIPHERALS_MAX);
    for (size_t i = 0; i < m.peripheral_count; i++)
        require(m.peripheral[i].kind <= APP_PERIPHERAL_ADC);
    if (m.type == APP_TYPE_REAL_TIME_CAPABLE)
        require(!m.flags && !m.connection_count && !m.tcp_port_count && !m.udp_port_count &&
                !m.storage_kb && !m.has_device_authentication);
    return 0;
}
