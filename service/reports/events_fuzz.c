/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "service/reports/events.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct store_report report;

    if (events_parse(span_of(data, size), 1800000000, &report) != 0) {
        if (report.count != 0)
            abort();
        return 0;
    }
    for (uint16_t i = 0; i < report.count; i++)
        if (report.at[i].count == 0 || report.at[i].first_s > report.at[i].last_s)
            abort();
    return 0;
}
