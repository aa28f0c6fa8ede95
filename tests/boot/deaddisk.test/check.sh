# What PID 1 needs is on a disk that has died: only who asks for that waits.
insmod /tests/fuse.ko
mkdir -p /dead

errands() { grep -l '^berth-errand$' /proc/[0-9]*/comm 2>/dev/null | wc -l; }
is_errands() { [ "$(errands)" = "$1" ]; }
die() { berthctl start "$1"; wait_log "$1" ready; }
# All that does not need the disk goes on.
alive() {
	berthctl restart worker
	berthctl show -p SubState --value worker | grep running
	kill -KILL "$(prop worker MainPID)"
	eventually worker_is_back
	berthctl start other
	berthctl stop other
	berthctl status worker >/dev/null
	fails berthctl stop nowhere.service
}
worker_is_back() { [ "$(prop worker SubState)" = running ]; }

case_unit_files() {
	printf '[Service]\nExecStart=/bin/sleep 100000\n' >/etc/berth/units/late.service
	die deadunits
	berthctl start late >$T/late 2>&1 &
	client=$!
	eventually is_errands 1
	alive
	# another one that asks waits, too, and may go
	berthctl start later &
	kill $!
	wait $! || true
	is "$(errands)" 1
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
