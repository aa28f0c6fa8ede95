# shellcheck shell=bash disable=SC2154
case_what_was_left_behind_is_told() { shown 'survives SIGKILL, left behind: .*deadfs'; }
case_exit_status_is_that_of_the_guest() { is "$boot_status" 0; }
case_no_panic() { ! shown 'panic\|BUG:\|Oops'; }
