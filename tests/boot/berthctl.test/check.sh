# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# The client's verbs as scripts use them: answers and exit statuses are systemctl's.

case_start_statuses() {
	status 0 berthctl start web once
	status 5 berthctl start nothing
	status 6 berthctl start broken
	status 1 berthctl start bad
	status 0 berthctl start --no-block bad
	status 5 berthctl stop nothing-either
	status 3 berthctl reload once
	status 0 berthctl reload web
	status 1 berthctl frobnicate
	wait_state bad failed
}

case_a_failed_start_tells_why() {
	berthctl start bad 2>$T/err || true
	grep -q 'Job for bad.service failed: exited with status 3' $T/err
	grep -q 'no luck' $T/err
	berthctl start nothing 2>$T/err || true
	is "$(cat $T/err)" "Failed to start nothing.service: Unit nothing.service not found."
	berthctl start broken 2>$T/err || true
	grep -q 'broken.service:3: .*Frobnicate' $T/err
}

case_status_statuses() {
	status 0 berthctl status web >/dev/null
	status 3 berthctl status bad >/dev/null
	status 4 berthctl status nothing >/dev/null
	status 0 berthctl status >/dev/null
}

case_status_text() {
	berthctl status web >$T/status
	grep -q '^\* web.service - Something that runs$' $T/status
	grep -q 'Loaded: loaded (/etc/berth/units/web.service; enabled)' $T/status
	grep -q 'Active: active (running) since .* ago$' $T/status
	grep -q "Main PID: $(prop web MainPID) (sleep)" $T/status
	grep -q 'Memory: .* max: 32.0M)' $T/status
	grep -q 'Tasks: .* (limit: 16)' $T/status
	grep -q 'web\[[0-9]*\]: hello' $T/status
	# no colours into a file
	fails grep -q "$(printf '\033')" $T/status
}

case_enabling() {
	local wants=/etc/berth/units/multi-user.target.wants/web.service
	status 0 berthctl disable web
	is "$(status 1 berthctl is-enabled web)" disabled
	fails test -L $wants
	status 0 berthctl enable web
	is "$(readlink $wants)" /etc/berth/units/web.service
	is "$(status 0 berthctl is-enabled web)" enabled
	is "$(status 4 berthctl is-enabled no-such-unit)" not-found
	is "$(berthctl list-unit-files --no-legend web.service)" "web.service enabled"
	is "$(status 0 berthctl is-active web)" active
}

case_questions() {
	is "$(status 0 berthctl is-active web)" active
	is "$(status 3 berthctl is-active bad)" failed
	is "$(status 3 berthctl is-active nothing)" inactive
	is "$(status 0 berthctl is-failed bad)" failed
	is "$(status 1 berthctl is-failed web)" active
	is "$(status 0 berthctl is-enabled web)" enabled
	is "$(status 1 berthctl is-system-running)" degraded
	status 0 berthctl reset-failed bad
	is "$(status 0 berthctl is-system-running --wait)" running
	is "$(prop bad ActiveState)" inactive
}

case_show_has_the_names_and_forms_of_systemd() {
	is "$(berthctl show -p RestartUSec,LoadState,MemoryMax web)" "$(printf 'LoadState=loaded\nMemoryMax=33554432\nRestartUSec=100ms')"
	is "$(berthctl show -p Environment --value web)" 'A=b "C=d e"'
	is "$(berthctl show -P ExecMainCode web)" 0
	is "$(prop web LimitNOFILE)" 77
	is "$(prop web Type)" simple
	is "$(prop web CanStart,CanStop,CanReload,CanIsolate | tr '\n' ' ')" 'yes yes yes no '
	is "$(prop once CanReload)" no
	is "$(prop web EnvironmentFiles)" '/etc/nothing (ignore_errors=yes)'
	# properties that its type has not are not answered; those of its sections are
	is "$(berthctl show -p MainPID,Type,Id multi-user.target)" Id=multi-user.target
	like "$(prop web ExecStart)" '{ path=/bin/sh ; argv\[\]=/bin/sh -c * ; ignore_errors=no }'
	like "$(prop web ActiveEnterTimestamp)" '??? 20??-??-?? ??:??:?? UTC'
	is "$(prop nothing LoadState)" not-found
	is "$(prop web InvocationID | wc -c)" 33
	status 0 berthctl start bad || true
	is "$(prop bad Result)/$(prop bad ExecMainCode)/$(prop bad ExecMainStatus)" exit-code/1/3
}

case_list() {
	berthctl list >$T/list
	like "$(head -n 1 $T/list)" '*UNIT *LOAD *ACTIVE *SUB *PID *MEMORY *ADDRESS *RESTARTS DESCRIPTION'
	grep -q "web.service  *loaded active running  *$(prop web MainPID) .*10\.90\..*Something that runs" $T/list
	fails grep -q broken $T/list
	berthctl list --all --no-legend 'bro*' | grep -q 'broken.service *bad-setting'
	is "$(berthctl list --failed --no-legend | wc -l)" 1
}

case_json() {
	berthctl list --json >$T/json
	like "$(cat $T/json)" '\[{"unit":"*}\]'
	grep -q '"unit":"web.service","load":"loaded","active":"active","sub":"running","description":"Something that runs","pid":[0-9]*,"memory":[0-9]*,"address":"10.90.[0-9.]*","restarts":0}' $T/json
	is "$(berthctl show --json -p Id,MainPID web)" "{\"Id\":\"web.service\",\"MainPID\":\"$(prop web MainPID)\"}"
	is "$(berthctl restart --json web)" '{"unit":"web.service","result":"done"}'
}

case_exec_is_inside() {
	is "$(inside web id -u)" 1
	is "$(inside web hostname)" web
	is "$(inside web sh -c 'echo $A-$C')" 'b-d e'
	is "$(inside web sh -c 'ulimit -n')" 77
	is "$(inside web cat /proc/self/cgroup)" 0::/
	is "$(inside web sed -n 's/NoNewPrivs:.//p' /proc/self/status)" 1
	is "$(inside web sed -n 's/CapBnd:.//p' /proc/self/status)" "$(proc_status web CapBnd)"
	is "$(echo 'echo fed' | inside web)" fed
	status 7 inside web sh -c 'exit 7'
	status 143 inside web sh -c 'kill $$'
	status 127 inside web no-such-command
	status 3 berthctl exec once true
	status 5 berthctl exec nothing true
	status 0 inside web true
	# it counts against the service's limits
	fails inside web sh -c 'for i in $(seq 20); do sleep 100 & done; wait'
}

case_kill() {
	old=$(prop web MainPID)
	wait_event web running berthctl restart web
	[ "$(prop web MainPID)" != "$old" ]
	wait_event web inactive berthctl kill -s TERM web
	status 1 berthctl kill web
	status 1 berthctl kill -s NONSENSE web
	berthctl start web
}

case_logs() {
	wait_log web hello
	berthctl logs -n 2 -o cat web >$T/logs
	is "$(cat $T/logs)" "$(printf 'hello\nit hurts')"
	is "$(berthctl logs -p err -n 1 -o cat web)" "it hurts"
	is "$(berthctl logs --until=-1d web)" ""
	berthctl logs -o json -n 1 web | grep -q '"PRIORITY":"3","_SYSTEMD_UNIT":"web.service","_PID":"[0-9]*","MESSAGE":"it hurts"'
}

# Members of the group may look, and only look; others may not even knock.
case_privileges() {
	status 1 su -s /bin/sh daemon -c 'berthctl is-active web'
	chgrp daemon /run/berth/control
	is "$(su -s /bin/sh daemon -c 'berthctl is-active web')" active
	status 4 su -s /bin/sh daemon -c 'berthctl stop web'
	status 4 su -s /bin/sh daemon -c 'berthctl poweroff'
	su -s /bin/sh daemon -c 'berthctl logs -n 1 -o cat web' | grep -q 'it hurts'
	# asking for what is not there makes nothing known
	before=$(berthctl show -p NNames --value)
	su -s /bin/sh daemon -c 'berthctl show fast@a fast@b fast@c' >/dev/null
	is "$(berthctl show -p NNames --value)" "$before"
	chgrp berth /run/berth/control
}

case_many_jobs_at_once() {
	units=$(for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do echo fast@$i; done)
	berthctl start $units
	is "$(berthctl is-active $units | sort -u)" active
	for i in 1 2 3 4 5; do berthctl restart $units & done
	wait
	is "$(berthctl is-active $units | sort -u)" active
	berthctl stop $units
}

# A subscriber that sleeps loses events and is told how many; berth does not keep them for it.
case_lost_events() {
	berthctl start fast@1
	berthctl events >$T/lost &
	pid=$!
	while [ ! -s $T/lost ]; do berthctl restart fast@1; done
	kill -STOP $pid
	for i in 1 2 3 4 5 6 7 8 9 10; do
		for j in 1 2 3 4 5 6 7 8 9 10; do echo restart; done | while read -r verb; do berthctl $verb fast@1 fast@2 fast@3 fast@4; done
	done
	kill -CONT $pid
	eventually grep -q 'events were lost' $T/lost
	kill $pid
}

case_hostile_clients() {
	for what in garbage crowd deaf; do
		hostile $what >$T/hostile &
		pid=$!
		eventually [ -s $T/hostile ]
		status 0 timeout 10 berthctl is-active web
		is "$(timeout 10 berthctl list --no-legend web | wc -l)" 1
		kill $pid
	done
}

case_explain_needs_no_berth() {
	berthctl --socket=/nowhere explain MemoryMax | grep -q 'status: enforced'
	status 1 berthctl explain Frobnicate
	status 4 berthctl --socket=/nowhere status web
}

case_by_other_names() {
	ln -s "$(command -v berthctl)" $T/systemctl
	is "$($T/systemctl is-active web)" active
	is "$($T/systemctl --no-pager show -p SubState web)" SubState=running
}
