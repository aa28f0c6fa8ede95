# What a service with the standard isolation sees of the machine.
# Type=simple has started before there is a program: who asked for it is told when there is one.
case_a_service_that_was_started_has_a_main_process() {
	for verb in start restart restart restart restart restart restart restart; do
		berthctl $verb simple-one
		fails is "$(prop simple-one MainPID)" 0
	done
	berthctl restart --no-block simple-one
	berthctl stop simple-one
	is "$(prop simple-one MainPID)" 0
}
case_own_processes() {
	inside alpha ps -o pid,args >$T/ps
	cat $T/ps
	grep -q 'sleep 100000' $T/ps
	fails grep -q -e berth-log -e 'sh /tests/lib.sh' $T/ps
	# the stub, the shell, its sleep and nc, and the ps that looks
	[ "$(sed 1d $T/ps | wc -l)" -le 6 ]
	like "$(sed -n 2p $T/ps)" ' *1 *'
}

case_bare_sees_all_processes() {
	inside bare ps -o args | grep -q berth-log
}

case_own_hostname() {
	is "$(inside alpha hostname)" alpha
	is "$(inside beta hostname)" beta
	is "$(inside bare hostname)" berth
}

case_own_interfaces() {
	inside alpha ls /sys/class/net >$T/net
	is "$(tr '\n' ' ' <$T/net)" "eth0 lo "
	inside alpha ip link show lo | grep -q UP
	inside lonely ip link show lo | grep -q UP
	is "$(inside lonely ls /sys/class/net)" lo
	inside bare ls /sys/class/net | grep -q berth0
}

case_own_cgroup_root() {
	is "$(inside alpha cat /proc/self/cgroup)" 0::/
	inside alpha cat /sys/fs/cgroup/cgroup.procs >/dev/null
	fails inside alpha test -e /sys/fs/cgroup/system.slice
	fails inside alpha sh -c 'echo max >/sys/fs/cgroup/memory.max'
	is "$(cgroup alpha memory.max)" 33554432
}

case_own_ipc_namespace() {
	for ns in ipc uts mnt pid net cgroup; do
		fails is "$(inside alpha readlink /proc/self/ns/$ns)" "$(readlink /proc/self/ns/$ns)"
		fails is "$(inside alpha readlink /proc/self/ns/$ns)" "$(inside beta readlink /proc/self/ns/$ns)"
	done
}

case_root_is_read_only() {
	fails inside alpha touch /x
	fails inside alpha touch /etc/x
	fails inside alpha touch /var/lib/x
	inside bare touch /etc/y
	rm /etc/y
}

case_private_tmp() {
	inside alpha touch /tmp/mine
	fails inside beta test -e /tmp/mine
	[ ! -e /tmp/mine ]
	touch /tmp/theirs
	fails inside alpha test -e /tmp/theirs
	is "$(inside alpha stat -c %a /tmp)" 1777
}

case_private_run() {
	fails inside alpha test -e /run/berth/control
	inside lonely test -d /run/lonely
	fails inside alpha test -e /run/lonely
}

case_state_directory_is_writable() {
	inside lonely touch /var/lib/lonely/kept
	[ -e /var/lib/lonely/kept ]
	inside lonely touch /root/kept
	[ -e /root/kept ]
}

case_masked_proc() {
	is "$(inside alpha sh -c 'cat /proc/kcore | head -c 1 | wc -c')" 0
	fails inside alpha sh -c 'echo 1 >/proc/sys/kernel/panic'
	fails inside alpha sh -c 'echo h >/proc/sysrq-trigger'
}

case_minimal_dev() {
	for name in null zero full random urandom tty; do inside alpha test -c /dev/$name; done
	inside alpha sh -c 'echo x >/dev/null'
	for name in ttyS0 console mem kmsg vda; do fails inside alpha test -e /dev/$name; done
}

case_few_capabilities() {
	bounding=$(sed -n 's/^CapBnd:\t//p' /proc/$(prop alpha MainPID)/status)
	# no SYS_ADMIN (21), NET_ADMIN (12), SYS_MODULE (16), SYS_PTRACE (19), MKNOD (27)
	is $((0x$bounding & (1 << 21 | 1 << 12 | 1 << 16 | 1 << 19 | 1 << 27))) 0
	is "$(sed -n 's/^NoNewPrivs:\t//p' /proc/$(prop alpha MainPID)/status)" 1
	is "$(sed -n 's/^NoNewPrivs:\t//p' /proc/$(prop bare MainPID)/status)" 0
}

case_own_address() {
	address=$(prop alpha IPAddress)
	like "$address" '10.90.*'
	inside alpha ip -4 addr show eth0 | grep -q "inet $address/"
	is "$(prop beta IPAddress)" 10.90.7.7
	inside beta ip -4 addr show eth0 | grep -q 'inet 10.90.7.7/'
	is "$(prop lonely IPAddress)" ""
	inside alpha ip route | grep -q '^default via 10.90.0.1'
}

case_hosts_name_the_peers() {
	inside beta cat /etc/hosts
	inside beta grep -q "^$(prop alpha IPAddress)[[:space:]].*\balpha\b" /etc/hosts
	inside alpha grep -q '^10.90.7.7[[:space:]].*\bbeta\b' /etc/hosts
	fails grep -q beta /etc/hosts
}

case_peers_reach_each_other_by_name() {
	is "$(inside beta sh -c 'nc -w 5 alpha 7000 </dev/null')" berth
}

case_host_reaches_services() {
	ping -c 1 -W 5 10.90.7.7
}

case_directives_work_without_a_profile() {
	is "$(proc_status loose NoNewPrivs)" 1
	inside loose touch /tmp/loose
	[ ! -e /tmp/loose ]
	is "$(inside loose ls /sys/class/net | head -n 1; inside loose ip -o link | wc -l)" "$(ls /sys/class/net | head -n 1; echo 1)"
	inside loose touch /etc/z
	rm /etc/z
	inside loose ps -o args | grep -q berth-log
}

case_address_and_network_survive_a_restart() {
	address=$(prop alpha IPAddress)
	berthctl restart alpha
	inside alpha ip -4 addr show eth0 | grep -q "inet $address/"
	berthctl restart beta
	is "$(inside beta sh -c 'nc -w 5 alpha 7000 </dev/null')" berth
}
case_low_ports_need_no_capability() { is "$(eventually inside lowport sh -c 'nc -w 5 127.0.0.1 80 </dev/null' | head -n 1)" low; is "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" 1024; }
case_sees_what_it_keeps_and_nothing_of_others() {
	wait_state keeper active
	eventually [ -e /var/lib/keeper/deep/file ]
	is "$(inside keeper cat /var/lib/keeper/deep/file)" mine
	inside keeper touch /var/log/keeper/line
	[ -e /var/log/keeper/line ]
	fails inside keeper touch /var/lib/other
	fails inside alpha ls /var/lib/keeper/deep/file
	is "$(inside alpha ls /var/log/keeper /var/cache | grep -v :)" ''
	# one that names the place sees it, and cannot write to it
	is "$(inside asker cat /var/lib/keeper/deep/file)" mine
	fails inside asker touch /var/lib/keeper/deep/file
}
