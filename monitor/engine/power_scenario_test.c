/* SPDX-License-Identifier: BSD-2-Clause */
/* The scenarios whose every operation loses power; power_test.h has the ids. */
#include "monitor/engine/power_test.h"

const struct power_scenario power_scenarios[] = {
    {"application: a second one", RAM_AS_HOST, power_update, {0}, {0xA2, 0xC2}, false, false},
    {"application: replaced", RAM_AS_HOST, power_update, {0}, {0xA3}, false, false},
    {"application: over a half-written one", RAM_AS_HOST, power_update, {0}, {0xA4}, false, true},
    {"application: back by a newer sequence", RAM_AS_HOST, power_update, {0xA3}, {0xA2}, false, false},
    {"applications removed", RAM_AS_HOST, power_update, {0xA3}, {0}, false, false},
    {"system", RAM_AS_HOST, power_update, {0}, {0x02, 0xA2}, false, false},
    {"system and applications", RAM_AS_HOST, power_update, {0xA3}, {0x02, 0xA5, 0xC2}, false, false},
    {"roll back", RAM_AS_HOST, power_update, {0}, {0x03, 0xA3}, true, false},
    {"keys rotated", RAM_AS_HOST, power_rotation, {0}, {0xE2}, false, false},
    {"sideload: replaces", RAM_AS_HOST, power_sideload, {0}, {0xA6}, false, false},
    {"sideload: a new one", RAM_AS_HOST, power_sideload, {0xA3}, {0xC4}, false, false},
    {"sideload: removed", RAM_AS_HOST, power_removal, {0xA3, 0xC2}, {0xC2}, false, false},

    {"application: replaced", RAM_AS_MCU, power_update, {0}, {0xA3, 0xC2}, false, false},
    {"application: over a half-written one", RAM_AS_MCU, power_update, {0}, {0xA4}, false, true},
    {"keys rotated", RAM_AS_MCU, power_rotation, {0xA3}, {0xE2}, false, false},
    {"sideload: replaces", RAM_AS_MCU, power_sideload, {0}, {0xA6}, false, false},
    {"sideload: removed", RAM_AS_MCU, power_removal, {0xA3, 0xC2}, {0xC2}, false, false},
    {"system", RAM_AS_MCU, power_update, {0}, {0x02, 0x62, 0x72, 0x82, 0xA2}, false, false},
    {"system, 1 image of 4", RAM_AS_MCU, power_update, {0}, {0x02, 0x61, 0x71, 0x81, 0xA2}, false, false},
    {"system and applications", RAM_AS_MCU, power_update, {0xA3}, {0x02, 0x62, 0x72, 0x82, 0xA5, 0xC2}, false, false},
    {"roll back", RAM_AS_MCU, power_update, {0}, {0x03, 0x63, 0x73, 0x83, 0xA3}, true, false},
};
const unsigned power_scenario_count = sizeof power_scenarios / sizeof power_scenarios[0];
