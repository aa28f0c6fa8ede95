# Nothing is left over: everything is counted, services die 100 times, everything is counted again.
count_all() {
	echo "cgroups $(find /sys/fs/cgroup -type d | wc -l)"
	echo "links $(ls /sys/class/net | wc -l)"
	echo "namespaces $(ls -l /proc/[0-9]*/ns/* 2>/dev/null | sed 's/.*-> //' | sort -u | wc -l)"
	echo "descriptors $(ls /proc/1/fd | wc -l)"
	echo "zombies $(cat /proc/[0-9]*/stat 2>/dev/null | sed 's/.*) //' | grep -c ^Z)"
	# all but the kernel's own, which are in the root, and those that are counting
	echo "processes $(find /sys/fs/cgroup -mindepth 2 -name cgroup.procs ! -path '*/check.service/*' -exec cat {} + | wc -l)"
	echo "mounts $(wc -l </proc/1/mountinfo)"
	echo "sockets $(wc -l </proc/net/unix)"
}

# churn UNIT N: kill its program N times, each time once it runs again
churn() {
	local unit=$1 n=0 pid line
	rm -f $T/churn
	mkfifo $T/churn
	berthctl events "$unit" >$T/churn &
	pid=$!
	exec 5<$T/churn
	is_subscribed $pid
	set +x
	while [ $n -lt "$2" ]; do
		berthctl kill -s KILL --kill-who=main "$unit" || return 1
		until case $line in *'(running)'*) true ;; *) false ;; esac; do read -r line <&5 || return 1; done
		line=
		n=$((n + 1))
	done
	set -x
	exec 5<&-
	kill $pid
	wait $pid || true
	is "$(prop "$unit" SubState)" running
}

same_counts() {
	count_all >$T/after
	diff $T/before $T/after
}

case_100_kills_of_a_boxed_service() {
	# PID 1 moves to its own cgroup some time after the boot, and lets go of its descriptor then
	eventually grep -q '^0::/init$' /proc/1/cgroup
	churn boxed 5
	count_all >$T/before
	churn boxed 100
	eventually_same boxed
	is "$(prop boxed NRestarts)" 105
}

case_100_kills_of_a_bare_service() {
	churn bare 5
	count_all >$T/before
	churn bare 100
	eventually_same bare
}

# the kernel takes namespaces and links away in its own time
eventually_same() {
	patience=3
	eventually same_counts >/dev/null 2>&1 || {
		ps -o pid,ppid,stat,args | grep -v '\]$'
		same_counts
	}
}

case_100_starts_and_stops() {
	berthctl start comes
	berthctl stop comes
	patience=20
	eventually no_link_of comes
	count_all >$T/before
	set +x
	for n in $(seq 100); do
		berthctl start comes
		berthctl stop comes
	done
	set -x
	eventually_same comes
}
no_link_of() { [ "$(ls /sys/class/net | wc -l)" -le 4 ]; }

case_memory_of_pid_1_does_not_grow() {
	churn boxed 20
	before=$(awk '/^VmRSS/ { print $2 }' /proc/1/status)
	churn boxed 100
	after=$(awk '/^VmRSS/ { print $2 }' /proc/1/status)
	echo "$before kB before, $after kB after"
	[ $((after - before)) -le 64 ]
}

program_is_given_back() { [ "$(awk '/^[0-9a-f]+-/ { text = /r-xp.*\/(init|berth-log)$/ } text && /^Rss:/ { n += $2 } END { print n }' "/proc/$1/smaps")" -le 16 ]; }

# what is traced would be a line of the log, and keep both busy
case_who_waits_holds_none_of_its_program() {
	eventually program_is_given_back 1 2>/dev/null
	eventually program_is_given_back "$(pidof berth-log)" 2>/dev/null
}
