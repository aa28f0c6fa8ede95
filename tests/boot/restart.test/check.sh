# What becomes of a service that ends, and of one that does not want to.

# gaps UNIT: milliseconds between the starts that it logged
gaps() { logs "$1" | awk 'NR > 1 { printf "%d\n", ($1 - last) * 1000 } { last = $1 }'; }

case_crashing_service_is_restarted_with_its_delay() {
	berthctl start crasher
	wait_state crasher failed
	gaps crasher >$T/gaps
	is "$(wc -l <$T/gaps)" 3
	for gap in $(cat $T/gaps); do between 490 "$gap" 2500; done
}

case_start_limit() {
	is "$(prop crasher Result)" start-limit-hit
	is "$(prop crasher NRestarts)" 3
	is "$(prop crasher ExecMainStatus)" 3
}

case_reset_failed_forgets_the_limit() {
	fails berthctl start crasher
	berthctl reset-failed crasher
	is "$(prop crasher ActiveState)" inactive
	berthctl start crasher
	berthctl stop crasher
}

case_signal_is_abnormal() {
	berthctl start crasher-none
	wait_state crasher-none failed
	gaps crasher-none >$T/gaps
	is "$(wc -l <$T/gaps)" 2
	for gap in $(cat $T/gaps); do between 190 "$gap" 2000; done
	is "$(prop crasher-none ExecMainStatus)" 11
}

case_success_is_no_failure() {
	berthctl start not-restarted
	wait_state not-restarted inactive
	is "$(logs not-restarted)" ran
}

case_always_restarts_success_too() {
	berthctl start always
	wait_log always '^ran$' 3
	berthctl stop always
	is "$(prop always ActiveState)" inactive
}

case_delay_grows_by_steps() {
	berthctl start slower
	wait_log slower '^[0-9.]*$' 5
	berthctl stop slower
	set -- $(gaps slower)
	# 100 ms to 1600 ms in 3 steps
	between 90 "$1" 800
	[ "$2" -gt "$1" ]
	[ "$3" -gt "$2" ]
	between 1590 "$4" 4000
}

case_service_that_ignores_sigterm_is_killed_at_its_timeout() {
	for unit in stubborn stubborn-none; do
		berthctl start $unit
		wait_log $unit '^up'
		before=$(uptime_ms)
		berthctl stop $unit
		between 990 $(($(uptime_ms) - before)) 3500
		is "$(prop $unit Result)" timeout
		all_dead $unit
	done
}

case_without_sigkill_the_rest_is_left_alone() {
	berthctl start no-sigkill
	wait_log no-sigkill '^up'
	pid=$(prop no-sigkill MainPID)
	berthctl stop no-sigkill || true
	[ -d /proc/$pid ]
	kill -KILL $pid
}

case_kill_signal() {
	berthctl start own-signal
	wait_log own-signal '^up'
	berthctl stop own-signal
	is "$(logs own-signal | tr '\n' ,)" 'up,got INT,'
}

case_kill_mode_process_leaves_children() {
	berthctl start mode-process
	wait_log mode-process '^up'
	berthctl stop mode-process
	pid=$(grep -l '^sleep.77777' /proc/[0-9]*/cmdline | cut -d/ -f3)
	[ -n "$pid" ]
	kill -KILL $pid
}

case_kill_mode_mixed_kills_children_unasked() {
	berthctl start mode-mixed
	wait_log mode-mixed '^up'
	berthctl stop mode-mixed
	logs mode-mixed | grep -qx 'main asked'
	is "$(logs mode-mixed | grep -c 'child asked')" 0
	all_dead mode-mixed
}

case_kill_mode_control_group_asks_all() {
	berthctl start mode-group
	wait_log mode-group '^up'
	berthctl stop mode-group
	logs mode-group | grep -qx 'child asked'
	logs mode-group | grep -qx 'main asked'
	all_dead mode-group
}

case_stop_in_the_restart_delay() {
	berthctl reset-failed crasher
	wait_event crasher '(auto-restart)' berthctl start crasher
	berthctl stop crasher
	is "$(prop crasher ActiveState)" inactive
}

case_stop_is_not_cut_short() {
	for unit in slow-stop-none slow-stop-alone slow-stop; do
		berthctl start $unit
		wait_log $unit '^up'
		berthctl stop $unit
		logs $unit | grep -x 'ended cleanly'
		is "$(prop $unit Result)" success
	done
}

case_failed_preparation_holds_back_the_main_command() {
	status 1 berthctl start pre-fails
	is "$(logs pre-fails | tr '\n' ,)" "pre,post exit-code,"
	is "$(prop pre-fails Result)" exit-code
}

case_hanging_preparation_times_out() {
	before=$(uptime_ms)
	status 1 berthctl start pre-hangs
	between 990 $(($(uptime_ms) - before)) 4000
	is "$(logs pre-hangs)" pre
	is "$(prop pre-hangs Result)" timeout
	all_dead pre-hangs
}

case_hanging_stop_command_times_out() {
	berthctl start stop-hangs
	before=$(uptime_ms)
	berthctl stop stop-hangs
	between 990 $(($(uptime_ms) - before)) 5000
	is "$(logs stop-hangs)" stop
	all_dead stop-hangs
}

case_timeout_sec_is_both_timeouts() {
	before=$(uptime_ms)
	status 1 berthctl start both-starts
	between 990 $(($(uptime_ms) - before)) 4000
	is "$(prop both-starts Result)" timeout
	berthctl start both-stops
	wait_log both-stops '^up'
	before=$(uptime_ms)
	berthctl stop both-stops
	between 990 $(($(uptime_ms) - before)) 4000
	is "$(prop both-stops Result)" timeout
}

case_death_without_a_job() {
	berthctl start dies
	wait_event dies '(failed)' berthctl kill -s USR1 dies
	is "$(prop dies Result)" signal
	told dies | grep USR1
}

case_restart_prevented_by_exit_status() {
	berthctl start prevented || true
	wait_state prevented failed
	is "$(prop prevented NRestarts) $(prop prevented ExecMainStatus)" "0 6"
}
case_restart_forced_by_exit_status() {
	berthctl start forced
	wait_log forced '^ran' 2
	wait_state forced inactive
	is "$(prop forced NRestarts)" 1
}
case_runtime_max() {
	berthctl start short-lived
	wait_state short-lived failed
	is "$(prop short-lived Result)" timeout
}
case_restart_kill_signal() {
	berthctl start restart-signal
	wait_log restart-signal '^up'
	berthctl restart restart-signal
	wait_log restart-signal '^up' 2
	berthctl stop restart-signal
	is "$(logs restart-signal | grep got | tr '\n' ,)" 'got USR2,got TERM,'
}
case_send_sighup() {
	berthctl start hangup
	wait_log hangup '^up'
	berthctl stop hangup
	is "$(logs hangup | tr '\n' ,)" 'up,got HUP,'
}
case_final_kill_signal() {
	berthctl start final-signal
	wait_log final-signal '^up'
	berthctl stop final-signal || true
	wait_state final-signal failed
	logs final-signal | grep -qx 'got USR1'
}
case_jitter_lengthens_the_delay() {
	berthctl start jittered
	wait_log jittered '^ran$' 7
	berthctl stop jittered
	told jittered | sed -n 's/.*restart .* in \([0-9]*\)ms.*/\1/p' >$T/delays
	for delay in $(cat $T/delays); do between 200 "$delay" 300; done
	[ "$(sort -u $T/delays | wc -l)" -gt 1 ]
}

# ends NAME POLICY COMMAND: a service that ends by the command in its first run and stays in its second
ends() {
	cat >/run/berth/units/$1.service <<-EOF
		[Service]
		ExecStart=/bin/sh -c '[ ! -e /run/$1 ] || exec sleep 77777; touch /run/$1; $3'
		Restart=$2
		RestartSec=10ms
		WatchdogSec=100ms
		NotifyAccess=all

		[Container]
		Isolation=none
	EOF
}

# The table of systemd.service(5) under Restart=: a row per policy; clean exit, clean signal, exit code, signal,
# missed watchdog, timeout.
case_every_policy_and_every_end() {
	mkdir -p /run/berth/units
	while read -r policy wanted; do
		i=0
		for end in 'exit 0' 'kill -TERM $$$$' 'exit 3' 'kill -KILL $$$$' 'exec sleep 55555' 'exec sleep 66666'; do
			i=$((i + 1))
			name=end-$policy-$i
			ends $name $policy "$end"
			case $i in
			6) sed -i 's/^WatchdogSec=.*/RuntimeMaxSec=100ms/' /run/berth/units/$name.service ;;
			5) ;;
			*) sed -i '/^WatchdogSec/d' /run/berth/units/$name.service ;;
			esac
			berthctl start $name
		done
		got=
		for i in 1 2 3 4 5 6; do
			# either it has come to rest, or there was a second run
			eventually settled end-$policy-$i
			[ "$(prop end-$policy-$i NRestarts)" = 0 ] && got="$got 0" || got="$got 1"
			berthctl stop end-$policy-$i
		done
		is "$policy$got" "$policy $wanted"
	done <<-EOF
		no 0 0 0 0 0 0
		on-success 1 1 0 0 0 0
		on-failure 0 0 1 1 1 1
		on-abnormal 0 0 0 1 1 1
		on-watchdog 0 0 0 0 1 0
		on-abort 0 0 0 1 0 0
		on-oom 0 0 0 0 0 0
		always 1 1 1 1 1 1
	EOF
}

settled() {
	case $(prop "$1" ActiveState) in
	failed | inactive) ;;
	*) [ "$(prop "$1" NRestarts)" -gt 0 ] ;;
	esac
}
