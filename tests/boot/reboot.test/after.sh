# shellcheck shell=bash disable=SC2154
case_kernel_says_restarting() { shown 'reboot: Restarting system'; }
case_exit_status_is_0() { is "$boot_status" 0; }
