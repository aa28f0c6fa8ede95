# shellcheck shell=bash disable=SC2154
case_exit_status_is_what_was_written() { is "$boot_status" 41; }
