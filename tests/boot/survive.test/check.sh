# PID 1 survives what can be done to it, and answers.
answers() {
	is "$(prop worker InvocationID)" "$(cat $T/worker)"
	is "$(prop worker SubState)" running
	berthctl restart worker
	prop worker InvocationID >$T/worker
}
fds() { ls /proc/1/fd | wc -l; }

case_fault_signals_that_are_only_sent() {
	prop worker InvocationID >$T/worker
	for sig in SEGV BUS ILL FPE ABRT SYS TRAP; do
		kill -$sig 1
		answers
	done
}

case_other_signals() {
	for sig in PIPE QUIT ALRM URG WINCH CHLD CONT STOP TSTP IO; do kill -$sig 1; done
	answers
}

case_garbage_on_the_control_socket() {
	berthctl start garbage
	wait_log garbage 'hostile garbage: [0-9]*'
	answers
	berthctl stop garbage
}

case_deaf_client() {
	berthctl start deaf
	wait_log deaf 'hostile deaf: [0-9]*'
	answers
	berthctl stop deaf
}

case_crowd_does_not_lock_others_out() {
	before=$(fds)
	berthctl start crowd
	wait_log crowd 'hostile crowd: [0-9]*'
	# 64 connections and no more, the oldest idle ones make room
	[ "$(fds)" -le $((before + 66)) ]
	answers
	berthctl stop crowd
	patience=10
	eventually few_fds $((before + 2))
}
few_fds() { [ "$(fds)" -le "$1" ]; }

case_strangers_may_not_connect() {
	berthctl start nobody
	wait_log nobody 'hostile crowd: 0$'
	berthctl stop nobody
	is "$(stat -c %a:%G /run/berth/control)" 660:berth
}

in_leaf() { grep -qx 0::/init /proc/1/cgroup; }
case_pid_1_has_a_cgroup_of_its_own() {
	# the kernel's OOM killer spares the machine's init; its memory must not be taken away either
	path=$(sed 's/^0:://' /proc/1/cgroup)
	like "$path" '/?*'
	is "$(tr '\n' ' ' <"/sys/fs/cgroup$path/cgroup.procs")" "1 "
	[ "$(cat "/sys/fs/cgroup$path/memory.min")" -gt 0 ]
}

# Nothing is waited for: what PID 1 uses in a span is what is measured.
case_no_busy_loop() {
	a=$(awk '{ print $14 + $15 }' /proc/1/stat)
	sleep 1
	b=$(awk '{ print $14 + $15 }' /proc/1/stat)
	[ $((b - a)) -le 5 ]
}
