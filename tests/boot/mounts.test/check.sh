# Mount units and /etc/fstab. Each case fails when the directive is ignored.
# options PATH: of the mount on top there
options() { awk -v p="$1" '$5 == p { o = $6 } END { print o }' /proc/self/mountinfo; }
is_mounted() { grep -qF " $(echo "$1" | sed 's/ /\\040/g') " /proc/self/mountinfo; }
type_of() { awk -v p="$1" '$5 == p { sub(/.* - /, ""); t = $1 } END { print t }' /proc/self/mountinfo; }

case_at_boot() {
	is "$(prop srv-data.mount ActiveState) $(prop srv-data.mount SubState)" "active mounted"
	is "$(type_of /srv/data)" tmpfs
	is "$(stat -c %a /srv/data)" 750
	like "$(options /srv/data)" '*nosuid*noexec*'
	is "$(df -k /srv/data | tail -n 1 | awk '{ print $2 }')" 1024
}
case_before_its_target() { like " $(prop srv-data.mount Before) " '* local-fs.target *'; like " $(prop srv-data.mount After) " '* local-fs-pre.target *'; }
case_bind_read_only() {
	echo seen >/srv/data/file
	berthctl start srv-view.mount
	is "$(cat /srv/view/file)" seen
	fails touch /srv/view/file
	touch /srv/data/file
	like " $(prop srv-view.mount Requires) " '* srv-data.mount *'
}
case_stop() {
	berthctl stop srv-view.mount
	fails is_mounted /srv/view
	is "$(prop srv-view.mount SubState)" dead
}
case_place_is_made() { umount /srv/data; is "$(stat -c %a /srv/data)" 711; berthctl start srv-data.mount; }
# Others mount and unmount as well.
case_follows_the_table() {
	umount /srv/data
	wait_state srv-data.mount inactive
	mount -t tmpfs by-hand /srv/data
	wait_state srv-data.mount active
	umount /srv/data
	wait_state srv-data.mount inactive
	berthctl start srv-data.mount
	is_mounted /srv/data
}
# What comes and goes after the first isolated service is seen by the next ones, read-only.
case_reaches_isolated_services() {
	mkdir -p /srv/late
	berthctl start sees
	mount -t tmpfs late /srv/late
	echo new >/srv/late/file
	fails inside sees test -e /srv/late/file
	berthctl restart sees
	is "$(inside sees cat /srv/late/file)" new
	like "$(inside sees awk '$5 == "/srv/late" { print $6 }' /proc/self/mountinfo)" 'ro,*'
	umount /srv/late
	# who runs keeps what it has
	is "$(inside sees cat /srv/late/file)" new
	berthctl restart sees
	fails inside sees test -e /srv/late/file
	rmdir /srv/late
}
case_busy() {
	(
		cd /srv/data
		fails berthctl stop srv-data.mount
		is "$(prop srv-data.mount SubState)" mounted
	)
	told srv-data.mount | grep 'unmounting /srv/data: Resource busy'
}
case_lazy() {
	berthctl start srv-lazy.mount
	(cd /srv/lazy && berthctl stop srv-lazy.mount)
	fails is_mounted /srv/lazy
}
case_error_is_told() {
	fails berthctl start srv-broken.mount
	is "$(prop srv-broken.mount ActiveState) $(prop srv-broken.mount Result)" "failed exit-code"
	told srv-broken.mount | grep 'mounting on /srv/broken: No such device'
}
case_name_and_place() { fails berthctl start srv-other.mount; like "$(prop srv-other.mount LoadError)" '*Where: is not the path that the unit is named after'; }
case_no_mount_through_a_link() {
	mkdir -p /srv/real
	ln -s real /srv/link
	fails berthctl start srv-link.mount
	fails is_mounted /srv/real
	told srv-link.mount | grep 'mount point'
}
case_requires_mounts_for() {
	fails is_mounted /srv/needed
	berthctl start needs
	is_mounted /srv/needed
	berthctl stop srv-needed.mount
	is "$(prop needs ActiveState)" inactive
}
case_fstab() {
	is "$(prop srv-from\\x2dtable.mount SubState)" mounted
	like "$(options /srv/from-table)" '*nodev*'
	is "$(prop srv-from\\x2dtable.mount FragmentPath)" /etc/fstab
	is_mounted /srv/from-table/in
	like " $(prop 'srv-from\x2dtable-in.mount' After) " '* srv-from\\x2dtable.mount *'
}
case_fstab_noauto() {
	fails is_mounted '/srv/by hand'
	berthctl start 'srv-by\x20hand.mount'
	is_mounted '/srv/by hand'
}
# It is missing, and the boot went on: it was only wanted.
case_fstab_missing_disk() {
	is "$(prop local-fs.target ActiveState)" active
	wait_state srv-missing.mount failed
	told srv-missing.mount | grep 'mounting on /srv/missing: no such device within 1 s: No such device'
}
# What the machine cannot do without is not taken away.
case_proc_stays() { is "$(prop proc.mount SubState)" mounted; fails berthctl stop proc.mount; is_mounted /proc; is "$(prop proc.mount SubState)" mounted; }
# Lines that are not carried out are told, with their number.
case_fstab_is_not_silent() {
	dmesg | grep 'etc/fstab:9: .*three fields' || berthctl logs | grep 'etc/fstab:9: .*three fields'
}
