# Swap units and swaps of /etc/fstab. Each case fails when the directive is ignored.
# priority DEVICE: as the kernel has it; nothing when there is no swap
priority() { awk -v d="$1" '$1 == d { print $5 }' /proc/swaps; }

case_fstab() {
	is "$(prop dev-vda.swap ActiveState) $(prop dev-vda.swap SubState)" "active active"
	is "$(priority /dev/vda)" 5
	is "$(prop dev-vda.swap FragmentPath)" /etc/fstab
	like " $(prop swap.target Requires) " '* dev-vda.swap *'
	like " $(prop dev-vda.swap Before) " '* swap.target *'
}
# No swap is on it, and the boot went on: it was only wanted.
case_fstab_nofail() {
	is "$(prop swap.target ActiveState)" active
	like " $(prop swap.target Wants) " '* dev-vdc.swap *'
	fails like " $(prop swap.target After) " '* dev-vdc.swap *'
	is "$(prop dev-vdc.swap ActiveState) $(prop dev-vdc.swap Result)" "failed exit-code"
	told dev-vdc.swap | grep 'swapping on /dev/vdc: no swap there (mkswap): Invalid argument'
}
case_fstab_bad_option() { dmesg | grep 'etc/fstab:3: options of a swap are' || berthctl logs | grep 'etc/fstab:3: options of a swap are'; }
case_unit() {
	is "$(prop dev-vdb.swap ActiveState)" inactive
	berthctl start dev-vdb.swap
	is "$(priority /dev/vdb)" 7
	is "$(berthctl show -p What,Priority dev-vdb.swap)" "What=/dev/vdb
Priority=7"
	berthctl status dev-vdb.swap | grep 'Active: active (active)'
	berthctl stop dev-vdb.swap
	is "$(priority /dev/vdb)" ""
	is "$(prop dev-vdb.swap SubState)" dead
}
# Others switch swaps on and off as well.
case_follows_the_table() {
	mkswap /dev/vdc
	swapon /dev/vdc
	wait_state dev-vdc.swap active
	swapoff /dev/vdc
	wait_state dev-vdc.swap inactive
	berthctl start dev-vdc.swap
	berthctl start dev-vdc.swap
	swapoff /dev/vdc
	wait_state dev-vdc.swap inactive
}
# The kernel has it by another name than the unit; pri= counts more than Priority=.
case_through_a_link() {
	ln -s vdb /dev/link
	berthctl start dev-link.swap
	is "$(priority /dev/vdb)" 9
	swapoff /dev/vdb
	wait_state dev-link.swap inactive
	berthctl start dev-link.swap
	berthctl stop dev-link.swap
	is "$(priority /dev/vdb)" ""
	swapon /dev/vdb
	berthctl start dev-link.swap
	berthctl stop dev-link.swap
	is "$(priority /dev/vdb)" ""
}
case_name_and_place() { fails berthctl start dev-missing.swap; like "$(prop dev-missing.swap LoadError)" '*What: is not the path that the unit is named after'; }
case_bad_option() { fails berthctl start dev-options.swap; like "$(prop dev-options.swap LoadError)" '*Options: options of a swap are pri=*'; }
