# The machine goes off though disks are mounted that do not answer, with processes on them that cannot be killed.
insmod /tests/fuse.ko
mkdir -p /deada /deadb
case_nobody_can_be_killed() {
	berthctl start deada deadb
	for unit in deada deadb; do wait_log $unit request; done
	berthctl stop deada deadb
	told deada | grep 'processes survive SIGKILL'
	told deadb | grep 'processes survive SIGKILL'
}
