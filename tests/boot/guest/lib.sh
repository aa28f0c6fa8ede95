# SPDX-License-Identifier: MIT
# Runs the cases of /tests/check.sh in the guest and tells the results on the console, where tests/boot/run reads them.
# A case is a function case_NAME. It runs in a shell of its own with "set -ex": its first command that fails is its failure,
# and the last commands it ran are shown. Nothing here sleeps to wait: events, log lines and jobs are waited for.
PATH=$PATH:/tests/bin
T=/run/tests
# How long something is waited for that should be there in a moment. The machine is emulated, and has company.
patience=60

say() { echo "## $*" >/dev/console; }

# prop UNIT NAME: one property
prop() { berthctl show -p "$2" --value "$1"; }

# cgroup UNIT [FILE]: the unit's cgroup folder, or a file's contents
cgroup() {
	local path
	path=/sys/fs/cgroup$(prop "$1" ControlGroup)
	[ "$path" != /sys/fs/cgroup ] || return 1
	if [ $# = 1 ]; then echo "$path"; else cat "$path/$2"; fi
}

# is A B: equal, or told
is() { [ "$1" = "$2" ] || { echo "'$1' is not '$2'"; return 1; }; }

# like TEXT PATTERN: a shell pattern
like() {
	# shellcheck disable=SC2254 # it is a pattern
	case $1 in
	$2) ;;
	*) echo "'$1' is not like '$2'"; return 1 ;;
	esac
}

# fails COMMAND...: true when the command is false, which "!" does not tell to set -e
fails() { if "$@"; then echo "should have failed: $*"; return 1; fi; }

# status N COMMAND...: the command ends with exactly that status
status() {
	local want=$1 got=0
	shift
	"$@" || got=$?
	is "$got" "$want"
}

# logs UNIT: what it wrote, without what berth says about it
logs() { berthctl logs -o json "$1" | grep -v '"UNIT":' | sed 's/.*"MESSAGE":"\(.*\)"}$/\1/; s/\\t/\t/g; s/\\"/"/g'; }

# told UNIT: what berth says about it
told() { berthctl logs -o json "$1" | sed -n 's/.*"UNIT":.*"MESSAGE":"\(.*\)"}$/\1/p' | sed 's/\\"/"/g'; }

# wait_lines PATTERN N COMMAND...: until the command has written N lines with the pattern; prints them
wait_lines() {
	local pattern=$1 n=$2 pid status=0
	shift 2
	rm -f "$T/fifo"
	mkfifo "$T/fifo"
	"$@" >"$T/fifo" &
	pid=$!
	timeout "$patience" grep -m "$n" -e "$pattern" "$T/fifo" >"$T/lines" || status=1
	kill "$pid" || true
	wait "$pid" || true
	cat "$T/lines"
	[ "$status" = 0 ] && [ "$(wc -l <"$T/lines")" = "$n" ]
}

# wait_log UNIT PATTERN [N]: until its log has N (1) such lines
wait_log() { wait_lines "$2" "${3:-1}" berthctl logs -f -n 100000 -o cat "$1"; }

# wait_state UNIT STATE: active, inactive, failed, ...
wait_state() { berthctl wait --timeout="$patience" --state="$2" "$1"; }

# wait_event UNIT PATTERN COMMAND...: runs the command and waits for an event that it causes
wait_event() {
	local unit=$1 pattern=$2 pid status=0
	shift 2
	rm -f "$T/events"
	mkfifo "$T/events"
	berthctl events "$unit" >"$T/events" &
	pid=$!
	# Opened for reading before the command runs; berthctl has subscribed when the ping below is answered after it.
	exec 4<"$T/events"
	is_subscribed "$pid"
	"$@"
	timeout "$patience" grep -m 1 -e "$pattern" <&4 || status=1
	exec 4<&-
	kill "$pid" || true
	wait "$pid" || true
	return "$status"
}

# berthctl blocks in its first read of events: until then it is on its way there.
is_subscribed() { until grep -q -e poll -e recv -e unix_ -e skb_ "/proc/$1/wchan"; do :; done; }

# all_dead UNIT: no process is left in its cgroup
all_dead() {
	local dir
	dir=$(cgroup "$1") || return 0
	[ ! -d "$dir" ] || is "$(cat "$dir/cgroup.procs")" ""
}

# inside UNIT COMMAND...: in the unit's namespaces
inside() {
	local unit=$1
	shift
	berthctl exec "$unit" "$@"
}

# eventually COMMAND...: until it is true, for what no event tells: what the kernel does in its own time (/proc, cgroups, namespaces,
# dmesg), what a service's program does, and properties that change without one. What units do is waited for by the functions above.
eventually() {
	local n=0
	until "$@"; do
		n=$((n + 1))
		[ "$n" -lt $((patience * 10)) ] || return 1
		usleep 100000
	done
}

# uptime_ms: milliseconds since the kernel started
uptime_ms() { awk '{ print int($1 * 1000) }' /proc/uptime; }

# between LOW N HIGH
between() { [ "$1" -le "$2" ] && [ "$2" -le "$3" ] || { echo "$2 is not in $1..$3"; return 1; }; }

# stat_field UNIT N: of /proc/PID/stat of the unit's main process, counted as proc(5) does
stat_field() { sed 's/.*) //' "/proc/$(prop "$1" MainPID)/stat" | cut -d' ' -f $(($2 - 2)); }

# proc_status UNIT KEY: of /proc/PID/status of the unit's main process
proc_status() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$(prop "$1" MainPID)/status"; }

# How the machine ends; a test may say otherwise.
finish() { berthctl exit "$1"; }

run_cases() {
	local name status failed=0 once=''
	mkdir -p "$T"
	# berth ignores a directive (tests/strip): the first case that notices will do, and it need not be patient.
	! grep -q ' strip=' /proc/cmdline || { once=1 patience=10; }
	# The host's cases come first, and the host says when they are through.
	! grep -q tests.host /proc/cmdline || echo bye | nc -l -p 7777 >/dev/null
	for name in $(sed -n 's/^case_\([A-Za-z0-9_]*\)() .*/\1/p' /tests/check.sh); do
		( set -ex; "case_$name" ) >"$T/case-$name.log" 2>&1 </dev/null
		status=$?
		if [ "$status" = 0 ]; then
			say "ok $name"
		else
			failed=1
			say "not ok $name"
			tail -n 12 "$T/case-$name.log" | while IFS= read -r line; do say "  $line"; done
			[ -z "$once" ] || echo o >/proc/sysrq-trigger
		fi
	done
	finish "$failed"
}

# shellcheck disable=SC1091
. /tests/check.sh
run_cases
