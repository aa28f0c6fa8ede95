# RootImage= behind dm-verity: what is not what the root hash says cannot be read.
[ -e /etc/berth/units/by-text.service ] || { cp /srv/units/*.service /etc/berth/units/; berthctl daemon-reload; }
nothing_is_left() { [ -z "$(losetup -a)" ] && [ -z "$(ls /sys/block | grep ^dm-)" ]; }
device() { sed -n 's,^\([^ ]*\) / ext4 .*,\1,p' "/proc/$(prop "$1" MainPID)/mounts"; }

good() {
	berthctl start "$1"
	like "$(device "$1")" '/dev/dm-*'
	is "$(inside "$1" /bin/cat /whole | wc -c)" 20000
	is "$(inside "$1" /bin/cat /broken | wc -c)" 20000
	fails inside "$1" /bin/touch /x
	is "$(ls /sys/block | grep -c ^dm-)" 1
	berthctl restart "$1"
	is "$(ls /sys/block | grep -c ^dm-)" 1
	berthctl stop "$1"
	eventually nothing_is_left
}
case_a_good_image_behind_walls() { good walled; }
case_a_good_image() { good by-text; }
case_the_hash_from_a_file_and_mount_options() {
	berthctl start by-file
	like "$(grep ' / ' "/proc/$(prop by-file MainPID)/mounts")" '/dev/dm-* ext4 ro,nodev,noatime,*'
	berthctl stop by-file
	good by-file
}
case_a_flipped_byte_cannot_be_read() {
	berthctl start flipped
	is "$(inside flipped /bin/cat /whole | wc -c)" 20000
	fails inside flipped /bin/cat /broken 2>$T/err
	grep -q 'Input/output error' $T/err
	berthctl stop flipped
	eventually nothing_is_left
}
case_an_image_that_is_another_is_refused() {
	fails berthctl start swapped
	told swapped | grep 'swapped.service:7: RootImage: step mounts: /srv/swapped.img is not what RootHash= says: I/O error'
	fails berthctl start wrong
	told wrong | grep 'wrong.service:7: RootImage: step mounts: /srv/good.img is not what RootHash= says'
	is "$(prop wrong ExecMainStatus)" 226
	nothing_is_left
}
case_what_is_missing_is_named() {
	fails berthctl start treeless
	told treeless | grep 'RootVerity= is no tree of hashes'
	fails berthctl start missing
	told missing | grep '/srv/nowhere.verity: No such file'
	fails berthctl start hashless
	told hashless | grep 'no root hash'
	fails berthctl start small
	told small | grep '/srv/small.img: ext4, if its blocks are no smaller than those of RootVerity=: Invalid argument'
	fails berthctl start options
	told options | grep 'ext4: option nonsense: Invalid argument'
	eventually nothing_is_left
}
case_no_half_check() {
	fails berthctl start unchecked 2>$T/err
	grep 'RootVerity: needs RootHash=, or nothing would be checked' $T/err
	fails berthctl start signed 2>$T/err
	grep 'RootHashSignature' $T/err
}
case_plan_tells() { berthctl plan by-file >$T/plan; grep 'mounts  *the image /srv/good.img at .*, checked with /srv/good.verity' $T/plan; }
