# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# A fault of PID 1 itself: its stack is wiped while it sleeps in its loop, so that it returns to nowhere.

wipe_stack() {
	sp=$(awk '{ print $(NF - 1) }' /proc/1/syscall)
	# "running" instead of numbers: it was not asleep
	[ "${sp#0x}" != "$sp" ] || return 1
	dd if=/dev/zero of=/proc/1/mem bs=1 seek="$((sp))" count=512 conv=notrunc
}

no_zombies() { fails grep -q '^State:.*zombie' /proc/[0-9]*/status; }

case_services_outlive_it() {
	# That PID 1 has gone to sleep is told to nobody, and it may be awake because of the last try.
	until wipe_stack; do usleep 10000; done
	# Orphans that end wake PID 1 up; what the handler is now goes on reaping them.
	(true & true & true &)
	eventually no_zombies
	dmesg | grep 'berth: PID 1 crashed'
	(true & true & true &)
	eventually no_zombies
}

# The policy ends the machine, not we.
finish() { :; }
