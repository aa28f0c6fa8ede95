# Each directive has a case that fails when it is ignored.
limit() { awk -v name="$1" 'index($0, name) == 1 { print $(NF - 2) ":" $(NF - 1) }' "/proc/$(prop probe MainPID)/limits"; }
# the last column (unit) is missing for some
limit_without_unit() { awk -v name="$1" 'index($0, name) == 1 { print $(NF - 1) ":" $NF }' "/proc/$(prop probe MainPID)/limits"; }
environment() { tr '\0' '\n' <"/proc/$(prop "$1" MainPID)/environ"; }

case_user() { is "$(proc_status probe Uid)" "1234	1234	1234	1234"; is "$(proc_status plain Uid)" "0	0	0	0"; }
case_group() { is "$(proc_status probe Gid)" "2000	2000	2000	2000"; }
case_supplementary_groups() { like " $(proc_status probe Groups) " '* 3000 *'; like " $(proc_status probe Groups) " '* 3001 *'; }
case_environment() { environment probe | grep -qx 'A=one two'; }
case_environment_file() { environment probe | grep -qx 'FROM_FILE=quoted value'; environment probe | grep -qx 'B=overridden by the file'; }
case_environment_of_the_user() { environment probe | grep -qx 'HOME=/srv/work'; environment probe | grep -qx 'USER=tester'; is "$(environment plain | grep -c '^USER=')" 0; }
case_environment_is_clean() { is "$(environment plain | grep -c '^BOOT_IMAGE\|^tests')" 0; environment plain | grep -q '^PATH=/usr/local/sbin'; }
# A word of the kernel command line that nobody knows is a variable of PID 1's.
case_pass_environment() { environment probe | grep -qx PASSED=on; is "$(environment plain | grep -c PASSED)" 0; }
case_working_directory() { is "$(readlink /proc/$(prop probe MainPID)/cwd)" /srv/work; is "$(readlink /proc/$(prop plain MainPID)/cwd)" /; }
case_umask() { is "$(proc_status probe Umask)" 0027; is "$(proc_status plain Umask)" 0022; }
case_limit_cpu() { is "$(limit 'Max cpu time')" 1000:2000; }
case_limit_fsize() { is "$(limit 'Max file size')" 10485760:20971520; }
case_limit_data() { is "$(limit 'Max data size')" 104857600:209715200; }
case_limit_stack() { is "$(limit 'Max stack size')" 4194304:5242880; }
case_limit_core() { is "$(limit 'Max core file size')" 0:1048576; }
case_limit_rss() { is "$(limit 'Max resident set')" 52428800:52428800; }
case_limit_nofile() { is "$(limit 'Max open files')" 100:200; }
case_limit_as() { is "$(limit 'Max address space')" 314572800:419430400; }
case_limit_nproc() { is "$(limit 'Max processes')" 50:60; }
case_limit_memlock() { is "$(limit 'Max locked memory')" 1048576:1048576; }
case_limit_locks() { is "$(limit 'Max file locks')" 70:80; }
case_limit_sigpending() { is "$(limit 'Max pending signals')" 90:91; }
case_limit_msgqueue() { is "$(limit 'Max msgqueue size')" 8192:8192; }
case_limit_nice() { is "$(limit_without_unit 'Max nice priority')" 17:17; }
case_limit_rtprio() { is "$(limit_without_unit 'Max realtime priority')" 4:5; }
case_limit_rttime() { is "$(limit 'Max realtime timeout')" 500000:500000; }
case_limit_nofile_by_default() { awk '/^Max open files/ { exit $4 != 1024 }' /proc/$(prop plain MainPID)/limits; }
case_nice() { is "$(stat_field probe 19)" 5; is "$(stat_field plain 19)" 0; }
case_oom_score_adjust() { is "$(cat /proc/$(prop probe MainPID)/oom_score_adj)" 321; is "$(cat /proc/$(prop plain MainPID)/oom_score_adj)" 0; }
case_signals_are_not_inherited() { is "$(proc_status plain SigBlk)" 0000000000000000; is "$(proc_status unpiped SigIgn)" 0000000000000000; }
case_descriptors_are_not_inherited() { is "$(ls /proc/$(prop plain MainPID)/fd | tr '\n' ' ')" "0 1 2 "; is "$(readlink /proc/$(prop plain MainPID)/fd/0)" /dev/null; }

case_directories_belong_to_the_user() {
	for dir in /var/lib/probe /var/log/probe /var/cache/probe; do is "$(stat -c %u:%g:%a $dir)" 1234:2000:755; done
	environment probe | grep -qx STATE_DIRECTORY=/var/lib/probe
}

case_memory_min() { is "$(cgroup boxed memory.min)" 4194304; is "$(cgroup plain memory.min)" 0; }
case_memory_low() { is "$(cgroup boxed memory.low)" 8388608; }
case_memory_high() { is "$(cgroup boxed memory.high)" 50331648; is "$(cgroup plain memory.high)" max; }
case_memory_max() { is "$(cgroup boxed memory.max)" 67108864; is "$(cgroup plain memory.max)" max; }
case_memory_swap_max() { is "$(cgroup boxed memory.swap.max)" 16777216; }
# One more than is written: the stub is berth's, not the service's.
case_tasks_max() { is "$(cgroup boxed pids.max)" 21; fails is "$(cgroup plain pids.max)" 21; }
case_cpu_quota() { is "$(cgroup boxed cpu.max)" "25000 50000"; like "$(cgroup plain cpu.max)" 'max *'; }
case_io_weight() { is "$(cgroup boxed io.weight | head -n 1)" 'default 300'; }
case_cpu_weight() { is "$(cgroup boxed cpu.weight)" 200; is "$(cgroup plain cpu.weight)" 100; }
case_oom_group_follows_oom_policy() { is "$(cgroup boxed memory.oom.group)" 1; is "$(cgroup plain memory.oom.group)" 0; }

case_exec_condition_skips() {
	[ ! -e /run/was-not-skipped ]
	is "$(prop skipped ActiveState)" inactive
	fails berthctl is-failed skipped
}

case_commands_around_the_main_one() {
	wait_log hooks '^post'
	logs hooks >$T/hooks
	is "$(grep -c . $T/hooks)" 3
	is "$(sed -n 1p $T/hooks)" "pre hooks"
	grep -qx main $T/hooks
	grep -qx "post knows main" $T/hooks
}

case_reload_command() {
	berthctl reload hooks
	wait_log hooks '^reloaded'
	logs hooks | grep -qx reload
	is "$(prop hooks SubState)" running
}

case_stop_commands() {
	berthctl stop hooks
	logs hooks >$T/hooks
	tail -n 3 $T/hooks
	is "$(tail -n 3 $T/hooks | tr '\n' ,)" "stop knows main,asked,stop-post exit-code exited 7,"
}

# PID 1's children ignore SIGPIPE unless told otherwise, isolated or not.
case_ignore_sigpipe() {
	for unit in plain boxed; do is "$(proc_status $unit SigIgn)" 0000000000001000; done
	is "$(proc_status unpiped SigIgn)" 0000000000000000
}
case_unset_environment() {
	environment unpiped >$T/unpiped
	is "$(grep -c '^GONE\|^FROM_FILE\|^VALUE=this' $T/unpiped)" 0
	grep -qx 'KEPT=1' $T/unpiped
	grep -qx 'OTHER=that' $T/unpiped
}
case_directory_modes() { is "$(stat -c %a /run/unpiped /var/lib/unpiped /var/cache/unpiped /var/log/unpiped | tr '\n' ' ')" "700 750 711 2770 "; }
case_directory_modes_isolated() { is "$(stat -c %a /proc/$(prop boxed MainPID)/root/run/boxed)" 711; }
case_runtime_directory_preserve() {
	for unit in keeps keeps-restart keeps-not; do
		berthctl start $unit
		: >/run/$unit/mark
		berthctl restart $unit
	done
	[ -e /run/keeps/mark ]
	[ -e /run/keeps-restart/mark ]
	[ ! -e /run/keeps-not/mark ]
	[ -d /run/keeps-not ]
	berthctl stop keeps keeps-restart keeps-not
	[ -e /run/keeps/mark ]
	[ ! -e /run/keeps-restart ]
	[ ! -e /run/keeps-not ]
}
case_runtime_directory_preserve_isolated() {
	for unit in keeps-isolated keeps-boxed; do
		berthctl start $unit
		inside $unit sh -c ": >/run/$unit/mark"
		inside $unit test ! -e /run/berth/units
		berthctl restart $unit
		inside $unit test -e /run/$unit/mark
	done
	is "$(stat -c %a:%u /run/keeps-boxed)" 750:1
	berthctl stop keeps-isolated keeps-boxed
	[ ! -e /run/keeps-isolated ]
	[ -e /run/keeps-boxed/mark ]
}
case_directories_with_a_link() {
	for i in none standard full; do
		berthctl start linked-$i
		is "$(wait_log linked-$i linked)" "/var/lib/linked-$i:/var/lib/plain-$i /run/linked-$i"
		inside linked-$i sh -c "echo here >/var/lib/other-$i/file; echo there >/run/linked-$i/file; echo log >/var/log/alias-$i/two/file"
		is "$(inside linked-$i cat /var/lib/linked-$i/file /run/other-$i/file /var/log/deep-$i/one/file | tr '\n' ' ')" "here there log "
		[ -L /var/lib/other-$i ]
		is "$(cat /var/lib/other-$i/file)" here
		is "$(cat /var/log/alias-$i/two/file)" log
		berthctl restart linked-$i
		is "$(inside linked-$i cat /var/lib/other-$i/file)" here
		berthctl stop linked-$i
		[ ! -e /run/linked-$i ]
		[ ! -L /run/other-$i ]
		[ -e /var/lib/linked-$i/file ]
	done
	is "$(readlink /var/lib/other-none)" linked-none
	is "$(readlink /var/log/alias-none/two)" ../deep-none/one
	is "$(readlink /var/lib/other-full)" private/linked-full
	mkdir -p /var/lib/taken/full
	fails berthctl start linked-badly
	prop linked-badly Reason | grep 'linked-badly.service:4: StateDirectory: .*/var/lib/taken: File exists'
	for unit in linked-configuration linked-twice; do berthctl status $unit | grep 'can have no such link'; done
	berthctl status linked-out | grep 'has a ".." part'
}
case_affinity_of_nodes() {
	berthctl start numa
	is "$(proc_status numa Cpus_allowed_list)" "$(cat /sys/devices/system/node/node0/cpulist)"
	like "$(prop numa CPUAffinity)" numa
	fails berthctl start numa-none
	prop numa-none Reason | grep 'numa-none.service:4: CPUAffinity: numa needs NUMAMask='
}
case_colons_in_paths() {
	mkdir -p /srv/co:lon
	echo colon >/srv/co:lon/file
	berthctl start colons
	is "$(inside colons cat /srv/in:side/file)" colon
	fails inside colons test -e /srv/x
}
