# shellcheck shell=bash disable=SC2154
case_job_timeout_action_ends_the_machine() {
	shown 'last.service had a job that took too long: JobTimeoutAction=poweroff-immediate'
	shown 'reboot: Power down'
}
case_immediate_asks_nobody() { ! shown '@@asked'; }
case_exit_status_is_0() { is "$boot_status" 0; }
