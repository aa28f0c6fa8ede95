# Dependencies: order at start, its reverse at stop, and what becomes of those who need a unit that fails.
case_starts_in_order() { is "$(tr '\n' ' ' </run/order)" "+early a:dead +a b:dead +b c:dead +c "; }

case_stopping_a_requirement_stops_its_dependants_first() {
	: >/run/order
	berthctl stop a
	is "$(tr '\n' ' ' </run/order)" "-b c:exited -a b:dead "
	is "$(prop b ActiveState)" inactive
	# c only wants b
	is "$(prop c ActiveState)" active
}

case_starting_brings_up_what_is_required() {
	: >/run/order
	berthctl start b
	is "$(tr '\n' ' ' </run/order)" "+a b:dead +b c:exited "
}

case_restart_reaches_the_dependants() {
	: >/run/order
	berthctl restart a
	wait_state b active
	is "$(tr '\n' ' ' </run/order)" "-b c:exited -a b:dead +a b:dead +b c:exited "
}

case_failed_requirement_holds_back() {
	is "$(prop needs-broken ActiveState)" inactive
	[ ! -e /run/needs-broken ]
	status 1 berthctl start needs-needs-broken 2>$T/error
	grep -i dependency $T/error
	is "$(prop needs-needs-broken ActiveState)" inactive
}

case_failed_wish_does_not() { is "$(prop wants-broken ActiveState)" active; }

case_conflict_stops_the_other() {
	berthctl start rival
	is "$(prop wants-broken ActiveState)" inactive
	is "$(prop rival ActiveState)" active
	berthctl start wants-broken
	is "$(prop rival ActiveState)" inactive
}

case_two_requests_at_once_end_well() {
	berthctl stop --no-block a b c
	berthctl start a b c
	for unit in a b c; do berthctl is-active $unit; done
}

# What the shutdown makes of it is in after.sh.
finish() {
	berthctl start early a b c
	berthctl exit "$1"
}
