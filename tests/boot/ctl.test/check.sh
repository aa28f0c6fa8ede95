# berthctl: systemctl's exit codes and words; what is JSON is checked by after.sh.
case_status_codes() {
	status 0 berthctl status up
	status 3 berthctl status down
	status 3 berthctl status broken
	status 4 berthctl status nosuchunit
}
case_is_active_codes() { status 0 berthctl is-active up; status 3 berthctl is-active down; status 0 berthctl is-active down up; is "$(berthctl is-active down || true)" inactive; }
case_is_failed_codes() { status 0 berthctl is-failed broken; status 1 berthctl is-failed up; }
case_start_codes() { status 0 berthctl start up; status 5 berthctl start nosuchunit; status 1 berthctl start broken; }
case_bad_unit() { berthctl start bad 2>&1 | grep 'bad.service:3.*Nonsense'; fails berthctl start bad; }
case_masked_unit() { is "$(prop masked LoadState)" masked; fails berthctl start masked; berthctl start masked 2>&1 | grep -i masked; }
case_control_bytes_are_not_echoed() {
	name=$(printf 'a\033[31mb')
	fails berthctl start "$name" 2>$T/refused
	grep -Fx '"a\x1b[31mb" is not a unit name.' $T/refused
}
case_unknown_verb() { status 1 berthctl frobnicate; }
case_systemctl_by_name() { status 0 systemctl is-active up; status 3 systemctl status down; systemctl show -p Id --value up | grep -qx up.service; }
case_suffix_is_added() { is "$(prop up Id)" up.service; is "$(prop up.service Id)" up.service; is "$(prop multi-user.target Id)" multi-user.target; }

case_list() {
	berthctl list >$T/list
	head -n 1 $T/list | grep 'UNIT *LOAD *ACTIVE *SUB *PID *MEMORY *ADDRESS *RESTARTS *DESCRIPTION'
	grep '^. *up.service *loaded *active *running *[0-9][0-9]* .*10\.90\.' $T/list
	fails grep 'down.service' $T/list
	fails grep "$(printf '\033')" $T/list
	berthctl list --failed | grep broken.service
}

case_status_text() {
	berthctl status up >$T/status
	for want in 'up.service - Up "and" running' 'Loaded: loaded (/etc/berth/units/up.service' 'Active: active (running) since' 'Main PID: [0-9]' 'Tasks: [0-9]' 'Memory: [0-9]' 'CGroup: /'; do grep -e "$want" $T/status; done
}

case_show_properties() {
	berthctl show up >$T/show
	for want in Id=up.service LoadState=loaded ActiveState=active SubState=running Result=success UnitFileState=enabled FragmentPath=/etc/berth/units/up.service NRestarts=0 Type=simple Restart=no MemoryMax=33554432; do grep -qx "$want" $T/show; done
	grep '^InvocationID=[0-9a-f]\{32\}$' $T/show
	is "$(berthctl show -p LoadState --value nosuchunit)" not-found
	is "$(berthctl show -p SubState,Id --value up | wc -l)" 2
}

case_exec_passes_the_status_on() { status 7 berthctl exec up sh -c 'exit 7'; status 143 berthctl exec up sh -c 'kill $$'; fails berthctl exec down true; }
case_exec_takes_over_the_rights() { is "$(berthctl exec up sed -n 's/^CapBnd:\t//p' /proc/self/status)" "$(proc_status up CapBnd)"; is "$(berthctl exec up sed -n 's/^NoNewPrivs:\t//p' /proc/self/status)" 1; }
case_exec_runs_in_the_units_cgroup() { is "$(berthctl exec up cat /proc/self/cgroup)" 0::/; }

case_kill_sends_the_signal() {
	wait_event up '(failed)' berthctl kill -s USR1 up
	is "$(prop up ExecMainStatus)" 10
	berthctl start up
	fails berthctl kill -s NOSUCH up
	fails berthctl kill down
}

case_reload() { berthctl reload up; fails berthctl reload down; berthctl start down; fails berthctl reload down; berthctl stop down; }
case_try_restart() { berthctl try-restart down; is "$(prop down ActiveState)" inactive; before=$(prop up MainPID); berthctl try-restart up; fails is "$(prop up MainPID)" "$before"; }
case_several_units() { berthctl start up down; berthctl is-active up down; berthctl stop up down; status 3 berthctl is-active up down; berthctl start up; }
case_no_block() { berthctl stop --no-block up; wait_state up inactive; berthctl start up; }
case_reset_failed() { berthctl reset-failed broken; is "$(prop broken ActiveState)" inactive; is "$(berthctl is-system-running)" running; }
case_old_names() { berthctl condrestart down; is "$(prop down ActiveState)" inactive; berthctl try-reload-or-restart down; is "$(prop down ActiveState)" inactive; before=$(prop up MainPID); berthctl force-reload up; is "$(prop up MainPID)" "$before"; }
case_cat() {
	berthctl cat up >$T/cat
	is "$(head -n 1 $T/cat)" '# /etc/berth/units/up.service'
	tail -n +2 $T/cat | cmp - /etc/berth/units/up.service
	is "$(berthctl cat multi-user.target)" '# multi-user.target is a part of berth'
	status 1 berthctl cat nosuchunit
}
case_jobs_are_listed_and_cancelled() {
	is "$(berthctl list-jobs)" 'No jobs.'
	berthctl start --no-block later
	wait_state stuck activating
	berthctl list-jobs >$T/jobs
	grep '^ *[0-9]* stuck.service *start *running$' $T/jobs
	grep '^ *[0-9]* later.service *start *waiting$' $T/jobs
	# all that wait, not what runs
	berthctl cancel
	is "$(prop later Job)" 0
	is "$(prop stuck JobType)" start
	fails berthctl cancel 4000000
	berthctl cancel "$(prop stuck Job)"
	is "$(berthctl list-jobs --no-legend)" ''
	berthctl stop stuck
}
case_list_dependencies() {
	berthctl list-dependencies later >$T/tree
	is "$(head -n 1 $T/tree)" later.service
	grep -- '-stuck.service$' $T/tree
	grep -- '-sysinit.target$' $T/tree
	berthctl list-dependencies --reverse up | grep 'multi-user.target$'
	berthctl list-dependencies --plain | grep '^. *up.service$'
	berthctl list-dependencies --after later | grep 'stuck.service$'
}
case_default_target() {
	is "$(berthctl get-default)" multi-user.target
	berthctl set-default rescue
	is "$(berthctl get-default)" rescue.target
	fails berthctl set-default nothing.target
	fails berthctl set-default up.service
	berthctl set-default multi-user.target
	is "$(berthctl get-default)" multi-user.target
	rm /etc/berth/units/default.target
}
case_system_is_running() { status 0 berthctl is-system-running; is "$(berthctl show -p SystemState --value)" running; }
case_explain() { berthctl explain MemoryMax | grep -i memory; fails berthctl explain NoSuchKey; }
case_help() { berthctl --help | grep -q 'restart'; berthctl version | grep -q berth; }
as() { start-stop-daemon -S -q -c "$1" -x /bin/berthctl -- "$2" ${3:+"$3"}; }
case_only_root_changes_things() {
	as nobody:berth list >/dev/null
	fails as nobody:berth stop up
	fails as nobody:nogroup list
	berthctl is-active up
}

case_json_is_written() {
	for command in list list-jobs "list-dependencies later" get-default status "status up" "show up" "logs up" "start up" "is-active up" version; do
		# shellcheck disable=SC2086 # words
		berthctl --json $command 2>/dev/null | while IFS= read -r line; do echo "@@json $line" >/dev/console; done
	done
	echo '@@json-end' >/dev/console
}
