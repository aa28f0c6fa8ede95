# shellcheck shell=bash disable=SC2154
case_argument_reaches_the_kernel() { shown "reboot: Restarting system with command 'other slot'"; }
case_why_is_told() { shown 'hangs.service had a job that took too long: JobTimeoutAction=reboot-force'; }
