# Limits hold, and what they do is told.
case_hog_is_killed_for_its_own_limit() {
	prop neighbour MainPID >$T/neighbour
	berthctl start hog
	wait_log hog '^hog begins' 2
	wait_state hog failed
	like "$(prop hog OOMCause)" '*own*'
	told hog | grep -i 'own memory limit'
}

case_hog_is_restarted_by_policy() {
	is "$(prop hog NRestarts)" 2
	is "$(logs hog | grep -c '^hog begins')" 3
	[ "$(prop hog OOMKills)" -ge 1 ]
}

case_neighbour_is_untouched() {
	is "$(prop neighbour MainPID)" "$(cat $T/neighbour)"
	is "$(prop neighbour NRestarts)" 0
	is "$(prop neighbour OOMKills)" 0
	inside neighbour true
}

case_limit_is_there_after_the_restart() {
	berthctl reset-failed hog
	berthctl start --no-block hog
	wait_log hog '^hog begins' 4
	wait_state hog failed
	is "$(prop hog MemoryMax)" 33554432
}

case_restart_on_oom() {
	berthctl start on-oom
	wait_state on-oom failed
	is "$(logs on-oom | grep -c '^hog begins')" 2
}

case_oom_policy_kill_takes_all() {
	berthctl start policy-kill
	wait_state policy-kill failed
	is "$(prop policy-kill Result)" oom-kill
	all_dead policy-kill
}

case_oom_policy_continue_goes_on() {
	berthctl start policy-continue
	wait_log policy-continue '^survived'
	is "$(prop policy-continue SubState)" running
}

case_oom_policy_stop_asks_the_rest() {
	berthctl start policy-stop
	wait_state policy-stop failed
	is "$(prop policy-stop Result)" oom-kill
	logs policy-stop | grep -qx asked
}

case_fork_bomb_stays_in_its_cgroup() {
	for unit in bomb bomb-none; do
		berthctl start $unit
		wait_log $unit '^stopped after 1[0-9]: Resource temporarily unavailable'
		# a stub is berth's, not the service's
		limit=$([ $unit = bomb ] && echo 17 || echo 16)
		is "$(cgroup $unit pids.max)" "$limit"
		[ "$(cgroup $unit pids.current)" -le "$limit" ]
		is "$(prop $unit TasksMax)" 16
		# the machine has processes to spare
		sh -c true
		berthctl stop $unit
		all_dead $unit
	done
}

case_oom_deaths_have_a_curve_of_their_own() {
	berthctl start oom-curve
	wait_state oom-curve failed
	is "$(told oom-curve | sed -n 's/.*restart [0-9]* in //p' | tr '\n' ,)" '60ms,700ms,700ms,'
}
