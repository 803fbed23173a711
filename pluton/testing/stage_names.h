/* SPDX-License-Identifier: BSD-2-Clause */
/* What every stage calls by the same name, told apart by the prefix of STAGE(). */
#ifndef PERI_PLUTON_TESTING_STAGE_NAMES_H
#define PERI_PLUTON_TESTING_STAGE_NAMES_H

#define stage_name STAGE(stage_name)
#define stage_main STAGE(stage_main)
#define stage_fault STAGE(stage_fault)
#define stage_protect STAGE(stage_protect)
#define stage_unprotect STAGE(stage_unprotect)
#define stage_watchdog_arm STAGE(stage_watchdog_arm)
#define stage_watchdog_tend STAGE(stage_watchdog_tend)
#define stage_seen STAGE(stage_seen)
#define stage_seen_count STAGE(stage_seen_count)
#define stage_next STAGE(stage_next)
#define stage_enter STAGE(stage_enter)
#define stage_recovery STAGE(stage_recovery)
#define handoff_measure STAGE(handoff_measure)
#define verdict_parse STAGE(verdict_parse)
#define verdict_root STAGE(verdict_root)
#define verdict_usage STAGE(verdict_usage)
#define verdict_signature STAGE(verdict_signature)
#define verdict_wrong STAGE(verdict_wrong)
#define verdict_wrong_itself STAGE(verdict_wrong_itself)
#define verdict_text STAGE(verdict_text)
#define runtime_boot STAGE(runtime_boot)
#define runtime_serve_start STAGE(runtime_serve_start)
#define runtime_serve STAGE(runtime_serve)

#endif
