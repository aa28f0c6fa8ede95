# A machine without a battery clock: it boots in 1970 and learns later what time it is. kept.timer was on duty before: its stamp
# is of the day before the one that the clock will show; the others have never elapsed.
ticks() { logs "tick@$1" | grep -c tick || true; }
wait_ticks() { wait_log "tick@$1" tick "$2"; }
stamps=/var/lib/berth/timers
case_it_is_1970() { is "$(date +%Y)" 1970; is "$(berthctl is-system-running --wait)" running; }
case_nothing_elapses_for_that() {
	wait_log kept.timer 'in the future'
	like "$(prop daily.timer NextElapseUSecRealtime)" 'Fri 1970-01-02 00:00:00 UTC'
	like "$(prop kept.timer NextElapseUSecRealtime)" 'Fri 1970-01-02 00:00:00 UTC'
	is "$(ticks daily) $(ticks kept) $(ticks new)" "0 0 0"
	wait_ticks span 2
}
# A record of 1970 would be one of decades missed, next time.
case_no_stamp_of_1970() { [ ! -e $stamps/stamp-new.timer ]; is "$(stat -c %Y $stamps/stamp-kept.timer)" 1795300000; }
case_the_clock_is_set() {
	local n
	n=$(ticks span)
	date -s @1795341600
	# What was missed while the machine was off is made up for, once; nothing else was missed.
	wait_ticks kept 1
	eventually next_is kept
	eventually next_is daily
	eventually next_is new
	wait_ticks span $((n + 2))
	is "$(ticks daily) $(ticks kept) $(ticks new)" "0 1 0"
	eventually eval '[ "$(stat -c %Y $stamps/stamp-kept.timer)" -ge 1795341600 ]'
}
next_is() { is "$(prop "$1.timer" NextElapseUSecRealtime)" "Mon 2026-11-23 00:00:00 UTC"; }
