# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # tests/boot/run sets console, port and boot_status
# For cases that run on the host: host.sh while the guest runs, after.sh on what it left behind.

# A reader that has seen enough is no failure.
set +o pipefail

# wait_console PATTERN: until the console has shown it, in a line that has ended
wait_console() {
	local tail status=0
	exec 5< <(exec timeout 100 tail -n +1 -f "$console")
	tail=$!
	grep -a -m 1 -e "$1" <&5 || status=1
	exec 5<&-
	kill "$tail" || true
	return "$status"
}

# type_line TEXT: on the guest's serial console
type_line() { printf '%s\r' "$1" >"$keys"; }

# type_control LETTER: Ctrl and that letter
type_control() { printf "\\$(printf %03o $(($(printf %d "'$1") & 31)))" >"$keys"; }

# answers COMMAND...: until the command succeeds, for what the guest is about to offer; false when the guest is off
answers() {
	until "$@"; do
		[ ! -e "${console%/*}/over" ] || return 1
		sleep 0.3
	done
}

# http ARGS...: busybox wget (whose own -T crashes in Debian 12)
http() { timeout 20 busybox wget -q -O - "$@"; }

# shown PATTERN: the console has a line with it
shown() { tr -d '\r' <"$console" | grep -a -e "$1"; }

# line_of PATTERN: number of the first console line with it
line_of() { tr -d '\r' <"$console" | grep -a -n -m 1 -e "$1" | cut -d: -f1; }

is() { [ "$1" = "$2" ] || { echo "'$1' is not '$2'"; return 1; }; }
