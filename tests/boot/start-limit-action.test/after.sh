# shellcheck shell=bash disable=SC2154
case_argument_reaches_the_kernel() { shown "reboot: Restarting system with command 'rescue slot'"; }
case_units_are_not_waited_for() { shown 'no longer waiting for stubborn.service'; }
case_why_is_told() { shown 'loop.service was started too often: StartLimitAction=reboot-force'; }
