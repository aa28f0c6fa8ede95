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
case_none_failed() { berthctl --failed list | grep "^0 units"; }
