# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What PID 1 makes of the bare machine: mounts, root, descriptors, signals, kernel command line.

# mounted WHERE TYPE OPTION...: WHERE is a mount of TYPE with all of these options.
mounted() {
	where=$1 type=$2
	shift 2
	line=$(awk -v w="$where" '$2 == w { l = $3 " ," $4 "," } END { print l }' /proc/mounts)
	[ "${line%% *}" = "$type" ]
	for option in "$@"; do case $line in *,"$option",*) ;; *) return 1 ;; esac; done
}

case_mounts() {
	mounted /proc proc nosuid nodev noexec
	mounted /sys sysfs nosuid nodev noexec
	mounted /dev devtmpfs nosuid
	mounted /dev/pts devpts nosuid noexec gid=5 mode=620
	mounted /dev/shm tmpfs nosuid nodev
	mounted /run tmpfs nosuid nodev mode=755
	mounted /tmp tmpfs nosuid nodev
	mounted /sys/fs/cgroup cgroup2 nosuid nodev noexec nsdelegate memory_recursiveprot
	[ "$(stat -c %a /tmp)" = 1777 ] && [ "$(stat -c %a /dev/shm)" = 1777 ] && [ "$(stat -c %a /run)" = 755 ]
}

# A limit in bytes and in inodes on each, not the kernel's half of the memory.
case_memory_file_systems_are_bounded() {
	for where in /run /tmp /dev/shm; do
		grep -q "^[^ ]* $where tmpfs .*size=[0-9]*k,nr_inodes=" /proc/mounts
	done
}

case_root_has_a_parent() { awk '$5 == "/" && $1 != $2 { found = 1 } END { exit !found }' /proc/1/mountinfo; }

case_dev_links() { [ "$(readlink /dev/fd)" = /proc/self/fd ] && [ "$(readlink /dev/stderr)" = /proc/self/fd/2 ]; }

case_hostname_from_the_command_line() { [ "$(cat /proc/sys/kernel/hostname)" = testbox ]; }

case_std_descriptors_are_null() {
	for fd in 0 1 2; do [ "$(readlink /proc/1/fd/$fd)" = /dev/null ]; done
}

case_no_controlling_terminal() { [ "$(awk '{ print $7 }' /proc/1/stat)" = 0 ]; }

# The kernel delivers it, since there is a handler; nobody but a real fault may end PID 1.
case_sent_fault_signals_are_ignored() {
	for signal in SEGV BUS ILL FPE ABRT SYS TRAP; do kill -s $signal 1; done
	dmesg | grep -q 'berth: ignored SIGTRAP sent by process'
	[ -d /proc/1/fd ]
}
