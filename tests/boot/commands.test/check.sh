# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Several processes of one unit: who is main, who joins whose namespaces, who is waited for, what stays behind.

case_main_joins_and_is_stopped_by_its_own_signal() {
	berthctl start pre
	wait_log pre '^main$'
	berthctl stop pre
	logs pre | grep -qx pre
	logs pre | grep -qx graceful
	is "$(prop pre Result)" success
	all_dead pre
}

case_stop_command_outlives_main() {
	berthctl start stop
	berthctl stop stop
	logs stop | grep -qx 'stopped well'
	is "$(prop stop Result)" success
	all_dead stop
}

# The stub and its program run at the same time: whichever is heard first, it is ready.
case_ready_before_the_number_is_known() {
	for n in 1 2 3; do
		berthctl start early
		is "$(prop early SubState)" running
		berthctl stop early
	done
}

case_ready_and_then_the_end() {
	berthctl start last
	wait_state last failed
	is "$(prop last Result)" exit-code
}

case_main_pid_by_message() {
	berthctl start handover
	is "$(tr '\0' ' ' </proc/"$(prop handover MainPID)"/cmdline)" "sleep 100000 "
	told handover | grep 'MAINPID=1 is not heeded: not a process of this unit'
	wait_event handover '(dead)' kill -KILL "$(prop handover MainPID)"
	all_dead handover
}

# The first program ends: its child goes on as main, and only the child's end is the service's.
child_of_stub() { is "$(cat /proc/"$(sed -n 's/^PPid:.//p' /proc/"$1"/status)"/comm)" berth-stub; }
case_main_pid_by_message_in_a_namespace() {
	local pid
	berthctl start inside
	pid=$(prop inside MainPID)
	is "$(tr '\0' ' ' </proc/"$pid"/cmdline)" "sleep 100000 "
	told inside | grep 'MAINPID=4000 is not heeded: not a process of this unit'
	eventually child_of_stub "$pid"
	is "$(prop inside ActiveState) $(prop inside MainPID)" "active $pid"
	wait_event inside '(failed)' kill -KILL "$pid"
	is "$(prop inside Result)" signal
	all_dead inside
}

case_pid_file_that_comes_late() {
	berthctl start late
	is "$(tr '\0' ' ' </proc/"$(prop late MainPID)"/cmdline)" "sleep 100000 "
	wait_event late '(dead)' kill -KILL "$(prop late MainPID)"
	all_dead late
}

case_mixed_asks_the_daemon() {
	berthctl start mixed
	berthctl stop mixed
	logs mixed | grep -qx asked
	is "$(prop mixed Result)" success
}

# What is mounted in there and what a link leads to belong to somebody else.
case_runtime_folder_is_fresh_and_nothing_else_goes() {
	berthctl start folder
	mkdir -p /run/elsewhere /run/folder/mount
	echo keep >/run/elsewhere/file
	mount -o bind /run/elsewhere /run/folder/mount
	ln -s /run/elsewhere /run/folder/link
	for n in 1 2 3 4 5; do berthctl restart folder; done
	is "$(logs folder | grep -c made)" 6
	is "$(logs folder | grep -cx old)" 0
	berthctl stop folder
	fails test -e /run/folder
	is "$(cat /run/elsewhere/file)" keep
}

case_what_is_spared_does_not_grow_names() {
	for n in 1 2 3; do berthctl restart spared; done
	# shellcheck disable=SC2046 # several
	kill -KILL $(ps -o pid,args | awk '/sleep 7777[7]/ { print $1 }')
	berthctl restart spared
	is "$(cgroup spared)" /sys/fs/cgroup/system.slice/spared.service
	berthctl stop spared
	is "$(ls -d /sys/fs/cgroup/system.slice/spared.service* | wc -l)" 1
}

case_last_commands_run_where_main_is_gone() {
	berthctl start post
	for n in 1 2 3 4 5; do berthctl restart post; done
	is "$(logs post | grep -cx 'post success')" 5
	berthctl stop post
	is "$(prop post Result)" success
	# an empty one may wait for the next start
	[ "$(ls -d /sys/fs/cgroup/system.slice/post.service* 2>/dev/null | wc -l)" -le 1 ]
}

case_one_task_is_enough() {
	berthctl start one
	is "$(prop one SubState)" running
	is "$(prop one TasksMax)" 1
}

# Children that hang before their program hold up nobody but themselves, and PID 1 least of all.
case_hanging_children_hold_up_nobody() {
	units=
	for n in $(seq 40); do units="$units many@$n"; done
	before=$(ls /proc/1/fd | wc -l)
	# this shell has to go on
	sh -c 'echo $PPID' >/sys/fs/cgroup/cgroup.procs
	trap 'echo 0 >/sys/fs/cgroup/system.slice/cgroup.freeze' EXIT
	echo 1 >/sys/fs/cgroup/system.slice/cgroup.freeze
	# shellcheck disable=SC2086
	berthctl start --no-block $units
	eventually test -d /sys/fs/cgroup/system.slice/many@30.service
	is "$(berthctl is-active many@1)" activating
	echo 0 >/sys/fs/cgroup/system.slice/cgroup.freeze
	# shellcheck disable=SC2086
	berthctl start $units
	# shellcheck disable=SC2086
	berthctl stop $units
	eventually same_descriptors
}
same_descriptors() { is "$(ls /proc/1/fd | wc -l)" "$before"; }
case_permissions_start_only() { berthctl start startonly; is "$(cat /run/startonly)" 0; is "$(logs startonly)" 1234; }
case_exec_search_path() {
	mkdir -p /srv/first
	printf '#!/bin/sh\necho found\n' >/srv/first/searched
	chmod +x /srv/first/searched
	berthctl start searched
	is "$(logs searched)" "found
/srv/none:/srv/first:/bin"
}
case_bad_search_path() { fails berthctl start search-bad; like "$(prop search-bad LoadError)" '*search-bad.service:2: error: ExecSearchPath: needs absolute paths*'; }
