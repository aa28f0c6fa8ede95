# What PID 1 needs is on a disk that has died: only who asks for that waits.
insmod /tests/fuse.ko
mkdir -p /dead

errands() { grep -l '^berth-errand$' /proc/[0-9]*/comm 2>/dev/null | wc -l; }
is_errands() { [ "$(errands)" = "$1" ]; }
# others may look at the same disk: mounts that come are looked at by one, too
some_errands() { [ "$(errands)" -ge "$1" ]; }
die() { berthctl start "$1"; wait_log "$1" ready; }
# All that does not need the disk goes on.
alive() {
	berthctl restart worker
	timeout 20 berthctl status worker >/dev/null
	berthctl show -p SubState --value worker | grep running
	kill -KILL "$(prop worker MainPID)"
	eventually worker_is_back
	berthctl start other
	berthctl stop other
	fails berthctl stop nowhere.service
}
worker_is_back() { [ "$(prop worker SubState)" = running ]; }

# The first isolated service comes when what services keep is dead already: its root has a cover over that.
case_root_of_the_services() {
	die deadlib
	timeout 20 berthctl start worker
	alive
	is "$(inside worker ls /var/lib)" ""
	berthctl stop deadlib
}
case_conditions() {
	die deadpaths
	berthctl start --no-block doubtful.service
	eventually some_errands 1
	is "$(prop doubtful ActiveState)" inactive
	berthctl list-jobs | grep doubtful.service
	alive
	# who waits may be told to stop, and ask again
	berthctl stop doubtful
	is "$(prop doubtful JobType)" ""
	berthctl start --no-block doubtful.service
	eventually some_errands 2
	alive
	berthctl stop deadpaths
	eventually is_errands 0
	eventually skipped doubtful
}
skipped() { told "$1" | grep "skipped:.*ConditionPathExists.*/dead/flag"; }

case_environment_file() {
	mkdir -p /deadenv
	die deadenv
	berthctl start --no-block variables.service
	eventually some_errands 1
	is "$(prop variables SubState)" start
	alive
	# who waits may be told to stop
	timeout 20 berthctl stop variables
	is "$(prop variables ActiveState)" inactive
	told variables | grep 'variables.service:[0-9]*: EnvironmentFile: given up before it could be read'
	# more of them than errands take turns: nobody else has to wait
	berthctl start --no-block impatient@1 impatient@2 impatient@3 impatient@4 impatient@5 impatient@6
	eventually some_errands 7
	alive
	wait_state impatient@6 failed
	is "$(prop impatient@6 Result)" timeout
	told impatient@6 | grep 'did not start within TimeoutStartSec=3s'
	berthctl stop deadenv
	eventually is_errands 0
}
case_pid_file() {
	mkdir -p /deadpid
	die deadpid
	berthctl start --no-block daemon.service
	eventually some_errands 1
	alive
	timeout 20 berthctl stop daemon
	is "$(prop daemon ActiveState)" inactive
	# a link in /run leads there, too: an errand more, of a daemon that nobody knows and of one that runs
	berthctl start --no-block linked.service
	eventually some_errands 1
	is "$(prop linked SubState)" start
	berthctl start linked-inside
	eventually some_errands 2
	is "$(prop linked-inside SubState)" running
	alive
	timeout 20 berthctl stop linked linked-inside
	is "$(prop linked ActiveState)" inactive
	berthctl stop deadpid
	eventually is_errands 0
	umount /deadpid
	touch /run/alive
	# elsewhere than below /run, and alive
	berthctl start daemon
	is "$(cat /proc/$(prop daemon MainPID)/comm)" sleep
}
case_users_and_groups() {
	die deadgroup
	berthctl start --no-block member.service
	eventually some_errands 1
	alive
	timeout 20 berthctl stop member
	is "$(prop member ActiveState)" inactive
	told member | grep 'given up before /etc/passwd and /etc/group could be read'
	berthctl stop deadgroup
	eventually is_errands 0
	umount /etc/group
	berthctl start member
	is "$(prop member SubState)" running
}
case_unit_files() {
	printf '[Service]\nExecStart=/bin/sleep 100000\n' >/etc/berth/units/late.service
	die deadunits
	berthctl start late >$T/late 2>&1 &
	client=$!
	eventually some_errands 1
	alive
	# the first one is told
	status 1 wait $client
	grep 'Reading the unit files takes longer than' $T/late
	# and nothing of it stays when the disk is there again
	berthctl stop deadunits
	eventually is_errands 0
	umount /etc/berth/units
	berthctl start late
	is "$(prop late SubState)" running
	is "$(prop late NRestarts)" 0
}
