# shellcheck shell=bash disable=SC2154
case_exit_status_is_99() { is "$boot_status" 99; }
