# FailureAction=exit: what the machine stands or falls with ends it, with its own exit status.
case_a_restart_is_no_failure() {
	berthctl start core
	wait_log core '^up'
	echo 1 >/run/core-status
	wait_log core '^up' 2
	is "$(berthctl is-system-running)" running
}

case_a_stop_is_no_failure() {
	berthctl stop core
	is "$(prop core ActiveState)" inactive
	is "$(berthctl is-system-running)" running
	berthctl reset-failed core
	berthctl start core
	wait_log core '^up' 3
}

case_show() {
	is "$(prop other FailureAction)" none
}

finish() {
	[ "$1" = 0 ] || berthctl exit 1
	echo 37 >/run/core-status
}
