/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "abi/azure_sphere.h"
#include "abi/monitor_call.h"
#include "abi/smc.h"
#include "os/azcore/record.h"

int record(uint32_t id, const struct crash *crash, uint32_t time_s)
{
    uint8_t request[8 + CRASH_REPORT_BYTES];
    struct writer w = writer_of(request, sizeof request);
    writer_u32le(&w, id);
    writer_u32le(&w, time_s);
    int err = crash_report_write(crash, &w);
    if (err)
        return err;
    int fd = open(AZURE_SPHERE_MONITOR_DEVICE, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return E_IO;
    struct azure_sphere_call call = {
        .number = SMC_RECORD_TELEMETRY,
        .request = (unsigned)(uintptr_t)request, /* the MCU's addresses have 32 bits */
        .request_bytes = (unsigned)w.len,
    };
    int failed = ioctl(fd, (int)AZURE_SPHERE_CALL, &call), why = errno;
    close(fd);
    if (failed)
        return why == EACCES ? E_DENIED : E_IO;
    return call.status == MONITOR_OK ? 0 : E_IO;
}
