# A kernel whose lsm= leaves Landlock out: told, and fatal only where it was asked for.
mkdir -p /srv/rw /srv/ro
case_it_is_told_and_the_mounts_hold() {
	fails grep landlock /sys/kernel/security/lsm
	berthctl start walled
	is "$(prop walled LandlockABI)" 0
	berthctl logs -o cat >$T/log
	grep -q 'the kernel has Landlock ABI 0, 2 is needed: path rules are held by mounts alone' $T/log
	fails inside walled touch /srv/ro/x
}
case_asked_for_it_is_needed() {
	fails berthctl start asked
	told asked | grep 'asked.service:10: Landlock: needs Linux 5.19 with CONFIG_SECURITY_LANDLOCK and landlock in lsm=: Not supported'
	[ ! -e /run/berth/view/asked ]
}
