# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
case_crash_is_told() { grep -q 'berth: PID 1 crashed: SIG[A-Z]* at address 0x[0-9a-f]*, pc 0x' "$console"; }

case_policy_is_told() { grep -q 'berth: powering off in 10 s' "$console"; }

case_no_panic() { ! grep -q 'Kernel panic' "$console"; }
