# Directives with several values, each with an effect of its own, as far as their own boot tests do not have all of them.
N=0
# with LINES: starts a service with these lines in [Service]; its name is in $unit
with() {
	N=$((N + 1))
	unit=value-$name-$N
	mkdir -p /run/berth/units
	printf '[Service]\nType=exec\nExecStart=/bin/sleep 100000\n%b\n[Container]\nIsolation=none\n' "$1" >/run/berth/units/"$unit".service
	berthctl start "$unit"
	pid=$(prop "$unit" MainPID)
}

# SCHED_OTHER 0, SCHED_FIFO 1, SCHED_RR 2, SCHED_BATCH 3, SCHED_IDLE 5
case_cpu_scheduling_policy() {
	with CPUSchedulingPolicy=other; is "$(stat_field "$unit" 41)" 0
	with CPUSchedulingPolicy=batch; is "$(stat_field "$unit" 41)" 3
	with CPUSchedulingPolicy=idle; is "$(stat_field "$unit" 41)" 5
	with CPUSchedulingPolicy=fifo; is "$(stat_field "$unit" 41)" 1
	with CPUSchedulingPolicy=rr; is "$(stat_field "$unit" 41)" 2
}

case_io_scheduling_class() {
	with IOSchedulingClass=realtime; like "$(ionice -p "$pid")" 'realtime: prio 4'
	with IOSchedulingClass=best-effort; like "$(ionice -p "$pid")" 'best-effort: prio 4'
	with IOSchedulingClass=idle; like "$(ionice -p "$pid")" 'idle*'
}

numa() { awk '{ print $2 }' "/proc/$pid/numa_maps" | sort -u | tr '\n' ' '; }
case_numa_policy() {
	with 'NUMAPolicy=preferred\nNUMAMask=0'; is "$(numa)" 'prefer:0 '
	with 'NUMAPolicy=bind\nNUMAMask=0'; is "$(numa)" 'bind:0 '
	with 'NUMAPolicy=interleave\nNUMAMask=0'; is "$(numa)" 'interleave:0 '
	with NUMAPolicy=local; is "$(numa)" 'local '
	with NUMAPolicy=default; is "$(numa)" 'default '
}

# Who is not asked stays: the unit alone stops.
case_kill_mode_none() {
	with KillMode=none
	berthctl stop "$unit"
	is "$(prop "$unit" ActiveState)" inactive
	[ -d "/proc/$pid" ]
	kill -KILL "$pid"
}

# What is between the service and a machine whose root is shared: mounts in both views, in the machine's alone, in neither.
sees() { [ -e "/proc/$pid/root/srv/seen/here" ]; }
propagation() { awk '$5 == "/" { print $7 }' "/proc/$pid/mountinfo" | tail -n 1 | cut -d: -f1; }
case_mount_flags() {
	mkdir -p /srv/seen
	mount --make-rshared /
	with MountFlags=slave; is "$(propagation)" master
	slave=$pid
	with MountFlags=private; is "$(propagation)" -
	private=$pid
	with MountFlags=shared; like "$(propagation)" shared
	mount -t tmpfs none /srv/seen
	: >/srv/seen/here
	pid=$slave; sees
	pid=$private; fails sees
	umount /srv/seen
	mount --make-rprivate /
}

case_personality() {
	with Personality=x86; is "$(cat "/proc/$pid/personality")" 00000008
	with Personality=x86-64; is "$(cat "/proc/$pid/personality")" 00000000
}

stream() { readlink "/proc/$pid/fd/$1"; }
flags() { sed -n 's/^flags:[[:space:]]*//p' "/proc/$pid/fdinfo/$1"; }
case_standard_output() {
	with StandardOutput=null; is "$(stream 1) $(stream 2)" '/dev/null /dev/null'
	with 'StandardOutput=null\nStandardError=journal'; is "$(stream 1)" /dev/null; fails is "$(stream 2)" /dev/null
	echo kept >/run/values.out
	with StandardOutput=append:/run/values.out
	is "$(stream 1) $(stream 2) $(cat /run/values.out)" '/run/values.out /run/values.out kept'
	# O_APPEND
	is $((0$(flags 1) & 02000)) $((02000))
	with 'StandardInput=file:/run/values.out\nStandardOutput=inherit'; is "$(stream 0) $(stream 1)" '/run/values.out /run/values.out'
}
case_standard_error() {
	with StandardError=null; is "$(stream 2)" /dev/null; fails is "$(stream 1)" /dev/null
	with 'StandardOutput=null\nStandardError=inherit'; is "$(stream 2)" /dev/null
	with 'StandardOutput=null\nStandardError=append:/run/values.out'; is "$(stream 2)" /run/values.out
}

# Each kind of namespace by itself: unshare's letter for it, and another one's that still goes.
case_restrict_namespaces() {
	for kind in 'ipc -i -u' 'uts -u -i' 'net -n -i' 'mnt -m -i' 'pid -p -i' 'user -U -i'; do
		# shellcheck disable=SC2086 # three words
		set -- $kind
		with "RestrictNamespaces=~$1"
		fails inside "$unit" unshare "$2" true
		inside "$unit" unshare "$3" true
		with "RestrictNamespaces=$1"
		inside "$unit" unshare "$2" true
		fails inside "$unit" unshare "$3" true
	done
}
