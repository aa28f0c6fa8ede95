# When a service counts as started, by its Type=, without and with isolation.
case_simple() { is "$(prop simple SubState)" running; }
case_exec() { for i in none standard; do is "$(prop exec-$i SubState)" running; done; }

case_exec_of_a_missing_program_fails_to_start() {
	for i in none standard; do
		status 1 berthctl start exec-missing-$i
		is "$(prop exec-missing-$i ActiveState)" failed
		told exec-missing-$i | grep 'exec-missing-'$i'.service:3.*ExecStart.*/no/such/program.*No such file'
	done
}

case_notify() {
	for i in none standard; do
		is "$(prop notify-$i SubState)" running
		is "$(prop notify-$i StatusText)" "at your service"
	done
}

case_notify_waits_for_ready() {
	before=$(uptime_ms)
	status 1 berthctl start never-ready
	between 1000 $(($(uptime_ms) - before)) 5000
	is "$(prop never-ready Result)" timeout
	all_dead never-ready
}

case_notify_that_exits_is_a_protocol_error() {
	status 1 berthctl start notify-exits
	is "$(prop notify-exits Result)" protocol
}

case_forking_finds_the_daemon() {
	for i in none standard; do
		is "$(prop forking-$i SubState)" running
		is "$(tr '\0' ' ' </proc/$(prop forking-$i MainPID)/cmdline)" "sleep 100000 "
	done
}

case_forking_with_pid_file() {
	for i in none standard; do
		is "$(prop pidfile-$i SubState)" running
		is "$(tr '\0' ' ' </proc/$(prop pidfile-$i MainPID)/cmdline)" "sleep 100000 "
	done
}

case_guess_main_pid() {
	berthctl start forking-unguessed
	is "$(prop forking-unguessed SubState) $(prop forking-unguessed MainPID)" "running 0"
	fails is "$(cgroup forking-unguessed cgroup.procs)" ""
}

case_forking_that_fails() {
	status 1 berthctl start forking-fails
	is "$(prop forking-fails Result)" exit-code
}

case_death_of_a_forked_daemon_is_seen() {
	for i in none standard; do
		wait_event pidfile-$i '(\(failed\|dead\))' berthctl kill -s KILL pidfile-$i
		is "$(prop pidfile-$i Result)" signal
		all_dead pidfile-$i
	done
}

case_oneshot_runs_its_commands_in_turn() {
	for i in none standard; do
		is "$(prop oneshot-$i SubState)" exited
		is "$(logs oneshot-$i | tr '\n' ,)" first,second,third,
	done
}

case_oneshot_without_remain_is_dead_afterwards() {
	is "$(prop oneshot-passes ActiveState)" inactive
	is "$(prop oneshot-passes Result)" success
}

case_oneshot_stops_at_the_first_failure() {
	status 1 berthctl start oneshot-fails
	is "$(logs oneshot-fails)" first
	is "$(prop oneshot-fails ExecMainStatus)" 5
}

case_success_exit_status() {
	status 0 berthctl start own-success
	is "$(prop own-success Result)" success
}

case_end_of_anothers_child_is_unknown() {
	berthctl start grandchild
	pid=$(prop grandchild MainPID)
	is "$(tr '\0' ' ' </proc/$pid/cmdline)" 'sleep 77777 '
	kill -KILL "$pid"
	wait_state grandchild inactive
	told grandchild | grep "process $pid was another one's child: how it ended is unknown"
	berthctl status grandchild | grep "Main PID: $pid (how it ended is unknown)" || [ $? = 3 ]
	is "$(prop grandchild ExecMainPID) $(prop grandchild ExecMainCode)" "$pid 0"
	wait_log grandchild '^post success unset'
}
