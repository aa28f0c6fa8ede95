# Timer units by their own words: each case fails when the directive is ignored. The clock is set by the last cases.
ticks() { logs "tick@$1" | grep -c tick || true; }
wait_ticks() { wait_log "tick@$1" tick "$2"; }
# gap NAME: milliseconds between its first two runs
gap() { logs "tick@$1" | grep -v tick | awk 'NR == 1 { a = $1 } NR == 2 { print int(($1 - a) * 1000) }'; }
# next NAME: seconds until it elapses, by list-timers
next() { berthctl list-timers --all --json "$1.timer" | sed 's/.*"next":\([0-9]*\)[0-9]\{6\},.*/\1/'; }

case_after_boot() { wait_ticks boot 1; [ "$(logs tick@boot | grep -v tick | cut -d. -f1)" -ge 1 ]; }
case_after_startup() { wait_ticks startup 1; [ "$(logs tick@startup | grep -v tick | cut -d. -f1)" -ge 1 ]; }
# By the programs' own clocks: what the first took longer to be started is missing from the second.
case_repeats() { wait_ticks repeat 3; between 500 "$(gap repeat)" 4000; is "$(prop repeat.timer SubState)" waiting; }
case_repeats_after_the_end() { wait_ticks after-end 3; [ "$(gap after-end)" -ge 1000 ]; }
case_calendar() {
	wait_ticks calendar 3
	# while its unit runs there is none
	eventually eval 'like "$(prop calendar.timer NextElapseUSecRealtime)" "??? ????-??-?? ??:??:?? UTC"'
	like "$(prop calendar.timer LastTriggerUSec)" '??? ????-??-?? ??:??:?? UTC'
}
# zone FOOTER: a TZif file of one rule, as zic(8) would write it (RFC 8536)
zone() {
	local block
	block='\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4\0\0\0\0\0\0ABC\0'
	printf "TZif2${block}TZif2${block}\\n%s\\n" "$1"
}
case_time_zone() {
	mkdir -p /usr/share/zoneinfo/Test
	zone '<+03>-3' >/usr/share/zoneinfo/Test/East
	berthctl start zoned.timer
	eventually is "$(prop zoned.timer ActiveState)" active
	eventually eval 'is "$(prop zoned.timer NextElapseUSecRealtime)" "Thu 2099-12-31 21:00:00 UTC"'
	berthctl calendar '2100-1-1 Test/East' | grep 'Next elapse: Thu 2099-12-31 21:00:00 UTC'
}
case_no_such_zone() {
	berthctl start nowhere.timer
	wait_state nowhere.timer failed
	told nowhere.timer | grep 'OnCalendar= has a time zone that cannot be read'
	dmesg | grep 'time zone Test/Nowhere: No such file' || berthctl logs | grep 'time zone Test/Nowhere: No such file'
}
# The machine's own, which is another one from a moment on; who waits for that elapses.
case_local_zone() {
	berthctl start local.timer zone-change.timer
	eventually eval 'is "$(prop local.timer NextElapseUSecRealtime)" "Fri 2100-01-01 00:00:00 UTC"'
	is "$(ticks zone-change)" 0
	zone '<+03>-3' >/etc/localtime.new
	mv /etc/localtime.new /etc/localtime
	wait_ticks zone-change 1
	eventually eval 'is "$(prop local.timer NextElapseUSecRealtime)" "Thu 2099-12-31 21:00:00 UTC"'
	rm /etc/localtime
	eventually eval 'is "$(prop local.timer NextElapseUSecRealtime)" "Fri 2100-01-01 00:00:00 UTC"'
	wait_ticks zone-change 2
}
case_elapsed_stays() {
	wait_ticks once 1
	eventually eval 'is "$(prop once.timer ActiveState) $(prop once.timer SubState)" "active elapsed"'
	# Started again while it is active, it does not elapse again.
	berthctl start once.timer
	is "$(prop once.timer SubState)" elapsed
	berthctl restart once.timer
	wait_ticks once 2
}
case_elapsed_goes() { wait_ticks gone 1; wait_state gone.timer inactive; is "$(prop gone.timer SubState) $(prop gone.timer Result)" "dead success"; }
case_an_empty_value_takes_all_back() {
	is "$(prop taken-back.timer ActiveState)" active
	is "$(ticks taken-back)" 0
	is "$(prop taken-back.timer OnCalendar)" ""
	is "$(prop taken-back.timer NextElapseUSecRealtime)" ""
}
case_unit_of_its_own_name() { wait_log own-name mine; is "$(prop own-name.timer Unit) $(prop own-name.service TriggeredBy)" "own-name.service own-name.timer"; }
case_no_unit_no_start() {
	fails berthctl start orphan.timer
	told orphan.timer | grep 'nowhere.service, which it starts, is not loaded'
}
# What a timer starts may not want to run, or fail: the timer goes on.
case_skipped_unit() { wait_log never.service 'does not hold' 3; is "$(prop skipped.timer ActiveState)" active; }
case_failing_unit() { wait_event broken.service failed true; wait_event broken.service failed true; is "$(prop fails.timer ActiveState)" active; }
# A unit that is still up is left alone, and the timer waits for its end.
case_long_unit() {
	wait_state long active
	is "$(prop long.timer SubState) $(prop long.service NRestarts)" "running 0"
	berthctl stop long
	eventually eval '[ "$(prop long.timer SubState)" != elapsed ]'
	wait_state long active
	berthctl stop long.timer long.service
}
case_delay_is_fixed() {
	berthctl start delayed.timer
	local a b
	a=$(next delayed)
	berthctl restart delayed.timer
	b=$(next delayed)
	between $((a - 1)) "$b" $((a + 60))
	between 3660 $((a - $(date +%s))) 7200
}
case_delay_is_drawn() {
	local n seen=
	for n in 1 2 3 4 5 6; do
		berthctl restart redrawn.timer
		seen="$seen $(( ($(next redrawn) - $(date +%s)) / 30))"
	done
	[ "$(echo $seen | tr ' ' '\n' | sort -u | wc -l)" -gt 2 ]
}
case_default_accuracy_is_told() { is "$(prop far.timer AccuracyUSec) $(prop far.timer OnActiveUSec)" "1min 10h"; }
case_list() {
	berthctl list-timers >$T/list
	grep '^NEXT *LEFT *LAST *PASSED *UNIT *ACTIVATES$' $T/list
	grep '^... ....-..-.. ..:..:.. UTC *9h .*left *n/a *n/a *far.timer *tick@far.service$' $T/list
	fails grep orphan.timer $T/list
	berthctl list-timers --all | grep orphan.timer
	is "$(berthctl list-timers --no-legend far.timer | wc -l)" 1
}
case_calendar_verb() { berthctl calendar '*-02-29' | grep 'Next elapse: ... 20..-02-29 00:00:00 UTC'; fails berthctl calendar 25:00; }
case_stopped_is_silent() {
	local n
	berthctl stop repeat.timer
	is "$(prop repeat.timer ActiveState) $(prop repeat.timer SubState)" "inactive dead"
	is "$(next repeat)" "$(berthctl list-timers --all --json repeat.timer | sed 's/.*"next":0.*/0/')" || true
	berthctl list-timers --all --json repeat.timer | grep '"next":0,'
}

# --- Persistent= --------------------------------------------------------------------------------------------------
stamp=/var/lib/berth/timers/stamp-persistent.timer
case_persistent_first() {
	berthctl start persistent.timer
	eventually [ -e $stamp ]
	is "$(ticks persistent)" 0
}
case_persistent_missed() {
	berthctl stop persistent.timer
	touch -d '2020-01-01 00:00' $stamp
	berthctl start persistent.timer
	wait_ticks persistent 1
	eventually eval '[ "$(stat -c %Y $stamp)" -gt 1700000000 ]'
	# and now it is up to date
	eventually eval 'is "$(prop persistent.timer SubState)" waiting'
	berthctl restart persistent.timer
	eventually eval 'like "$(prop persistent.timer NextElapseUSecRealtime)" "*04:00:00 UTC"'
	is "$(ticks persistent)" 1
}
case_persistent_future() {
	berthctl stop persistent.timer
	touch -d '2120-01-01 00:00' $stamp
	berthctl start persistent.timer
	wait_log persistent.timer 'in the future'
	eventually eval 'like "$(prop persistent.timer NextElapseUSecRealtime)" "*04:00:00 UTC"'
	is "$(ticks persistent)" 1
}

# --- the clock is set ---------------------------------------------------------------------------------------------
set_clock() { date -s "$1" >/dev/null; }
year_of() { prop "$1" NextElapseUSecRealtime | sed 's/^... \(....\)-.*/\1/'; }
case_clock_ahead() {
	berthctl start set.timer minutely.timer
	wait_ticks minutely 1
	local left n
	n=$(ticks daily)
	left=$(prop far.timer NextElapseUSecMonotonic)
	set_clock '2040-06-01 12:00'
	wait_ticks set 1
	eventually year_is daily.timer 2040
	# It has never elapsed, so it has missed nothing.
	is "$(ticks daily)" "$n"
	is "$(prop far.timer NextElapseUSecMonotonic)" "$left"
	# What counts seconds goes on counting: one was missed, not half a billion.
	n=$(ticks minutely)
	wait_ticks minutely $((n + 2))
	wait_ticks after-end $(($(ticks after-end) + 1))
}
year_is() { is "$(year_of "$1")" "$2"; }
case_clock_back() {
	local n
	n=$(ticks set)
	set_clock '1990-01-01 12:00'
	wait_ticks set $((n + 1))
	eventually year_is daily.timer 1990
	wait_ticks minutely $(($(ticks minutely) + 2))
	wait_ticks calendar $(($(ticks calendar) + 2))
	eventually year_is minutely.timer 1990
}
case_clock_to_the_time() {
	set_clock '1990-01-02 03:59:59'
	wait_ticks daily 1
	eventually eval 'like "$(prop daily.timer NextElapseUSecRealtime)" "Wed 1990-01-03 04:00:00 UTC"'
	# Back by a moment: not twice.
	set_clock '1990-01-02 04:00:00'
	wait_ticks minutely $(($(ticks minutely) + 2))
	is "$(ticks daily)" 1
}
# Nothing is waited for: what PID 1 uses in a span is what is measured.
case_pid1_sleeps() {
	local a b
	berthctl stop calendar.timer minutely.timer after-end.timer skipped.timer fails.timer
	a=$(cut -d' ' -f14,15 /proc/1/stat)
	sleep 2
	b=$(cut -d' ' -f14,15 /proc/1/stat)
	between 0 $((${b% *} + ${b#* } - ${a% *} - ${a#* })) 20
}
