# What a daemon-reload changes, and what it leaves alone.
U=/etc/berth/units
pids() { prop steady MainPID; prop gone MainPID; prop broken MainPID; }
change() { sed -i "$2" "$U/$1.service"; }
reloaded() { berthctl logs -o cat -n 20 berth | grep "^reloaded: $1$"; }

case_nothing_to_do() {
	berthctl diff >$T/diff
	is "$(cat $T/diff)" ""
	berthctl daemon-reload
	is "$(prop steady NeedDaemonReload)" no
	is "$(berthctl diff --json)" "[]"
}

case_a_changed_unit_goes_on() {
	before=$(pids)
	change steady 's/the first/the second/; s/A=1/A=2/; s/TimeoutStopSec=30/TimeoutStopSec=7/'
	is "$(prop steady NeedDaemonReload)" yes
	is "$(prop steady Description)" "the first"
	berthctl diff >$T/diff
	grep -x "~ steady.service" $T/diff
	grep "Description: the first -> the second" $T/diff
	grep "Environment: A=1 -> A=2" $T/diff
	grep "TimeoutStop.*: 30s -> 7s" $T/diff
	is "$(wc -l <$T/diff)" 4
	# it was only a question
	is "$(prop steady Description)" "the first"
	berthctl daemon-reload
	is "$(prop steady NeedDaemonReload)" no
	is "$(prop steady Description)" "the second"
	is "$(pids)" "$before"
	tr '\0' '\n' </proc/$(prop steady MainPID)/environ | grep -x A=1
	berthctl restart steady
	tr '\0' '\n' </proc/$(prop steady MainPID)/environ | grep -x A=2
}

case_a_drop_in_comes() {
	mkdir -p $U/steady.service.d
	printf '[Service]\nEnvironment=B=3\n' >$U/steady.service.d/b.conf
	is "$(prop steady NeedDaemonReload)" yes
	berthctl daemon-reload
	is "$(prop steady DropInPaths)" $U/steady.service.d/b.conf
	rm -r $U/steady.service.d
	is "$(prop steady NeedDaemonReload)" yes
	kill -HUP 1
	eventually no_drop_ins
}
no_drop_ins() { [ -z "$(prop steady DropInPaths)" ]; }

case_a_unit_whose_file_goes_runs_on() {
	pid=$(prop gone MainPID)
	rm $U/gone.service $U/multi-user.target.wants/gone.service
	berthctl diff | grep -x -e "- gone.service"
	berthctl daemon-reload
	is "$(prop gone LoadState)" not-found
	is "$(prop gone SubState)" running
	is "$(prop gone MainPID)" "$pid"
	# also over another one
	berthctl daemon-reload
	berthctl stop gone
	logs gone | grep "stopped in its own way"
	is "$(prop gone ActiveState)" inactive
	fails berthctl start gone
	# the memory of before is of no use any more
	berthctl daemon-reload
	printf '[Service]\nExecStart=/bin/sleep 100000\n' >$U/gone.service
	berthctl start gone
	is "$(prop gone SubState)" running
}

case_what_a_run_is_built_on_stays_until_it_is_down() {
	pid=$(prop broken MainPID)
	mkdir -p $U/broken.service.d
	printf '[Service]\nSlice=other.slice\n[Container]\nIsolation=none\n' >$U/broken.service.d/x.conf
	berthctl daemon-reload
	is "$(prop broken ControlGroup)" /system.slice/broken.service
	is "$(prop broken MainPID)" "$pid"
	is "$(prop broken Isolation)" standard
	berthctl restart broken
	is "$(prop broken Isolation)" none
	is "$(prop broken ControlGroup)" /other.slice/broken.service
	[ ! -d /sys/fs/cgroup/system.slice/broken.service ]
	rm -r $U/broken.service.d
	berthctl daemon-reload
	berthctl restart broken
	[ ! -d /sys/fs/cgroup/other.slice/broken.service ]
}

case_all_or_nothing() {
	before=$(pids)
	change steady 's/the second/the third/'
	change broken 's/ExecStart=/Nonsense=1\nExecStart=/'
	status 6 berthctl daemon-reload 2>$T/error
	grep "Nothing was reloaded.*broken.service:2.*Nonsense" $T/error
	is "$(prop steady Description)" "the second"
	is "$(prop broken LoadState)" loaded
	berthctl diff | grep "broken.service"
	change broken '/Nonsense/d'
	berthctl daemon-reload
	is "$(prop steady Description)" "the third"
	is "$(pids)" "$before"
}

case_system_conf() {
	before=$(prop steady MainPID) tasks=$(cgroup broken pids.max)
	is "$(prop broken TimeoutStopUSec)" 1min\ 30s
	printf '[Manager]\nDefaultTimeoutStopSec=7\nDefaultTasksMax=77\n' >/etc/berth/system.conf
	berthctl diff >$T/diff
	grep 'system.conf' $T/diff
	grep 'DefaultTimeoutStopSec' $T/diff
	is "$(prop broken TimeoutStopUSec)" 1min\ 30s
	berthctl daemon-reload
	is "$(prop broken TimeoutStopUSec)" 7s
	is "$(cgroup broken pids.max)" "$tasks"
	berthctl restart broken
	is "$(cgroup broken pids.max)" 78 # one for the stub
	is "$(berthctl diff | grep -c system.conf)" 0
	printf '[Manager]\nDefaultTimeoutStopSec=soon\n' >/etc/berth/system.conf
	change steady 's/^Description=.*/Description=of a bad reload/'
	status 6 berthctl daemon-reload 2>$T/error
	grep 'Nothing was reloaded: /etc/berth/system.conf:2: DefaultTimeoutStopSec' $T/error
	fails like "$(prop steady Description)" 'of a bad reload'
	is "$(prop broken TimeoutStopUSec)" 7s
	berthctl diff >$T/diff
	grep system.conf $T/diff
	grep 'loaded -> bad-setting' $T/diff
	rm /etc/berth/system.conf
	change steady 's/^Description=.*/Description=the third/'
	berthctl daemon-reload
	is "$(prop broken TimeoutStopUSec)" 1min\ 30s
	is "$(prop steady MainPID)" "$before"
}

case_foreign_errors_are_as_at_boot() {
	mkdir -p /etc/systemd/system
	printf '[Service]\nSystemCallFilter=@nosuch\nFancy=1\nExecStart=/bin/sleep 1\n' >/etc/systemd/system/foreign.service
	fails berthctl start foreign
	berthctl daemon-reload
	printf 'garbage\n' >/etc/systemd/system/foreign.service
	berthctl daemon-reload
	rm /etc/systemd/system/foreign.service
	berthctl daemon-reload
}

case_jobs_survive() {
	mkfifo /run/slow
	berthctl start --no-block behind
	is "$(prop slow ActiveState)" activating
	change behind '1i # changed'
	berthctl daemon-reload
	berthctl list-jobs | grep behind.service
	echo >/run/slow
	eventually runs behind
}
is_down() { [ "$(prop "$1" ActiveState)" = inactive ]; }
runs() { [ "$(prop "$1" SubState)" = running ]; }

case_edges_are_new() {
	printf '[Unit]\nConflicts=extra.service\n[Service]\nExecStart=/bin/sleep 100000\n' >$U/rival.service
	berthctl start rival extra
	berthctl stop rival extra
	berthctl start rival
	berthctl start extra
	eventually is_down rival
	sed -i /Conflicts/d $U/rival.service
	berthctl daemon-reload
	berthctl start rival
	is "$(prop extra SubState)" running
}

case_enable_and_now() {
	printf '[Service]\nExecStart=/bin/sleep 100000\n[Install]\nWantedBy=multi-user.target\n' >$U/late.service
	berthctl enable --now late
	is "$(prop late SubState)" running
	is "$(prop late UnitFileState)" enabled
	is "$(prop late WantedBy)" multi-user.target
	berthctl disable late
	is "$(prop late SubState)" running
	is "$(prop late UnitFileState)" disabled
	berthctl enable late
	is "$(prop late UnitFileState)" enabled
	rm $U/multi-user.target.wants/late.service
	mv $U/late.service /run/berth/units/ 2>/dev/null || { mkdir -p /run/berth/units; mv $U/late.service /run/berth/units/; }
	berthctl mask --now late
	is "$(prop late SubState)" dead
	is "$(prop late LoadState)" masked
	fails berthctl start late
	berthctl unmask late
	berthctl start late
	is "$(prop late SubState)" running
}

case_hundred_reloads_leave_nothing() {
	berthctl daemon-reload
	before=$(awk '/^VmRSS|^RssShmem/ { n += $2 } END { print n }' /proc/1/status)
	fds=$(ls /proc/1/fd | wc -l) maps=$(wc -l </proc/1/maps)
	for i in $(seq 100); do
		change steady "s/^Description=.*/Description=number $i/"
		berthctl daemon-reload
	done
	is "$(prop steady Description)" "number 100"
	[ "$(ls /proc/1/fd | wc -l)" -le "$fds" ]
	[ "$(wc -l </proc/1/maps)" -le $((maps + 2)) ]
	after=$(awk '/^VmRSS|^RssShmem/ { n += $2 } END { print n }' /proc/1/status)
	[ "$after" -le $((before + 64)) ]
}
