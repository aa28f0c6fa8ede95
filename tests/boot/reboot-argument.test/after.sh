# shellcheck shell=bash disable=SC2154
case_argument_reaches_the_kernel() { shown "reboot: Restarting system with command 'slot b'"; }
case_exit_status_is_0() { is "$boot_status" 0; }
