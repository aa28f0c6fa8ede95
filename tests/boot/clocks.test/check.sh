# Time namespaces: the clocks of a service are ahead of the host's, or behind.
day=86400
up() { cut -d. -f1 /proc/uptime; }
# ahead TEXT DAYS: the seconds in it are about so many days ahead of the host's
ahead() { between $(($(up) + $2 * day - 60)) "${1##* }" $(($(up) + $2 * day)); }
boottime() {
	berthctl start "$1"
	wait_log "$1" '^main '
	ahead "$(logs "$1" | sed -n '/^main/p' | tail -n 1)" 10
	# the monotonic one is what wakes at
	is "$(sed 's/  */ /g; s/^ //; s/ $//' "/proc/$(prop "$1" MainPID)/timens_offsets" | tr '\n' ';')" 'monotonic 1728000 500000000;boottime 864000 0;'
}

case_boottime_in_standard() { boottime ahead; }
case_boottime_in_full() { boottime full; }
case_boottime_in_none() { boottime none; }
case_the_namespace_is_entered() {
	berthctl start ahead plain
	pid=$(prop ahead MainPID)
	fails is "$(readlink /proc/$pid/ns/time)" "$(readlink /proc/self/ns/time)"
	is "$(readlink /proc/$pid/ns/time)" "$(readlink /proc/$pid/ns/time_for_children)"
	is "$(readlink "/proc/$(prop plain MainPID)/ns/time")" "$(readlink /proc/self/ns/time)"
}
case_other_commands_are_in_it() {
	berthctl start ahead
	berthctl reload ahead
	wait_log ahead '^reload '
	ahead "$(logs ahead | grep '^pre' | tail -n 1)" 10
	ahead "$(logs ahead | grep '^reload' | tail -n 1)" 10
	ahead "main $(berthctl exec ahead cut -d. -f1 /proc/uptime)" 10
	ahead "main $(berthctl exec none cut -d. -f1 /proc/uptime)" 10
}
case_a_restart_keeps_it() {
	n=$(logs ahead | grep -c '^main')
	kill -9 "$(prop ahead MainPID)"
	wait_log ahead '^main' $((n + 1))
	ahead "$(logs ahead | grep '^main' | tail -n 1)" 10
	ahead "$(logs ahead | grep '^post' | tail -n 1)" 10
}
case_behind() {
	berthctl start behind
	like "$(cat "/proc/$(prop behind MainPID)/timens_offsets" | tr -s ' ' | tr '\n' ';')" '*boottime -1 0;'
}
case_no_clock_is_negative() {
	fails berthctl start negative
	told negative | grep 'negative.service:7: TimeNamespaceBoottimeOffset: step time-namespace: its clocks, of which none may be negative: '
	is "$(prop negative ExecMainStatus)" 226
}
case_reload_is_on_time() {
	# its MONOTONIC_USEC= is a second behind ours
	eventually [ "$(up)" -ge 2 ]
	berthctl start reloads
	berthctl reload reloads
	is "$(prop reloads ActiveState)" active
}
case_it_is_told() {
	is "$(prop ahead TimeNamespaceMonotonicOffset)" '2w 6d 500ms'
	is "$(prop behind TimeNamespaceBoottimeOffset)" -1s
	berthctl plan ahead | grep 'time-namespace *monotonic +2w 6d 500ms'
	berthctl plan behind | grep 'time-namespace *boottime -1s'
	fails berthctl start wrong
	berthctl start wrong 2>&1 | grep 'wrong.service:5: .*TimeNamespaceMonotonicOffset'
}
