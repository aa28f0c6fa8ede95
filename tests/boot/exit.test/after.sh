# shellcheck shell=bash disable=SC2154
case_exit_status_is_the_guests() { is "$boot_status" 42; }
