/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Category, class and type of the events that devices send, as answers name them.
 * Source: service-api: error reporting; the numbers: abi/device_api.h.
 */
#ifndef PERI_SERVICE_IPC_EVENT_NAMES_H
#define PERI_SERVICE_IPC_EVENT_NAMES_H

#include "abi/device_api.h"

/* number, category, class, type */
#define EVENT_NAME_TABLE(X)                                           \
    X(EVENT_APP_CRASH, "AppCrash", "App", "Unplanned")                \
    X(EVENT_APP_EXIT, "AppExit", "App", "Unplanned")                  \
    X(EVENT_APP_UPDATE, "AppUpdate", "App", "Planned")                \
    X(EVENT_OS_UPDATE, "OSUpdate", "OS", "Planned")                   \
    X(EVENT_UPDATE_REFUSED, "UpdateRefused", "OS", "Unplanned")       \
    X(EVENT_LOCAL_REFUSED, "LocalRequestRefused", "OS", "Unplanned")  \
    X(EVENT_APP_CRASH_REGISTERS, "AppCrash", "App", "Unplanned")      \
    X(EVENT_KERNEL_RESET, "KernelReset", "OS", "Unplanned")           \
    X(EVENT_SERVICE_FAILED, "ServiceFailed", "OS", "Unplanned")       \
    X(EVENT_REPORTS_LOST, "ReportsLost", "OS", "Unplanned")           \
    X(EVENT_STORAGE_FAILED, "StorageFailed", "OS", "Unplanned")       \
    X(EVENT_CLOCK_WRONG, "ClockWrong", "OS", "Unplanned")             \
    X(EVENT_DUMP_LOST, "CrashDumpLost", "App", "Unplanned")

#endif
