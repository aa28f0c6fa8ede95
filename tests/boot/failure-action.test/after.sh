# shellcheck shell=bash disable=SC2154
case_exit_status_is_the_main_process_own() { is "$boot_status" 37; }
case_end_is_orderly() { shown '@@orderly'; }
case_why_is_told() { shown 'core.service failed: FailureAction=exit'; }
