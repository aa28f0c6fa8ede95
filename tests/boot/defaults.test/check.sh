# /etc/berth/system.conf and *.network: a case per key.
started() { for unit in "$@"; do [ "$(prop "$unit" SubState)" = running ] || berthctl start "$unit"; done; }

case_default_isolation() {
	started plain
	is "$(readlink /proc/"$(prop plain MainPID)"/ns/pid)" "$(readlink /proc/self/ns/pid)"
}
case_default_timeout_start_sec() {
	before=$(uptime_ms)
	status 1 berthctl start hangs
	between 1190 $(($(uptime_ms) - before)) 5000
	is "$(prop hangs Result)" timeout
}
case_default_timeout_stop_sec() {
	berthctl start stubborn
	wait_log stubborn '^up'
	before=$(uptime_ms)
	berthctl stop stubborn
	between 1090 $(($(uptime_ms) - before)) 5000
	is "$(prop stubborn Result)" timeout
}
case_default_start_limit_interval_sec() {
	berthctl start fails-on
	wait_log fails-on '^ran' 8
	is "$(prop fails-on StartLimitIntervalUSec)" 0
	berthctl stop fails-on
}
case_default_restart_sec() { told fails-on | grep -q ' in 230ms'; }
case_default_start_limit_burst() {
	berthctl start fails-twice
	wait_state fails-twice failed
	is "$(prop fails-twice Result)" start-limit-hit
	is "$(logs fails-twice | grep -c ran)" 2
}
case_default_memory_max() { started plain; is "$(cgroup plain memory.max)" 67108864; }
case_default_tasks_max() { started plain; is "$(cgroup plain pids.max)" 50; }
case_default_oom_policy() { started plain; is "$(cgroup plain memory.oom.group)" 1; }
case_bridge_address() {
	started isolated
	ip -4 addr show berth0 | grep 'inet 10.77.0.1/24 '
	like "$(prop isolated IPAddress) $(inside isolated ip -4 addr show eth0 | sed -n 's/.*inet //p')" '*10.77.0.*'
}
case_match_and_address() { ip -4 addr show eth0 | grep 'inet 192.0.2.7/24 '; }
case_gateway() { ip route | grep 'default via 192.0.2.1 dev eth0'; }
# Only a notice, which "quiet" keeps from the console; whether it is there is in after.sh.
case_what_needs_a_boot_is_told() {
	sed -i '/BridgeAddress/d' /etc/berth/system.conf
	berthctl daemon-reload
}
