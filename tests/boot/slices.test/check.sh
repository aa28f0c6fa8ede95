# Slices: where units are in the tree, and what holds there before anything starts. Each case fails when it is ignored.
C=/sys/fs/cgroup
case_nested() {
	is "$(prop inner ControlGroup)" /app.slice/app-web.slice/inner.service
	is "$(prop inner Slice)" app-web.slice
	grep -x "$(prop inner MainPID)" $C/app.slice/app-web.slice/inner.service/cgroup.procs || [ -s $C/app.slice/app-web.slice/inner.service/cgroup.procs ]
	is "$(prop app-web.slice ActiveState) $(prop app.slice ActiveState)" "active active"
	is "$(prop app-web.slice ControlGroup)" /app.slice/app-web.slice
}
case_limits() {
	is "$(cat $C/app.slice/pids.max)" 50
	is "$(cat $C/app.slice/app-web.slice/memory.max)" 41943040
	is "$(cat $C/app.slice/app-web.slice/pids.max)" max
	is "$(prop app.slice TasksMax) $(prop app-web.slice MemoryMax)" "50 41943040"
}
# A controller that only a slice asks for
case_weight() { is "$(cat $C/app.slice/cpu.weight)" 50; }
case_dependencies() {
	like " $(prop inner Requires) " '* app-web.slice *'
	like " $(prop inner After) " '* app-web.slice *'
	like " $(prop app-web.slice Requires) " '* app.slice *'
}
case_system_slice() {
	is "$(prop plain ControlGroup) $(prop plain Slice)" "/system.slice/plain.service system.slice"
	is "$(cat $C/system.slice/pids.max)" 777
	is "$(prop system.slice ActiveState)" active
	fails berthctl stop system.slice
	is "$(prop plain ActiveState)" active
}
# With processes in it already: an errand writes what is new, and what is gone goes back to the default.
case_system_slice_changes() {
	printf '[Slice]\nMemoryMax=900M\n' >/etc/berth/units/system.slice.d/90-later.conf
	berthctl daemon-reload
	eventually grep -qx 943718400 $C/system.slice/memory.max
	rm /etc/berth/units/system.slice.d/90-later.conf
	berthctl daemon-reload
	eventually grep -qx max $C/system.slice/memory.max
	is "$(cat $C/system.slice/pids.max)" 777
}
# What a reload has taken away is gone with the next run, an automatic restart as well.
case_former_limits_go_with_a_restart() {
	mkdir -p /etc/berth/units/kept.service.d
	printf '[Service]\nMemoryMax=300M\n' >/etc/berth/units/kept.service.d/max.conf
	berthctl daemon-reload
	berthctl start kept
	is "$(cat $C/system.slice/kept.service/memory.max)" 314572800
	rm /etc/berth/units/kept.service.d/max.conf
	berthctl daemon-reload
	kill -KILL "$(prop kept MainPID)"
	eventually grep -qx max $C/system.slice/kept.service/memory.max
	berthctl stop kept
}
# It has no file, and neither have those above it.
case_implicit() {
	berthctl start implicit
	is "$(prop implicit ControlGroup)" /no.slice/no-such.slice/no-such-file.slice/implicit.service
	berthctl stop no.slice
	is "$(prop implicit ActiveState) $(prop no-such-file.slice ActiveState)" "inactive inactive"
	[ ! -e $C/no.slice ]
	berthctl start implicit
	is "$(prop implicit ActiveState)" active
}
case_root() { berthctl start top; is "$(prop top ControlGroup)" /top.service; [ -e $C/top.service/cgroup.procs ]; berthctl stop top; [ ! -e $C/top.service ]; }
# 60 MB do not fit into the slice, whose limit it is then said to have been.
case_oom() {
	berthctl start second
	berthctl start hungry || true
	wait_state hungry failed
	is "$(prop hungry Result) $(prop hungry OOMCause)" "oom-kill memory limit of a parent slice"
}
case_restart_in_place() {
	local before
	before=$(prop inner MainPID)
	berthctl restart inner
	fails is "$(prop inner MainPID)" "$before"
	is "$(prop inner ControlGroup)" /app.slice/app-web.slice/inner.service
	is "$(cat $C/app.slice/app-web.slice/memory.max)" 41943040
}
case_names() {
	fails berthctl start bad-name
	like "$(prop bad-name LoadError)" '*Slice: is not the name of a slice*'
	fails berthctl start no-slice
	like "$(prop no-slice LoadError)" '*Slice: is not the name of a slice*'
}
case_stop_takes_all_along() {
	berthctl stop app.slice
	is "$(prop inner ActiveState) $(prop second ActiveState)" "inactive inactive"
	[ ! -e $C/app.slice ]
}
