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

case_access_main_where_it_is_written() {
	berthctl start access-main-written
	wait_log access-main-written '^barrier$' 2
	is "$(prop access-main-written StatusText)" main
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

case_notify_fd() {
	for i in none standard; do
		berthctl start notify-fd-$i
		is "$(prop notify-fd-$i SubState)" running
	done
	berthctl start notify-fd-far
	status 1 berthctl start notify-fd-silent
	is "$(prop notify-fd-silent Result)" timeout
}

# hundredths UNIT: the first number of its log, in hundredths of a second
hundredths() { logs "$1" | sed 's/ .*//; s/\.//'; }

case_idle_waits_for_jobs() {
	berthctl start --no-block busy
	eventually test -p /run/busy
	for i in none standard; do
		berthctl start idle-$i
		is "$(prop idle-$i SubState)" running
		fails test "$(tr '\0' ' ' </proc/$(prop idle-$i MainPID)/cmdline)" = "sleep 100000 "
	done
	echo go >/run/busy
	wait_state busy inactive
	for i in none standard; do
		wait_log idle-$i '^[0-9.]* '
		between "$(hundredths busy)" "$(hundredths idle-$i)" $(($(hundredths busy) + 450))
	done
}

case_idle_does_not_wait_for_ever() {
	berthctl stop idle-none
	berthctl start --no-block busy
	eventually test -p /run/busy
	before=$(uptime_ms)
	berthctl start idle-none
	wait_log idle-none '^[0-9.]* ' 2
	between 4900 $(($(uptime_ms) - before)) 12000
	is "$(prop busy ActiveState)" activating
}

case_idle_that_waits_can_be_stopped() {
	berthctl stop idle-none idle-standard
	before=$(uptime_ms)
	for i in none standard; do
		berthctl start idle-$i
		berthctl stop idle-$i
		all_dead idle-$i
	done
	between 0 $(($(uptime_ms) - before)) 4000
	echo go >/run/busy
}

case_fd_store_is_bounded() {
	berthctl start store
	is "$(prop store NFileDescriptorStore)" 2
	told store | grep 'FileDescriptorStoreMax=2 is reached'
	berthctl start store-none
	is "$(prop store-none NFileDescriptorStore)" 0
}

case_fd_store_remove() {
	berthctl kill -s HUP store
	wait_log store '^barrier$'
	is "$(prop store NFileDescriptorStore)" 1
	berthctl stop store
	is "$(prop store NFileDescriptorStore)" 0
}

case_fd_store_drops_what_hangs_up() {
	berthctl start store-pipe
	is "$(prop store-pipe NFileDescriptorStore)" 1
	berthctl kill -s HUP store-pipe
	eventually no_fds store-pipe
}

no_fds() { is "$(prop "$1" NFileDescriptorStore)" 0; }

# Behind a stub, too: never the stub, neither while it runs nor afterwards.
case_main_pid_is_the_program() {
	for i in none standard; do
		berthctl start barrier-$i
		pid=$(prop barrier-$i MainPID)
		is "$(tr '\0' ' ' </proc/$pid/cmdline)" "/tests/bin/notify READY=1 @barrier "
		berthctl stop barrier-$i
		is "$(prop barrier-$i ExecMainPID)" "$pid"
		is "$(prop barrier-$i MainPID)" 0
	done
	# Whatever is shown of a start under way.
	for n in 1 2 3 4 5; do
		berthctl start --no-block idle-standard
		pid=$(prop idle-standard MainPID)
		[ "$pid" = 0 ] || like "$(cat /proc/$pid/comm)" "[sce]*" # sh, cat or sleep, or busybox on its way to one: exe
		berthctl stop idle-standard
	done
}

case_fd_store_is_handed_to_the_next_run() {
	for i in none standard; do
		berthctl start kept-$i
		is "$(logs kept-$i | tr '\n' ,)" "fds none ,LISTEN_PID not mine,"
		berthctl kill -s KILL kept-$i
		wait_log kept-$i '^LISTEN_PID mine$'
		logs kept-$i | grep '^fds 2 pw:stored root:.*:/root:.* root:.*$'
		wait_state kept-$i active
		berthctl restart kept-$i
		is "$(logs kept-$i | grep -c '^fds 2 pw:stored ')" 2
		# The end of all runs is that of the store.
		berthctl stop kept-$i
		berthctl start kept-$i
		is "$(logs kept-$i | tail -n 2 | head -n 1)" "fds none "
	done
}

case_fd_store_preserve() {
	for i in yes no; do
		berthctl start kept-$i
		berthctl restart kept-$i
	done
	is "$(logs kept-yes | grep -c '^fds 2 ')" 1
	is "$(logs kept-no | grep -c '^fds none ')" 2
	berthctl stop kept-yes
	is "$(prop kept-yes NFileDescriptorStore)" 2
	berthctl start kept-yes
	is "$(logs kept-yes | grep -c '^fds 2 ')" 2
}

case_notify_fd_cannot_be_one_that_is_handed() {
	berthctl start kept-fd
	berthctl kill -s KILL kept-fd
	wait_state kept-fd failed
	berthctl start kept-fd
	is "$(prop kept-fd SubState)" running
	status 1 berthctl restart kept-fd
	told kept-fd | grep 'kept-fd.service:[0-9]*.*NotifyFD.*2 descriptors are handed over from 3 on'
}

case_without_a_bus_the_start_is_refused_with_what_helps() {
	status 1 berthctl start no-bus
	told no-bus | grep 'no-bus.service:3: BusName: no system bus at /run/dbus/.*Type=exec.* in /etc/berth/units/no-bus.service.d/type.conf'
	fails grep -lx berth-bus /proc/[0-9]*/comm
	# And so it does.
	cp /etc/berth/units/no-bus.service /etc/berth/units/no-bus-exec.service
	mkdir /etc/berth/units/no-bus-exec.service.d
	printf '[Service]\nType=exec\n' >/etc/berth/units/no-bus-exec.service.d/type.conf
	berthctl start no-bus-exec
	is "$(prop no-bus-exec SubState)" running
}

# seen UNIT: the main process as the unit's own commands count it
seen() { awk '/^NSpid:/ { print $NF }' "/proc/$(prop "$1" MainPID)/status"; }

case_commands_know_main_and_run() {
	for i in none standard; do
		berthctl start env-$i
		id=$(prop env-$i InvocationID)
		pid=$(seen env-$i)
		berthctl reload env-$i
		berthctl stop env-$i
		is "$(logs env-$i | tr '\n' ,)" "condition $id,main $id,post $pid $id,reload $pid,stop $pid success .,stop-post success killed TERM $id,"
		is "$(prop env-$i InvocationID)" "$id"
	done
}

case_stop_post_knows_how_it_ended() {
	for i in none standard; do
		berthctl start env-fails-$i
		wait_state env-fails-$i failed
		is "$(logs env-fails-$i)" "exit-code exited 3"
	done
}

# Nothing of the service is run, and it has not failed; ExecStopPost= is told why.
case_condition_command_skips() {
	: >/etc/skip
	for i in none standard; do
		berthctl start env-$i
		is "$(prop env-$i ActiveState)" inactive
		is "$(prop env-$i Result)" exec-condition
		# Not how main of the run before has ended: this one had none.
		is "$(logs env-$i | tail -n 1)" "stop-post exec-condition $(prop env-$i InvocationID)"
		is "$(logs env-$i | grep -c '^main ')" 1
	done
	rm /etc/skip
}
