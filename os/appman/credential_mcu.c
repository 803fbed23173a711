/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/appman/credential.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "abi/azure_sphere.h"
#include "lib/cursor.h"
#include "lib/guid.h"

int credential_enter(const uint8_t component[static CREDENTIAL_ID_BYTES],
                     const uint8_t tenant[static CREDENTIAL_ID_BYTES], uint32_t capabilities)
{
    uint8_t bytes[AZURE_SPHERE_CREDENTIAL_BYTES];
    struct writer w = writer_of(bytes, sizeof bytes);
    char text[AZURE_SPHERE_TENANT_BYTES] = "";
    if (!guid_is_zero(tenant))
        guid_format(tenant, text);
    writer_bytes(&w, component, AZURE_SPHERE_COMPONENT_BYTES);
    writer_u8(&w, 0); /* no job control */
    writer_bytes(&w, text, sizeof text);
    writer_zero(&w, AZURE_SPHERE_CREDENTIAL_CAPABILITIES - AZURE_SPHERE_CREDENTIAL_ZERO);
    writer_u32le(&w, capabilities);
    int fd = open("/proc/thread-self/attr/exec", O_WRONLY | O_CLOEXEC);
    bool written = fd >= 0 && !w.err && write(fd, bytes, w.len) == (ssize_t)w.len;
    if (fd >= 0)
        close(fd);
    return written ? 0 : E_DENIED;
}
