# What else than Requires=, Wants= and Conflicts= ties units together: a case per directive of systemd.unit(5).
case_requisite_is_not_started() {
	status 1 berthctl start needs-up 2>$T/error
	grep -i dependency $T/error
	told needs-up | grep 'Requisite= needs base.service'
	is "$(prop base ActiveState)" inactive
	is "$(prop needs-up ActiveState)" inactive
}

case_requisite_that_is_active() {
	berthctl start base
	berthctl start needs-up
	like "$(prop base RequisiteOf)" '*needs-up.service*'
	berthctl stop base
	is "$(prop needs-up ActiveState)" inactive
	berthctl start base needs-up
	is "$(prop needs-up ActiveState)" active
}

case_part_of_follows_stop_and_restart_alone() {
	berthctl start whole
	is "$(prop part ActiveState)" inactive
	berthctl start part
	before=$(prop part MainPID)
	berthctl restart whole
	wait_state part active
	fails is "$(prop part MainPID)" "$before"
	berthctl stop part
	is "$(prop whole ActiveState)" active
	berthctl start part
	berthctl stop whole
	is "$(prop part ActiveState)" inactive
}

case_reload_is_propagated() {
	berthctl start reloads told listens
	rm -f /run/reloads
	berthctl reload reloads
	all_told() { is "$(sort /run/reloads | tr "\n" " ")" "listens reloads told "; }
	eventually all_told
}

case_reload_passes_by_what_is_down() {
	berthctl stop listens
	rm -f /run/reloads
	berthctl reload reloads
	is "$(prop listens ActiveState)" inactive
	wait_reloads() { is "$(sort /run/reloads | tr '\n' ' ')" "reloads told "; }
	eventually wait_reloads
}

case_stop_is_propagated() {
	berthctl start stops stopped stops-too
	berthctl restart stops
	is "$(prop stopped ActiveState)" active
	berthctl stop stops
	is "$(prop stopped ActiveState)" inactive
	is "$(prop stops-too ActiveState)" inactive
}

case_manual_start_is_refused() {
	fails berthctl start by-others-only 2>$T/error
	grep 'by dependency only' $T/error
	is "$(prop by-others-only ActiveState)" inactive
	berthctl start puller
	is "$(prop by-others-only ActiveState)" active
}

case_manual_stop_is_refused() {
	fails berthctl stop by-others-only 2>$T/error
	grep 'by dependency only' $T/error
	fails berthctl restart by-others-only
	is "$(prop by-others-only ActiveState)" active
	berthctl stop puller
}

case_isolate_needs_allow_isolate() {
	fails berthctl isolate puller 2>$T/error
	grep 'may not be isolated' $T/error
}

case_isolate_stops_the_rest() {
	berthctl start base whole keeps-running
	before=$(prop base MainPID)
	berthctl isolate alone.target
	wait_state whole inactive
	is "$(prop base MainPID)" "$before"
	is "$(prop keeps-running ActiveState)" active
	is "$(prop by-others-only ActiveState)" inactive
	is "$(prop multi-user.target ActiveState)" inactive
}
