# ForceUnmount=: who hangs in a file system that does not answer is let go when that is unmounted.
insmod /tests/fuse.ko
mkdir -p /deadforce
hangs() { grep -q request_wait_answer "/proc/$1/wchan"; }
is_over() { [ ! -e "/proc/$1" ] || grep -q '^State:.*zombie' "/proc/$1/status"; }
case_force_unmount() {
	is "$(prop deadforce.mount ActiveState)" inactive
	berthctl start deadforce.service
	wait_log deadforce.service ready
	wait_state deadforce.mount active
	cat /deadforce/file &
	pid=$!
	eventually hangs $pid
	berthctl stop deadforce.mount || true
	eventually is_over $pid
	berthctl stop deadforce.mount deadforce.service
	is "$(grep -c deadforce /proc/mounts)" 0
}
