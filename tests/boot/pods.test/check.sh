# Pods: services that JoinsNamespaceOf= connects. "alone" shows each time that others have their own.
ns() { readlink "/proc/$(prop "$1" MainPID)/ns/$2"; }
same() { for kind in $3; do is "$(ns "$1" $kind)" "$(ns "$2" $kind)"; done; }
differ() { for kind in $3; do fails is "$(ns "$1" $kind)" "$(ns "$2" $kind)"; done; }
address() { inside "$1" ip -4 addr show dev eth0 | sed -n 's,.*inet \([0-9.]*\)/.*,\1,p'; }
links() { ls -d /sys/class/net/*/master 2>/dev/null | grep -c "" || true; }
members() { for unit in $1; do [ "$(prop $unit SubState)" = running ]; done; }
no_links() { is "$(links)" 0; }
case_isolated_members_share_network_ipc_and_host_name() {
	berthctl start app
	berthctl start side
	berthctl start alone
	same app side "net ipc uts"
	differ app side "mnt pid cgroup"
	differ app alone "net ipc uts"
	is "$(inside side hostname)" app
	inside side nc 127.0.0.1 7000 </dev/null
	fails inside alone nc 127.0.0.1 7000 </dev/null
	is "$(address side)" "$(address app)"
	fails is "$(address alone)" "$(address app)"
	is "$(inside alone cat /etc/hosts | grep -c "^$(address app)	")" 2
	inside side touch /tmp/mine
	fails inside app test -e /tmp/mine
	berthctl plan side | grep -q '^pod  *the namespaces of its pod: network IPC UTS$'
	berthctl plan alone >$T/plan
	fails grep '^pod' $T/plan
	like "$(prop app JoinsNamespaceOf)" side.service
	berthctl stop alone
}
case_members_come_and_go() {
	before=$(ns app net)
	was=$(links)
	berthctl restart app
	wait_state app active
	is "$(ns app net)" "$before"
	wait_event app '(running)' berthctl kill -s KILL --kill-who=main app
	same app side "net ipc uts"
	is "$(ns app net)" "$before"
	berthctl stop app
	is "$(ns side net)" "$before"
	berthctl start third app
	is "$(ns third net)" "$before"
	same app third "net ipc uts"
	is "$(links)" "$was"
	is "$(inside third hostname)" app
	# it is in a user namespace of its own, what it shares is not that one's
	fails is "$(ns third user)" "$(ns app user)"
	fails inside side sh -c 'echo "10.0.0.1 evil" >>/etc/hosts'
	berthctl stop side app third
	eventually no_links
}
case_whoever_is_first_makes_them() {
	berthctl start third
	is "$(inside third hostname)" app
	address=$(address third)
	berthctl start app side
	same app third "net ipc uts"
	same side third "net ipc uts"
	is "$(address app)" "$address"
	berthctl stop app side third
	eventually no_links
}
case_all_at_once() {
	berthctl start app side third
	same app side "net ipc uts"
	same app third "net ipc uts"
	is "$(links)" 1
	berthctl stop app side third
	eventually no_links
}
case_a_oneshot_leaves_a_network_to_others() {
	berthctl start maker user
	inside user ip addr show dev lo | grep -q 127.0.0.5
	fails is "$(ns user ipc)" "$(readlink /proc/self/ns/ipc)"
	inside user test -e /tmp/made
	inside user test -e /tmp/pre
	[ ! -e /tmp/made ]
	is "$(ls -d /tmp/berth-private-* | wc -l)" 1
	berthctl restart user
	inside user test -e /tmp/made
	inside user ip addr show dev lo | grep -q 127.0.0.5
	berthctl stop user
	berthctl start user
	inside user ip addr show dev lo | grep -q 127.0.0.5
	berthctl stop maker user
	eventually nothing_private_is_left
	berthctl start user
	inside user ip addr show dev lo >$T/lo
	fails grep -q 127.0.0.5 $T/lo
	berthctl stop user
}
nothing_private_is_left() { [ -z "$(ls /tmp /var/tmp | grep berth-private)" ]; }
case_nothing_in_common_is_told() {
	berthctl start half
	told half | grep 'JoinsNamespaceOf: there is nothing of its own'
	for kind in net ipc uts; do is "$(ns half $kind)" "$(readlink /proc/self/ns/$kind)"; done
	berthctl stop half
}
case_two_kinds_of_network_are_refused() {
	fails berthctl start left
	fails berthctl start right
	told left | grep 'left.service:4: JoinsNamespaceOf: left.service and right.service share what PrivateNetwork= wants different'
}
case_a_network_kept_as_a_file() {
	fails berthctl start file
	told file | grep 'namespaces of its pod: /run/kept.net: No such file'
	berthctl start alone
	ln -sfn "/proc/$(prop alone MainPID)/ns/net" /run/kept.net
	berthctl start guest file
	same guest alone net
	same guest file "net ipc uts"
	berthctl stop guest file alone
}
case_nothing_is_left() {
	patience=20
	eventually no_links
	fds=$(ls /proc/1/fd | wc -l)
	for n in 1 2 3 4 5 6 7 8 9 10; do
		berthctl start app third side
		berthctl stop side app third
		fails berthctl start left
	done
	eventually no_links
	is "$(ls /proc/1/fd | wc -l)" "$fds"
}
