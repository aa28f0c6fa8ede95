# Type=dbus against Debian's dbus-daemon, which its own dbus.socket and dbus.service run.

# helpers: how many processes watch the bus for PID 1
helpers() { grep -lx berth-bus /proc/[0-9]*/comm 2>/dev/null | wc -l; }
has_helpers() { is "$(helpers)" "$1"; }

case_name_on_the_bus_is_readiness() {
	berthctl start named
	is "$(prop named SubState)" running
	is "$(prop named Type)" dbus
	is "$(prop dbus.service SubState)" running
	has_helpers 1
}

case_name_that_comes_late() {
	berthctl start --no-block late-name
	wait_event late-name '(running)' berthctl kill -s HUP late-name
	is "$(prop late-name SubState)" running
}

case_other_names_do_not_count() {
	status 1 berthctl start nameless
	is "$(prop nameless Result)" timeout
	told nameless | grep 'nobody owned BusName= within TimeoutStartSec=1s'
}

case_service_that_lost_its_name_is_stopped() {
	berthctl kill -s HUP named
	wait_state named inactive
	is "$(prop named Result)" success
	is "$(logs named)" stop
	eventually has_helpers 1
}

case_each_run_waits_anew() {
	berthctl start many
	berthctl kill -s KILL many
	wait_lines 'ended (killed by signal KILL)' 1 berthctl logs -f -n 1000 -o cat many
	wait_state many active
	is "$(prop many NRestarts)" 1
	berthctl restart many
	eventually has_helpers 2
	berthctl stop many late-name
	eventually has_helpers 0
}

# Told once; no watch is left behind.
case_end_of_the_bus() {
	berthctl start named
	is "$(prop named SubState)" running
	berthctl stop dbus.service
	eventually has_helpers 0
	wait_log named 'the system bus does not answer any more'
}
