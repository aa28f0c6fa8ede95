# Kernel modules for links are loaded by an errand: starts that need a link wait for it, nobody else does.
list=/usr/lib/berth/modules

# It starts before there is anybody with a link, and reads of those who come later.
case_first_one_has_no_link() {
	berthctl start unlinked
	is "$(inside unlinked cat /etc/hosts)" "$(cat /etc/hosts)"
}

case_module_that_does_not_load_is_the_reason() {
	cp $list $T/modules
	echo 'bridge /nowhere.ko' >$list
	fails berthctl start first
	told first | grep 'no bridge berth0 for a veth pair: /nowhere.ko: No such file'
}
tried_anew() { fails berthctl start first; told first | grep 'no bridge berth0 for a veth pair: /elsewhere.ko: No such file'; }
case_failed_bridge_is_tried_again_for_the_same_unit() {
	echo 'bridge /elsewhere.ko' >$list
	eventually tried_anew
}

# An errand that opens a FIFO sleeps as one does in the start of a driver.
case_module_that_hangs_is_given_up() {
	mkfifo $T/slow.ko
	{ echo "bridge $T/slow.ko" && cat $T/modules; } >$list
	berthctl start second &
	pid=$!
	berthctl start unlinked
	is "$(prop unlinked SubState)" running
	berthctl list-jobs | grep second
	fails wait $pid
	told second | grep 'no bridge berth0 for a veth pair: loading modules of group bridge: .*timed out'
}

case_start_waits_for_modules() {
	berthctl start --no-block third
	berthctl restart unlinked
	is "$(prop third ActiveState)" inactive
	berthctl list-jobs | grep third
	: >$T/slow.ko
	wait_state third active
	inside third ip addr show eth0 | grep 'inet 10\.90\.'
}

case_earlier_unit_has_the_bridge_now() {
	berthctl start first
	inside first ip addr show eth0 | grep 'inet 10\.90\.'
}
case_first_one_knows_its_peers() { inside unlinked grep '^10\.90\..*first' /etc/hosts; inside first grep '^10\.90\..*third' /etc/hosts; }
