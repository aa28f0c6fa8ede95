# Privileges of systemd.exec(5), one case per directive. The units have no isolation but what they write, unless named so.
bits() { echo $((0x$(proc_status "$1" "$2"))); }

case_capability_bounding_set() {
	berthctl start capabilities
	# CAP_CHOWN 0, CAP_KILL 5, CAP_NET_RAW 13
	is "$(bits capabilities CapBnd)" $((1 << 0 | 1 << 13))
	berthctl start all-but plain
	is $(($(bits plain CapBnd) & ~$(bits all-but CapBnd))) $((1 << 21 | 1 << 16))
	is "$(bits all-but CapEff)" "$(bits all-but CapBnd)"
	berthctl start no-capabilities
	is "$(bits no-capabilities CapBnd)" 0
	is "$(bits no-capabilities CapEff)" 0
	is "$(prop capabilities CapabilityBoundingSet)" "cap_chown cap_net_raw"
}

case_ambient_capabilities() {
	is "$(bits capabilities CapAmb)" $((1 << 13))
	is "$(bits capabilities CapEff)" $((1 << 13))
	berthctl start standard-more
	is "$(bits standard-more CapEff)" $((1 << 13))
	# the profile's own eight, and the one that was asked for
	is "$(bits standard-more CapBnd)" $((1 << 0 | 1 << 1 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 10 | 1 << 13))
}

case_directives_win_over_the_profile() {
	berthctl start standard-privileges
	is "$(proc_status standard-privileges NoNewPrivs)" 0
	is "$(bits standard-privileges CapBnd)" $((1 << 25))
	is "$(proc_status standard-more NoNewPrivs)" 1
}

case_secure_bits() {
	berthctl start secure-bits
	# noroot 0, noroot-locked 1, no-setuid-fixup 2
	is "$(logs secure-bits)" securebits=7
}

case_keyring_mode() {
	berthctl start keyring-private keyring-shared keyring-inherit
	like "$(logs keyring-private)" 'keyring=*userkey=ENOKEY'
	like "$(logs keyring-shared)" 'keyring=*userkey=ok'
	one=$(logs keyring-inherit | head -n 1)
	berthctl start keyring-private keyring-inherit
	is "$(logs keyring-inherit | sed -n 3p)" "$one"
	fails is "$(logs keyring-private | sed -n 1p)" "$(logs keyring-private | sed -n 3p)"
}

case_cpu_scheduling() {
	berthctl start scheduling fifo
	is "$(stat_field scheduling 40)" 7
	is "$(stat_field scheduling 41)" 2
	is "$(stat_field fifo 40)" 1
	is "$(stat_field fifo 41)" 1
	# CPUSchedulingResetOnFork= shows in the child
	child=$(cgroup scheduling cgroup.procs | grep -vx "$(prop scheduling MainPID)")
	is "$(sed 's/.*) //' "/proc/$child/stat" | cut -d' ' -f 39)" 0
}

case_cpu_affinity() {
	is "$(proc_status scheduling Cpus_allowed_list)" 0
	is "$(prop scheduling CPUAffinity)" 0
	fails berthctl start no-such-cpu
	told no-such-cpu | grep 'CPUAffinity.*cpu-affinity'
}

case_io_scheduling() {
	like "$(ionice -p "$(prop scheduling MainPID)")" 'idle*'
	is "$(ionice -p "$(prop fifo MainPID)")" 'best-effort: prio 2'
}

case_timer_slack() { is "$(cat "/proc/$(prop all-but MainPID)/timerslack_ns")" 3000; }

case_personality() { is "$(cat "/proc/$(prop scheduling MainPID)/personality")" 00000008; }

case_coredump_filter() { is "$((0x$(cat "/proc/$(prop scheduling MainPID)/coredump_filter")))" $((0x111)); }

case_numa_policy() {
	grep -q 'bind:0' "/proc/$(prop scheduling MainPID)/numa_maps"
	fails grep -q bind "/proc/$(prop plain MainPID)/numa_maps"
}
