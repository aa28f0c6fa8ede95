# HealthCmd= and its kin: what no longer answers is found, told and dealt with.

health() { prop "$1" Health; }

case_healthy_is_told() {
	wait_event inside 'active (running) health healthy' berthctl start inside
	is "$(health inside)" healthy
	is "$(prop inside HealthFailingStreak)" 0
	berthctl status inside | grep -q 'Health: healthy'
	berthctl show inside --json | grep -q '"Health":"healthy"'
}

case_check_runs_within_the_service() {
	wait_log inside '^inside$' 2
	# its first check came when the namespaces were not complete yet: that is no failure
	told inside | grep -c 'HealthCmd=' | grep -qx 0
}

case_check_is_within_the_limits() {
	berthctl start slow-check
	wait_log slow-check '^check'
	pid=$(head -n 1 $(cgroup slow-check)/health/cgroup.procs)
	[ -n "$pid" ]
	grep -q "slow-check.service/health" /proc/$pid/cgroup
}

case_stop_while_a_check_runs_is_clean() {
	for unit in slow-check slow-check-none; do
		berthctl start $unit
		wait_log $unit '^check'
		before=$(uptime_ms)
		berthctl stop $unit
		between 0 $(($(uptime_ms) - before)) 5000
		is "$(prop $unit Result) $(prop $unit ActiveState)" "success inactive"
		[ ! -d /sys/fs/cgroup/system.slice/$unit.service ]
		is "$(health $unit)" ''
	done
}

case_main_dies_while_a_check_runs() {
	berthctl start slow-check-none
	wait_log slow-check-none '^check' 2
	berthctl kill --kill-who=main -s KILL slow-check-none
	wait_state slow-check-none failed
	is "$(prop slow-check-none Result)" signal
	all_dead slow-check-none
}

case_unhealthy_is_restarted() {
	wait_event on-restart 'health healthy' berthctl start on-restart
	wait_event on-restart 'unhealthy' rm /run/on-restart
	wait_log on-restart '^up' 2
	wait_state on-restart active
	is "$(prop on-restart NRestarts)" 1
	logs on-restart | grep -qx asked
	told on-restart | grep 'ended (HealthCmd= failed 2 times in a row), restart 1'
	is "$(told on-restart | grep -c 'HealthCmd= exited with status 1')" 2
}

case_unhealthy_is_stopped() {
	wait_event on-stop 'health healthy' berthctl start on-stop
	rm /run/on-stop
	wait_state on-stop failed
	is "$(prop on-stop Result)" unhealthy
	logs on-stop | grep -qx asked
}

case_unhealthy_is_killed_and_restart_decides() {
	wait_event on-kill 'health healthy' berthctl start on-kill
	rm /run/on-kill
	wait_log on-kill '^up' 2
	is "$(logs on-kill | grep -c asked)" 0
	is "$(prop on-kill NRestarts)" 1
}

case_unhealthy_is_only_told() {
	wait_event on-none 'health healthy' berthctl start on-none
	wait_event on-none 'health unhealthy' rm /run/on-none
	is "$(prop on-none SubState) $(health on-none)" "running unhealthy"
	berthctl status on-none | grep -q 'Health: unhealthy ([0-9]* checks in a row have failed)'
	wait_event on-none 'health healthy' touch /run/on-none
	is "$(prop on-none NRestarts)" 0
	berthctl stop on-none
}

case_hanging_check_is_killed() {
	wait_event hangs 'health unhealthy' berthctl start hangs
	wait_log hangs '^check' 4
	# the shell, its two children and the stub of one check at most
	between 0 "$(wc -l <$(cgroup hangs)/health/cgroup.procs)" 4
	told hangs | grep -q 'HealthCmd= did not end within HealthTimeout='
	berthctl stop hangs
	is "$(prop hangs Result)" success
	is "$(grep -l '^sleep.66666' /proc/[0-9]*/cmdline)" ''
}

case_nothing_is_left_over_of_a_check() {
	wait_event leaves-some 'health healthy' berthctl start leaves-some
	eventually grep -q 'populated 0' $(cgroup leaves-some)/health/cgroup.events
	berthctl stop leaves-some
}

case_start_period() {
	berthctl start young
	wait_log young '^not yet' 3
	is "$(health young) $(prop young SubState)" "starting running"
	wait_event young 'health healthy' touch /run/young
	wait_event young 'activating' rm /run/young
	berthctl stop young
}

case_none_is_no_check() {
	berthctl start switched-off
	is "$(health switched-off)" ''
	[ ! -d $(cgroup switched-off)/health ]
}

case_check_that_cannot_be_made_has_failed() {
	berthctl start no-such
	wait_state no-such failed
	is "$(prop no-such Result)" unhealthy
	told no-such | grep -q 'no-such.service:5: HealthCmd: cannot execute /bin/nonesuch'
}

case_daemon_of_its_own() {
	wait_event forks 'health healthy' berthctl start forks
	kill $(cat /run/forks.pid)
	wait_state forks inactive
	is "$(prop forks Result)" success
}

case_mistakes_are_found() {
	mkdir -p $T/units
	printf '[Service]\nExecStart=/bin/true\nHealthRetries=2\n[Container]\nHealthInterval=0\nHealthRetries=0\nHealthOnFailure=pray\n' >$T/units/bad.service
	fails berthctl verify $T/units/bad.service 2>$T/out
	grep 'bad.service:5: error: HealthInterval: must be more than 0' $T/out
	grep 'bad.service:6: error: HealthRetries: number out of range' $T/out
	grep 'bad.service:7: error: HealthOnFailure: must be one of none kill restart stop' $T/out
	grep 'bad.service:3:.*HealthRetries: has no effect without HealthCmd=' $T/out
}

case_reload_takes_checks_away_and_brings_them() {
	mkdir -p /run/berth/units
	cat >/run/berth/units/changes.service <<-EOF
		[Service]
		ExecStart=/bin/sleep 77777

		[Container]
		HealthCmd=/bin/true
		HealthInterval=100ms
	EOF
	wait_event changes 'health healthy' berthctl start changes
	sed -i '/^Health/d' /run/berth/units/changes.service
	berthctl daemon-reload
	is "$(health changes) $(prop changes SubState)" ' running'
	printf 'HealthCmd=/bin/true\nHealthInterval=100ms\n' >>/run/berth/units/changes.service
	wait_event changes 'health healthy' berthctl daemon-reload
	berthctl stop changes
}
