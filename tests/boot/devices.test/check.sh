# What= by UUID, label and partition, in /etc/fstab and in units, and devices that come later.
[ -e /dev/loop0 ] || insmod /lib/modules/*/kernel/drivers/block/loop.ko
on() { awk -v p="$1" '$5 == p { sub(/.* - /, ""); t = $2 } END { print t }' /proc/self/mountinfo; }

case_swap_by_uuid() {
	is "$(awk '$1 == "/dev/vda" { print $5 }' /proc/swaps)" 5
	is "$(prop 'dev-disk-by\x2duuid-11111111\x2d2222\x2d3333\x2d4444\x2d555555555555.swap' SubState)" active
}
case_swap_by_label() {
	local unit='dev-disk-by\x2dlabel-first.swap'
	swapoff /dev/vda
	berthctl start "$unit"
	grep '^/dev/vda[[:space:]]' /proc/swaps
	berthctl stop "$unit"
	fails grep '^/dev/vda[[:space:]]' /proc/swaps
}
case_label() { is "$(on /srv/label)" /dev/vdb1; }
case_partuuid_of_mbr() { is "$(on /srv/mbr)" /dev/vdc1; }
case_partuuid_of_gpt() { berthctl start srv-gpt.mount; is "$(on /srv/gpt)" /dev/vdb1; }
case_partlabel() { berthctl start srv-name.mount; is "$(on /srv/name)" /dev/vdb1; }
case_name_of_udev() { berthctl start srv-link.mount; is "$(on /srv/link)" /dev/vdb1; }
case_fstab_requires() { like " $(prop srv-mbr.mount Requires) " '* srv-label.mount *'; like " $(prop srv-mbr.mount After) " '* srv-label.mount *'; }
case_fstab_tells_what_is_left_out() { dmesg | grep 'etc/fstab:3: x-systemd.automount is not' || berthctl logs | grep 'etc/fstab:3: x-systemd.automount is not'; }
# It is waited for; a unit that waits does not keep others from being read and started.
case_late() {
	local unit
	berthctl start --no-block srv-late.mount srv-nowhere2.mount
	for unit in srv-late srv-nowhere2; do is "$(prop $unit.mount SubState)" mounting; done
	berthctl start srv-twin.mount
	is "$(on /srv/twin)" /dev/vdb2
	berthctl stop srv-twin.mount
	losetup /dev/loop0 /tests/late.img
	wait_state srv-late.mount active
	is "$(on /srv/late)" /dev/loop0
	is "$(prop srv-nowhere2.mount SubState)" mounting
	berthctl stop srv-nowhere2.mount
	is "$(prop srv-nowhere2.mount SubState)" dead
}
case_never() {
	fails berthctl start srv-nowhere.mount
	told srv-nowhere.mount | grep 'mounting on /srv/nowhere: no such device within 1 s'
	fails is "$(prop srv-nowhere.mount Result)" success
}
# Two disks have the label by now.
case_no_guess() {
	fails berthctl start srv-twin.mount
	told srv-twin.mount | grep 'both .* and .* have it'
	is "$(on /srv/twin)" ""
}
# A disk that cannot be written to is mounted read-only, unless that will not do.
case_read_write_only() {
	dd if=/dev/zero of=/run/sealed.img bs=1M count=1
	mke2fs -F /run/sealed.img
	losetup -r /dev/loop1 /run/sealed.img
	berthctl start srv-falls.mount
	is "$(on /srv/falls)" /dev/loop1
	fails touch /srv/falls/x
	berthctl stop srv-falls.mount
	fails berthctl start srv-insists.mount
	is "$(on /srv/insists)" ""
}
