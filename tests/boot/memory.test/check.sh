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

case_the_curve_of_oom_deaths_grows() {
	berthctl start oom-grows
	wait_state oom-grows failed
	is "$(told oom-grows | sed -n 's/.*restart [0-9]* in //p' | tr '\n' ,)" '100ms,200ms,400ms,400ms,'
}

case_restart_at_a_mark_is_in_good_order() {
	before=$(uptime_ms)
	berthctl start marked
	wait_log marked '^began' 2
	between 1000 $(($(uptime_ms) - before)) 20000
	wait_log marked '^hog has it' 2
	logs marked | grep -qx asked
	told marked | grep 'restart: memory [0-9.]*M has passed MemoryRestartAt=16.0M'
	is "$(prop marked OOMKills) $(prop marked NRestarts)" "0 0"
	# below it again: the wire is there, nothing happens
	is "$(cgroup marked memory.high)" 16777216
	berthctl stop marked
}

case_mark_leaves_young_runs_alone() {
	berthctl start marked-young
	wait_log marked-young '^hog has it'
	is "$(prop marked-young ActiveState)" active
	is "$(logs marked-young | grep -c 'hog begins')" 1
	eventually grep -q max $(cgroup marked-young)/memory.high
	berthctl stop marked-young
}
