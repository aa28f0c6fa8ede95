# What services say over sd_notify(3), who may say it, and the watchdog.

case_watchdog_in_the_environment() {
	for i in none standard; do
		berthctl start watchdog-$i
		wait_state watchdog-$i failed
		is "$(logs watchdog-$i | head -n 2 | tr '\n' ,)" "WATCHDOG_USEC 700000,WATCHDOG_PID mine,"
	done
}

case_missed_watchdog_aborts() {
	for i in none standard; do
		is "$(prop watchdog-$i Result)" watchdog
		is "$(prop watchdog-$i ExecMainStatus)" 6
		is "$(logs watchdog-$i | tail -n 1)" "watchdog killed ABRT"
		told watchdog-$i | grep 'no WATCHDOG=1 within 700ms'
		all_dead watchdog-$i
	done
}

case_petted_watchdog_does_not() {
	berthctl start petted
	wait_log petted '^petted$'
	is "$(prop petted SubState)" running
	wait_state petted failed
	is "$(prop petted Result)" watchdog
}

case_watchdog_trigger() {
	berthctl start trigger
	berthctl kill -s HUP trigger
	wait_state trigger failed
	is "$(prop trigger Result)" watchdog
	told trigger | grep 'asked for it by WATCHDOG=trigger'
}

case_watchdog_span_of_its_own() {
	berthctl start own-span
	wait_state own-span failed
	is "$(prop own-span Result)" watchdog
	berthctl start no-span
	wait_log no-span '^alive$'
	is "$(prop no-span SubState)" running
}

case_watchdog_signal_and_abort_timeout() {
	before=$(uptime_ms)
	berthctl start abort
	wait_state abort failed
	between 900 $(($(uptime_ms) - before)) 50000
	wait_log abort 'got USR1'
	is "$(prop abort Result)" watchdog
	is "$(prop abort ExecMainStatus)" 9
}

case_restart_on_watchdog() {
	berthctl start on-watchdog
	wait_lines 'no WATCHDOG=1 within 300ms' 2 berthctl logs -f -n 100000 -o cat on-watchdog
	berthctl stop on-watchdog
}

case_notify_reload() {
	for i in none standard; do
		berthctl start reload-$i
		berthctl reload reload-$i
		is "$(prop reload-$i SubState)" running
		is "$(prop reload-$i StatusText)" reloaded
		is "$(logs reload-$i)" again
	done
}

case_reload_that_was_under_way_before_is_no_answer() {
	berthctl start stale
	status 1 berthctl reload stale
	is "$(prop stale SubState)" running
	is "$(prop stale Result)" success
}

case_reload_signal() {
	berthctl start reload-usr2
	status 1 berthctl reload reload-usr2
	wait_state reload-usr2 failed
	is "$(prop reload-usr2 ExecMainStatus)" 12
}

case_reload_command_beside_the_signal() {
	berthctl start reload-command
	berthctl reload reload-command
	is "$(logs reload-command)" command
}

case_reload_of_its_own_accord() {
	berthctl start by-itself
	wait_event by-itself '(reload-notify)' berthctl kill -s HUP by-itself
	wait_state by-itself active
	is "$(prop by-itself Result)" success
}

case_stopping_needs_no_signal() {
	berthctl start stopping
	wait_event stopping '(stop-sigterm)' berthctl kill -s HUP stopping
	wait_state stopping failed
	is "$(prop stopping Result)" timeout
	is "$(prop stopping ExecMainStatus)" 9
}

case_access_main() {
	for i in none standard; do
		status 1 berthctl start access-main-$i
		is "$(prop access-main-$i Result)" timeout
	done
}

case_access_all() {
	for i in none standard; do
		berthctl start access-all-$i
		is "$(prop access-all-$i SubState)" running
	done
}

case_access_all_of_a_tool_that_is_gone() {
	for i in none standard; do
		berthctl start access-gone-$i
		is "$(prop access-gone-$i StatusText)" bye
	done
}

case_access_exec() {
	for i in none standard; do
		berthctl start access-exec-$i
		is "$(prop access-exec-$i StatusText)" post
	done
}

case_access_none() {
	berthctl start access-none
	wait_log access-none '^no NOTIFY_SOCKET$'
}

# Anybody can reach the socket of a service on the host's root.
case_strangers_are_not_heard() {
	berthctl start outsider
	NOTIFY_SOCKET=/run/berth/notify/outsider.service notify STATUS=forged @barrier @exit:0 >$T/barrier
	is "$(cat $T/barrier)" barrier
	is "$(prop outsider StatusText)" mine
}

case_errno() {
	berthctl start errno
	eventually is "$(prop errno StatusErrno)" 2
}

case_extended_timeout() {
	berthctl start extend
	status 1 berthctl start no-extend
	is "$(prop no-extend Result)" timeout
}

case_barrier() {
	for i in none standard; do
		berthctl start barrier-$i
		wait_log barrier-$i '^barrier$'
	done
}
