# What else than Requires=, Wants= and Conflicts= ties units together: a case per directive of systemd.unit(5).
case_requisite_is_not_started() {
	status 1 berthctl start needs-up 2>$T/error
	grep -i dependency $T/error
	told needs-up | grep 'not started: Requisite= needs base.service to be active'
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

case_binds_to_stops_with_what_dies() {
	berthctl start bound bound-loosely requires-only
	is "$(prop anchor ActiveState)" active
	berthctl kill -s KILL anchor
	wait_state bound inactive
	wait_state bound-loosely inactive
	is "$(prop anchor ActiveState)" failed
	# a mere requirement is not affected
	is "$(prop requires-only ActiveState)" active
	told bound | grep 'bound to anchor.service'
	berthctl reset-failed anchor
}

case_binds_to_stops_and_restarts_along() {
	berthctl start bound
	before=$(prop bound MainPID)
	berthctl restart anchor
	wait_state bound active
	fails is "$(prop bound MainPID)" "$before"
	berthctl stop anchor
	is "$(prop bound ActiveState)" inactive
}

case_binds_to_wants_it_active() {
	status 1 berthctl start bound-to-once
	is "$(prop bound-to-once ActiveState)" inactive
	told bound-to-once | grep 'BindsTo= needs once.service'
}

case_binds_to_does_not_wait_for_a_restart() {
	berthctl start bound-to-returns
	berthctl kill -s KILL returns
	wait_state bound-to-returns inactive
	wait_state returns active
	berthctl stop returns
}

case_on_failure_starts_when_it_fails() {
	status 1 berthctl start fails
	recorded() { grep -x fails.service /run/failures; }
	eventually recorded
	is "$(prop applause ActiveState)" inactive
}

case_on_failure_waits_for_the_last_restart() {
	berthctl start fails-often
	wait_state fails-often failed
	recorded() { grep -x fails-often.service /run/failures; }
	eventually recorded
	is "$(wc -l </run/tries)" 3
	is "$(grep -c fails-often /run/failures)" 1
}

case_on_success_starts_when_it_ends_well() {
	berthctl start ends-well
	wait_state applause active
	fails grep ends-well /run/failures
}

# comes_back UNIT: it is killed twice and started again twice; the second time waits out the rate limit of a second
comes_back() {
	for _ in 1 2; do
		wait_state "$1" active
		before=$(prop "$1" MainPID)
		berthctl kill -s KILL "$1"
		eventually another "$1"
	done
}
another() { is "$(prop "$1" ActiveState)" active && [ "$(prop "$1" MainPID)" != "$before" ]; }

case_upheld_comes_back() {
	berthctl start upholds
	comes_back upheld
	berthctl stop upheld
	wait_state upheld active
}

# That nothing happens is no event: so another one is upheld meanwhile, whose turn comes after this one's would have.
case_upheld_no_longer() {
	berthctl stop upholds
	is "$(prop upheld ActiveState)" active
	berthctl stop upheld
	berthctl start upholds-other
	comes_back upheld-other
	is "$(prop upheld ActiveState)" inactive
	berthctl stop upholds-other upheld-other
}

case_unneeded_is_stopped() {
	berthctl start needs-helper wants-helper
	is "$(prop helper ActiveState)" active
	berthctl stop needs-helper
	is "$(prop helper ActiveState)" active
	berthctl kill -s KILL wants-helper
	wait_state helper inactive
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

case_who_is_started_for_an_end_is_told_of_it() {
	berthctl start monitored-exits monitored-killed monitored-well || true
	wait_log monitor@monitored-exits '^monitored-exits.service exit-code exited 3 id$'
	wait_log monitor@monitored-killed '^monitored-killed.service signal killed USR1 id$'
	wait_log monitor@monitored-well '^monitored-well.service success exited 0 id$'
}

case_of_several_it_is_told_of_none() {
	berthctl show monitored-other >/dev/null
	berthctl start monitored-well
	wait_log monitor-many '^ *$'
}

case_default_dependencies() {
	like " $(prop base After) " '* basic.target *'
	fails like " $(prop stands-alone After) " '* basic.target *'
}

case_on_failure_job_mode() {
	berthctl start whole
	status 1 berthctl start fails-apart
	wait_state whole inactive
}

case_on_success_job_mode() {
	berthctl start whole ends-apart
	wait_state whole inactive
}
