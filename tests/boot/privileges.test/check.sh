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
	is "$(bits standard-more CapBnd)" $((1 << 0 | 1 << 1 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 13))
}

case_directives_win_over_the_profile() {
	berthctl start standard-privileges
	is "$(proc_status standard-privileges NoNewPrivs)" 0
	is "$(bits standard-privileges CapBnd)" $((1 << 21 | 1 << 25))
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

# asked UNIT: what the probe of a oneshot said, on one line
asked() {
	berthctl start "$1" || true
	logs "$1" | tr '\n' ' ' | sed 's/ $//'
}

case_without_a_filter_all_is_there() {
	is "$(asked unfiltered)" "mount=ENOENT umount=ENOENT swapoff=ENOENT personality=ok mmap=ok mprotect=ok realtime=ok setuid_file=ok setgid_new=ok unshare_uts=ok unshare_net=ok clone3=EINVAL unix=ok inet=ok netlink=ok adjtimex=ok delete_module=ENOENT syslog=ok sethostname=EINVAL iopl=ok future=ENOSYS x32=ENOSYS i386=ok"
}

case_system_call_filter_denies() {
	is "$(asked filter-deny)" "mount=EPERM umount=ENOENT swapoff=EACCES inet=ok"
}

case_system_call_filter_allows() {
	is "$(asked filter-allow)" "umount=EACCES swapoff=EPERM inet=EPERM future=ENOSYS"
}

case_a_command_inside_gets_the_filter() {
	berthctl start filtered-user plain
	is "$(inside filtered-user grep -c '^Seccomp:.2' /proc/self/status)" 1
	is "$(inside filtered-user /tests/bin/probe swapoff || echo killed)" killed
	is "$(inside plain grep -c '^Seccomp:.0' /proc/self/status)" 1
}

case_a_denied_call_behind_a_stub_is_named() {
	fails berthctl start kill-standard
	wait_log kill-standard 'was killed for the system call mount'
	is "$(prop kill-standard SeccompDenied)" mount
	is "$(prop exec-nothing SeccompDenied)" ""
}

case_system_call_filter_kills() {
	fails berthctl start filter-kill
	is "$(prop filter-kill Result)" signal
	is "$(prop filter-kill ExecMainStatus)" 31
	is "$(logs filter-kill)" swapoff=ENOENT
	wait_log filter-kill 'was killed for the system call mount, which its filter denies'
	is "$(prop filter-kill SeccompDenied)" mount
	berthctl status filter-kill | grep 'Main PID.*killed by SIGSYS, system call mount\|dumped core by SIGSYS, system call mount'
}

case_a_denied_call_of_another_command_is_named() {
	for profile in none standard; do
		fails berthctl start deny-pre-$profile
		wait_log deny-pre-$profile 'ExecStartPre= process [0-9]* was killed for the system call mount, which its filter denies'
		like "$(prop deny-pre-$profile SeccompDenied)" 'mount by ExecStartPre=, process [0-9]* (probe)'
		berthctl status deny-pre-$profile | grep ' Denied: system call mount by ExecStartPre=, process'
		fails berthctl start deny-post-$profile
		wait_log deny-post-$profile 'ExecStopPost= process [0-9]* was killed for the system call mount'
		like "$(told deny-pre-$profile)" '*ExecStartPre was killed by a signal*'
		# a new run begins with a clean slate
		mkdir -p /run/deny-pre
		fails berthctl start deny-pre-$profile
		is "$(prop deny-pre-$profile SeccompDenied)" ''
		rmdir /run/deny-pre
	done
}
case_a_denied_call_of_a_child_is_named() {
	for profile in none standard; do
		berthctl start deny-child-$profile
		wait_log deny-child-$profile '^process [0-9]* (probe) was killed for the system call mount, which its filter denies'
		like "$(prop deny-child-$profile SeccompDenied)" 'mount by process [0-9]* (probe)'
		berthctl status deny-child-$profile | grep ' Denied: system call mount by process .*(probe)'
		berthctl stop deny-child-$profile
	done
}

case_system_call_architectures() {
	fails berthctl start architectures
	is "$(logs architectures)" inet=ok
	is "$(prop architectures ExecMainStatus)" 31
}

case_system_call_log() {
	# without a daemon to read them, what is audited goes through printk, ten lines in five seconds
	echo 0 >/proc/sys/kernel/printk_ratelimit
	is "$(asked call-log)" "swapoff=ENOENT adjtimex=ok"
	# 159: adjtimex, which no other unit is killed for; 168: swapoff, by its group
	eventually sh -c 'dmesg | grep -q "type=1326.* comm=\"probe\".* syscall=159 "'
	dmesg | grep -q 'type=1326.* comm="probe".* syscall=168 '
}

case_lock_personality() {
	is "$(asked lock-personality)" personality=EPERM
	is "$(asked lock-other)" personality=ok
}

case_memory_deny_write_execute() { is "$(asked write-execute)" "mmap=EPERM mprotect=EPERM"; }

case_restrict_realtime() { is "$(asked realtime)" realtime=EPERM; }

case_restrict_suid_sgid() { is "$(asked set-id)" "setuid_file=EPERM setgid_new=EPERM"; }

case_restrict_namespaces() {
	is "$(asked namespaces-none)" "unshare_uts=EPERM unshare_net=EPERM clone3=ENOSYS"
	is "$(asked namespaces-some)" "unshare_uts=EPERM unshare_net=ok clone3=ENOSYS"
	is "$(prop namespaces-none RestrictNamespaces)" yes
	is "$(prop namespaces-some RestrictNamespaces)" "net mnt"
}

case_restrict_address_families() {
	is "$(asked families-some)" "unix=ok inet=EAFNOSUPPORT netlink=EAFNOSUPPORT"
	is "$(asked families-but)" "unix=ok inet=ok netlink=EAFNOSUPPORT"
}

case_filters_imply_no_new_privileges_for_users() {
	berthctl start filtered-user filtered-root
	is "$(proc_status filtered-user NoNewPrivs)" 1
	is "$(proc_status filtered-user Seccomp)" 2
	is "$(proc_status filtered-root NoNewPrivs)" 0
	is "$(proc_status filtered-root Seccomp)" 2
	is "$(proc_status filtered-root Seccomp_filters)" 1
}

case_standard_has_a_filter() {
	is "$(asked standard-probe)" "mount=EPERM personality=EPERM mmap=ok realtime=EPERM unshare_uts=EPERM clone3=ENOSYS unix=ok inet=ok adjtimex=EPERM delete_module=EPERM syslog=EPERM sethostname=EPERM iopl=EPERM future=ENOSYS"
	is "$(asked standard-unfiltered)" "mount=ENOENT personality=ok clone3=EINVAL"
	is "$(prop standard-more SystemCallErrorNumber)" EPERM
	like "$(prop standard-more SystemCallFilter)" '*@system-service*'
}

case_what_the_profile_forbids_can_be_allowed() {
	is "$(asked standard-opened)" "settime=EINVAL adjtimex=ok sethostname=EINVAL syslog=ok delete_module=ENOENT realtime=ok"
}

case_full_privileges_skip_the_filter() { is "$(asked plus)" personality=ok; }

case_a_bad_filter_is_told() {
	fails berthctl start bad-group
	is "$(prop bad-group LoadState)" bad-setting
	like "$(prop bad-group LoadError)" '*bad-group.service:4: error: SystemCallFilter: "@nothing" is no group of system calls'
	fails berthctl start bad-group
}

case_no_filter_no_start() {
	mv /usr/lib/berth/berth-seccomp /usr/lib/berth/away
	fails berthctl start late-filter
	told late-filter | grep 'late-filter.service:4: SystemCallFilter: the filter cannot be made: /usr/lib/berth/berth-seccomp: No such file'
	mv /usr/lib/berth/away /usr/lib/berth/berth-seccomp
	is "$(asked late-filter)" swapoff=EDOM
}

case_devices_without_a_policy() {
	is "$(asked devices-auto)" "null=ok kmsg=ok kmsg_write=ok mem=ok console=ok mknod=ok"
}

case_device_policy() {
	is "$(asked devices-closed)" "null=ok kmsg=EPERM mem=EPERM console=EPERM mknod=EPERM"
	is "$(asked devices-strict)" "null=EPERM kmsg=ok kmsg_write=EPERM mem=EPERM mknod=EPERM"
}

case_device_allow() {
	is "$(asked devices-allow)" "null=ok kmsg=ok kmsg_write=EPERM mem=EPERM mknod=EPERM"
	is "$(asked devices-class)" "null=ok kmsg=ok kmsg_write=ok mem=ok mknod=ok console=EPERM"
	fails berthctl start devices-bad
	told devices-bad | grep 'devices-bad.service:4: DeviceAllow: "/etc/passwd rw" is not of the form'
}

case_devices_follow_the_unit_over_restarts() {
	is "$(asked devices-strict)" "$(printf '%s ' null=EPERM kmsg=ok kmsg_write=EPERM mem=EPERM mknod=EPERM null=EPERM kmsg=ok kmsg_write=EPERM mem=EPERM mknod=EPERM | sed 's/ $//')"
}

case_private_devices() {
	is "$(asked private-devices)" "null=ok kmsg=ENOENT mknod=EPERM iopl=EPERM"
	is "$(asked standard-devices)" "null=ok kmsg=ENOENT console=ENOENT mknod=EPERM"
}

case_protect_clock() { is "$(asked protect-clock)" "settime=EPERM adjtimex=EPERM kmsg=EPERM null=ok"; }

case_protect_hostname() { is "$(asked protect-hostname)" sethostname=EPERM; }

case_protect_kernel_logs() { is "$(asked protect-logs)" "syslog=EPERM kmsg=ENODATA"; }

case_protect_kernel_modules() {
	is "$(asked unprotected)" "delete_module=ENOENT settime=EINVAL modules=ok"
	is "$(asked protect-modules)" "delete_module=EPERM modules=ENOENT"
}

case_show_tells_where_values_are_from() {
	berthctl show --origin standard-more >$T/origins
	grep '^AmbientCapabilities=cap_net_raw  # /etc/berth/units/standard-more.service:[0-9]*$' $T/origins
	grep '^NoNewPrivileges=yes  # profile standard$' $T/origins
	grep '^SystemCallErrorNumber=EPERM  # profile standard$' $T/origins
	grep '^KillMode=control-group  # default$' $T/origins
	is "$(berthctl show --origin -p NoNewPrivileges plain)" 'NoNewPrivileges=no  # default'
}
