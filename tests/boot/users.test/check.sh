# Whose a service is: IPC objects that go with it. All numbers, so that no file has to know them.
all='shm sem msg posix queue '
objects() { /tests/bin/objects count "$1"; }
# run UNIT: it has made its objects
run() { berthctl start "$1"; wait_log "$1" "$all"; }
# gone COUNT NAME: an errand is at it
gone() { [ "$(objects "$1")" = "" ]; }

case_ipc_objects_stay_without_it() { run keeper; berthctl stop keeper; is "$(objects keeper)" "$all"; }
case_remove_ipc() {
	mkdir -p /srv/kept
	touch /srv/kept/file
	chown -R 4002 /srv/kept
	run remover
	is "$(objects remover)" "$all"
	[ -e /dev/shm/folder/inner/file ]
	berthctl stop remover
	eventually gone remover
	[ ! -e /dev/shm/folder ]
	[ -e /srv/kept/file ]
	is "$(objects keeper)" "$all"
}
# What the new run makes is not taken for the old one's.
case_remove_ipc_at_a_restart() {
	run remover
	for i in 2 3 4 5; do
		berthctl restart remover
		wait_log remover "$all" $((i + 1))
		is "$(objects remover)" "$all"
	done
}
case_remove_ipc_with_the_last_unit_of_a_user() {
	run same-user
	berthctl stop remover
	is "$(objects remover)" "$all"
	berthctl stop same-user
	eventually gone remover
	eventually gone zame-user
}
case_remove_ipc_leaves_roots_alone() { run roots; berthctl stop roots; is "$(objects roots)" "$all"; }
case_remove_ipc_by_group() { run by-group; berthctl stop by-group; eventually gone by-group; }
case_remove_ipc_beside_a_namespace() { run private-ipc; is "$(objects private-ipc)" 'posix '; berthctl stop private-ipc; eventually gone private-ipc; }
case_remove_ipc_in_a_joined_namespace() {
	touch /run/ipcns
	unshare -i sh -c 'mount --bind /proc/self/ns/ipc /run/ipcns'
	run joined-ipc
	berthctl stop joined-ipc
	eventually joined_is_empty
}
joined_is_empty() { is "$(nsenter --ipc=/run/ipcns /tests/bin/objects count joined-ipc)" ""; }
# user_map UNIT: of its main process, one line
user_map() { sed 's/^ *//; s/  */ /g' "/proc/$(prop "$1" MainPID)/uid_map" | tr '\n' ','; }
group_map() { sed 's/^ *//; s/  */ /g' "/proc/$(prop "$1" MainPID)/gid_map" | tr '\n' ','; }
# base UNIT: where its range begins
base() { awk '$2 < 524288 { print "not a range"; exit 1 } { print $2 }' "/proc/$(prop "$1" MainPID)/uid_map"; }
# owner FILE
owner() { stat -c %u:%g "$1"; }

case_private_users_self() {
	berthctl start plain users-self users-self-root
	is "$(user_map plain)" '0 0 4294967295,'
	is "$(user_map users-self) $(group_map users-self)" '0 0 1,4010 4010 1, 0 0 1,4011 4011 1,'
	is "$(user_map users-self-root)" '0 0 1,'
	like "$(proc_status users-self Uid)" '4010*4010*'
	like "$(proc_status users-self Gid)" '4011*4011*'
	like " $(proc_status users-self Groups) " '* 4012 *'
	is "$(cat "/proc/$(prop users-self MainPID)/setgroups")" deny
	is "$(inside users-self id -u) $(inside users-self id -g)" '4010 4011'
	is "$(inside users-self stat -c %u /srv/kept/file)" 65534
	# its capabilities are no use outside
	is "$(proc_status users-self-root CapEff)" "$(proc_status users-self-root CapBnd)"
	fails inside users-self-root mount -t tmpfs none /srv
	fails inside users-self-root chown 4010 /srv/kept
	fails inside users-self-root hostname other
}
case_private_users_identity() {
	berthctl start users-identity
	is "$(user_map users-identity) $(group_map users-identity)" '0 0 65536, 0 0 65536,'
	like "$(proc_status users-identity Uid)" '4010*4010*'
	is "$(inside users-identity stat -c %u /srv/kept/file)" 4002
}
case_private_users_managed() {
	berthctl start users-managed
	one=$(base users-managed)
	is $((one % 65536)) 0
	is "$(user_map users-managed) $(group_map users-managed)" "0 $one 65536, 0 $one 65536,"
	like "$(proc_status users-managed Uid)" "$((one + 4010))	*"
	like "$(proc_status users-managed Gid)" "$((one + 4010))	*"
	is "$(inside users-managed id -u) $(inside users-managed id -g)" '4010 4010'
	is "$(inside users-managed stat -c %u /etc/passwd)" 65534
	is "$(owner /var/lib/managed) $(owner /run/managed)" "$((one + 4010)):$((one + 4010)) $((one + 4010)):$((one + 4010))"
	inside users-managed touch /var/lib/managed/x /run/managed/x
	berthctl restart users-managed
	is "$(base users-managed)" "$one"
	inside users-managed touch /var/lib/managed/x
	berthctl plan users-managed | grep "^user-namespace  *ids of its own, on the host from $one on"
}
case_private_users_in_a_berth() {
	berthctl start walls walls-user walls-capable
	one=$(base walls) two=$(base walls-user)
	[ "$one" != "$two" ]
	like "$(proc_status walls Uid)" "$one	$one	*"
	is "$(inside walls id -u)" 0
	for dir in /run /run/walls /var/lib/walls /srv/scratch /srv/volume /tmp /dev/shm; do inside walls touch $dir/x; done
	fails inside walls touch /srv/x
	is "$(inside walls stat -c %u /run)" 0
	is "$(inside walls-user id -u)" 4010
	for dir in /run/walls-user /var/lib/walls-user /var/cache/walls-user /var/log/walls-user /tmp; do inside walls-user touch $dir/x; done
	fails inside walls-user touch /run/x
	like "$(grep ' /dev/pts ' "/proc/$(prop walls MainPID)/mounts")" "*gid=$((one + 5)),*"
	# all capabilities, and still nothing of the host's
	like "$(proc_status walls-capable CapEff)" '*1ff*'
	fails inside walls-capable mount -t tmpfs none /srv
	fails inside walls-capable ip link add dummy9 type dummy
	fails inside walls-capable mknod /tmp/null c 1 3
}
case_private_users_of_further_commands() {
	berthctl start walls-commands
	one=$(base walls-commands)
	is "$(owner /var/lib/walls-commands/by-user) $(owner /var/lib/walls-commands/after)" "$((one + 4010)):$((one + 4010)) $((one + 4010)):$((one + 4010))"
	is "$(owner /var/lib/walls-commands/by-plus)" 0:0
}
case_private_users_owns_its_network() {
	berthctl start walls-network
	inside walls-network ip address add 192.0.2.7/32 dev lo
	inside walls-network ping -c 1 -W 5 192.0.2.7
	berthctl restart walls-network
	fails inside walls-network ping -c 1 -W 1 192.0.2.7
	inside walls-network ip address add 192.0.2.7/32 dev lo
	fails inside walls ip address add 192.0.2.7/32 dev lo
}
# Numbers on a disk that can map ids are those inside, whatever the range is.
case_private_users_on_a_disk() {
	dd if=/dev/zero of=/srv/image.ext4 bs=1M count=8
	mke2fs -F /srv/image.ext4
	berthctl start modules || true
	berthctl reset-failed modules
	mkdir -p /var/lib/on-disk /var/lib/berth/volumes/on-disk
	mount -o loop -t ext4 /srv/image.ext4 /var/lib/on-disk
	mkdir /var/lib/on-disk/volume /var/lib/on-disk/bin
	cp /bin/busybox /var/lib/on-disk/bin
	mount --bind /var/lib/on-disk/volume /var/lib/berth/volumes/on-disk
	berthctl start on-disk on-disk-too
	inside on-disk touch /var/lib/on-disk/state/x /srv/volume/x
	is "$(owner /var/lib/on-disk/state) $(owner /var/lib/on-disk/state/x) $(owner /var/lib/berth/volumes/on-disk/x)" '4010:4010 4010:4010 4010:4010'
	is "$(inside on-disk stat -c %u /var/lib/on-disk/state/x)" 4010
	# shared by two ranges
	inside on-disk-too rm /srv/volume/x
	berthctl stop on-disk on-disk-too
	umount /var/lib/berth/volumes/on-disk
	umount /var/lib/on-disk
}
case_private_users_with_an_image() {
	berthctl start rooted
	is "$(inside rooted /bin/busybox stat -c %u /bin/busybox)" 0
	inside rooted /bin/busybox touch /bin/made-inside
	is "$(inside rooted /bin/busybox id -u)" 0
}
case_private_users_what_cannot_be() {
	mkdir -p /var/lib/theirs
	fails berthctl start theirs
	told theirs | grep 'theirs.service:5: StateDirectory: step directories: /var/lib/theirs is somebody else.s already, and ids cannot be mapped on [a-z]*fs: '
	fails berthctl start too-high
	told too-high | grep 'too-high.service:5: User: id 70000 is beyond the 65536 that PrivateUsers=managed gives'
	max=$(cat /proc/sys/user/max_user_namespaces)
	echo 0 >/proc/sys/user/max_user_namespaces
	fails berthctl start no-users
	echo "$max" >/proc/sys/user/max_user_namespaces
	told no-users | grep 'no-users.service:4: PrivateUsers: step user-namespace: all of /proc/sys/user/max_user_namespaces are in use: '
	is "$(prop no-users ExecMainStatus)" 217
	berthctl reset-failed theirs too-high no-users
	berthctl start no-users
}
# uid UNIT: of its main process, as the host sees it
uid() { proc_status "$1" Uid | cut -f 1; }

case_dynamic_user() {
	berthctl start dynamic
	one=$(uid dynamic)
	between 61184 "$one" 65519
	is "$(proc_status dynamic Gid | cut -f 1) $(proc_status dynamic Groups)" "$one $one "
	like "$(tr '\0' ' ' <"/proc/$(prop dynamic MainPID)/environ")" '*USER=dynamic *'
	berthctl restart dynamic
	is "$(uid dynamic)" "$one"
	is "$(prop dynamic NoNewPrivileges) $(prop dynamic ProtectSystem) $(prop dynamic ProtectHome) $(prop dynamic PrivateTmp)" 'yes strict read-only yes'
	is "$(proc_status dynamic NoNewPrivs)" 1
	is "$(prop dynamic User) $(prop dynamic Group)" 'dynamic dynamic'
	berthctl show dynamic | grep -x User=dynamic
	fails inside dynamic touch /srv/x
	inside dynamic touch /tmp/x
	[ ! -e /tmp/x ]
}
case_dynamic_user_keeps_its_directories() {
	one=$(uid dynamic)
	is "$(readlink /var/lib/dynamic) $(readlink /var/cache/dynamic)" 'private/dynamic private/dynamic'
	is "$(stat -c %a:%u /var/lib/private) $(owner /var/lib/private/dynamic)" "700:0 $one:$one"
	inside dynamic touch /var/lib/dynamic/inner/x /var/lib/private/dynamic/x /var/cache/dynamic/x /run/dynamic/x
	is "$(inside dynamic ls /var/lib/private)" dynamic
	[ -e /var/lib/private/dynamic/inner/x ]
	# nobody else gets there
	fails setpriv --reuid "$one" --clear-groups test -e /var/lib/dynamic/x
}
case_dynamic_user_in_a_berth() {
	berthctl start dynamic-walls dynamic-managed
	is "$(inside dynamic-walls id -un) $(inside dynamic-walls id -gn)" 'dynamic-walls dynamic-walls'
	is "$(inside dynamic-walls grep -c . /etc/passwd)" $(($(grep -c . /etc/passwd) + 1))
	inside dynamic-walls touch /var/lib/dynamic-walls/x
	[ -e /var/lib/private/dynamic-walls/x ]
	is "$(inside dynamic-managed id -un)" dynamic-managed
	inside dynamic-managed touch /var/lib/dynamic-managed/x
	is $(($(uid dynamic-managed) % 65536)) "$(inside dynamic-managed id -u)"
}
case_dynamic_user_that_is_known() { berthctl start dynamic-named dynamic-same; is "$(uid dynamic-named)" 65534; is "$(uid dynamic-same)" "$(uid dynamic)"; }
case_dynamic_user_leaves_no_ipc_objects() { run dynamic-objects; is "$(objects dynamic-objects)" "$all"; berthctl stop dynamic-objects; eventually gone dynamic-objects; }
case_dynamic_user_takes_over_what_is_there() {
	berthctl start migrates
	is "$(owner /var/lib/migrates/file)" 4020:4020
	mkdir -p /etc/berth/units/migrates.service.d
	printf '[Service]\nUser=migrates\nDynamicUser=yes\n' >/etc/berth/units/migrates.service.d/dynamic.conf
	berthctl daemon-reload
	berthctl start migrates
	is "$(cat /var/lib/migrates/file) $(owner /var/lib/private/migrates/file)" "kept $(owner /var/lib/private/migrates)"
	fails is "$(owner /var/lib/private/migrates)" 4020:4020
}
case_directories_are_spared_by_protect_system() { berthctl start strict-state; inside strict-state touch /var/lib/strict-state/x /run/strict-state/x; fails inside strict-state touch /var/lib/x; }
case_dynamic_user_what_cannot_be() {
	berthctl stop dynamic-walls
	rm /var/lib/dynamic-walls
	ln -s /srv /var/lib/dynamic-walls
	fails berthctl start dynamic-walls
	told dynamic-walls | grep 'dynamic-walls.service:5: StateDirectory: step directories: /var/lib/dynamic-walls: File exists'
	rm /var/lib/dynamic-walls
	berthctl reset-failed dynamic-walls
	berthctl start dynamic-walls
}
case_isolation_full() {
	berthctl start whole whole-named
	is "$(inside whole id -un)" whole
	between $(($(base whole) + 61184)) "$(uid whole)" $(($(base whole) + 65519))
	is "$(proc_status whole CapBnd) $(proc_status whole NoNewPrivs) $(proc_status whole Seccomp) $(proc_status whole Umask)" '0000000000000000 1 2 0077'
	for dir in /tmp /var/lib/whole /data; do inside whole touch $dir/x; done
	for dir in /run /var/lib / /etc; do fails inside whole touch $dir/x; done
	fails inside whole test -e /srv
	is "$(inside whole-named id -u) $(proc_status whole-named Umask)" '4030 0022'
	is "$(inside whole-named ls /srv)" kept
	is "$(inside whole-named ls /srv/kept)" file
	berthctl show --origin whole | grep '^PrivateUsers=managed.*profile full'
	like "$(berthctl security whole | tail -n 1)" '*0.[0-5] SAFE'
}
case_none_failed() { is "$(berthctl --failed --no-legend list)" ""; }
