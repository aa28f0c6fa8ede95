# Limits of jobs, modes of jobs, and what is told of those that end without their unit.

case_job_has_a_limit() {
	before=$(uptime_ms)
	status 1 berthctl start behind-never 2>$T/errors
	between 990 $(($(uptime_ms) - before)) 4000
	grep -q 'A dependency job for behind-never.service failed' $T/errors
	is "$(prop behind-never ActiveState)" inactive
	told behind-never | grep -q 'needs never.service, which was not started'
}

case_unit_of_an_expired_job_goes_on() {
	is "$(prop never SubState)" start
	is "$(prop never Job)" 0
	told never | grep -q 'start job was not done within JobTimeoutSec=1s'
}

case_on_failure_of_jobs() {
	wait_state noted active
	wait_state noted-too active
}

case_expired_is_answered() {
	berthctl stop never
	status 1 berthctl start never 2>$T/errors
	grep -q 'Job for never.service timed out' $T/errors
	status 1 berthctl start never --json >$T/out
	grep -q '"result":"timeout"' $T/out
	berthctl stop never
}

case_running_limit_begins_with_the_turn() {
	berthctl start --no-block hangs
	wait_log hangs '^up'
	berthctl start --no-block waits
	is "$(prop waits JobType)" start
	wait_event waits 'timeout' berthctl stop hangs
	is "$(prop waits SubState)" start
	berthctl stop waits
}

case_flush() {
	berthctl start --no-block hangs
	berthctl start --no-block waits
	berthctl start --job-mode=flush simple
	is "$(prop hangs Job) $(prop waits Job)" "0 0"
	berthctl stop simple hangs
}

case_replace_irreversibly() {
	berthctl start --no-block --job-mode=replace-irreversibly hangs
	fails berthctl stop hangs 2>$T/errors
	grep -q 'hangs.service has a job queued that nothing may displace' $T/errors
	fails berthctl start --job-mode=nonsense hangs 2>$T/errors
	grep -q 'known: replace fail' $T/errors
	berthctl kill -s KILL hangs
	wait_state hangs failed
	berthctl reset-failed hangs
}

case_ignore_requirements() {
	fails berthctl start broken-needs
	berthctl start --job-mode=ignore-requirements broken-needs
	berthctl stop broken-needs
	berthctl start --job-mode=ignore-dependencies broken-needs
	berthctl stop broken-needs
}

case_restart_mode_normal_fails_what_depends() {
	status 1 berthctl start behind-normal
	wait_state flaky-normal active
	is "$(prop behind-normal ActiveState)" inactive
}

case_restart_mode_direct_spares_what_depends() {
	berthctl start behind-direct
	is "$(prop behind-direct ActiveState)" active
	is "$(logs flaky-direct | grep -c try)" 3
	is "$(prop flaky-direct NRestarts)" 2
}

finish() {
	[ "$1" = 0 ] || berthctl exit 1
	berthctl start --no-block last
}
