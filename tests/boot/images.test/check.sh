# MountImages=, ExtensionImages=, ExtensionDirectories=, RootHashSignature=: what a service sees of them, and what is refused.
nothing_is_left() { [ -z "$(losetup -a)" ] && [ -z "$(ls /sys/block | grep ^dm-)" ]; }
mount_of() { sed -n "s,^\([^ ]* $2 .*\) 0 0\$,\1,p" "/proc/$(prop "$1" MainPID)/mounts"; }

mounted() {
	berthctl start "mounted-$1"
	is "$(inside mounted-$1 cat /data/file)" from-the-image
	is "$(inside mounted-$1 cat /data-rw/file)" from-the-image
	is "$(inside mounted-$1 wc -c /checked/file)" "300000 /checked/file"
	like "$(mount_of mounted-$1 /data)" '/dev/loop* /data squashfs ro,nodev*'
	like "$(mount_of mounted-$1 /data-rw)" '/dev/loop* /data-rw ext4 rw,nosuid,nodev,noatime*'
	like "$(mount_of mounted-$1 /checked)" '/dev/dm-* /checked squashfs ro,nodev,noexec*'
	fails inside mounted-$1 test -e /nowhere
	berthctl stop "mounted-$1"
	eventually nothing_is_left
}
case_images_are_mounted_without_walls() { mounted none; }
case_images_are_mounted_behind_walls() { mounted standard; }
case_images_are_mounted_in_full() { mounted full; }

extended() {
	berthctl start "extended-$1"
	is "$(inside extended-$1 cat /usr/share/one/file)" one
	is "$(inside extended-$1 cat /opt/one/file)" one
	is "$(inside extended-$1 cat /opt/any/file)" any
	is "$(inside extended-$1 cat /usr/share/two/file)" two
	is "$(inside extended-$1 cat /usr/share/both/file)" two
	like "$(mount_of extended-$1 /usr)" '*overlay /usr overlay ro,*'
	like "$(mount_of extended-$1 /opt)" '*overlay /opt overlay ro,*'
	fails inside extended-$1 touch /usr/share/one/x
	# what the root has is still there, and the machine has nothing of it
	inside extended-$1 test -e /usr/share/berth-test
	fails test -e /usr/share/one
	berthctl stop "extended-$1"
	eventually nothing_is_left
	fails grep -q /run/berth/layers /proc/self/mounts
}
mkdir -p /usr/share/berth-test /srv/root/bin /srv/root/etc
cp /bin/busybox /srv/root/bin/sleep
printf 'ID=berthtest\nVERSION_ID=7.2\n' >/srv/root/etc/os-release
case_extensions_without_walls() { extended none; }
case_extensions_behind_walls() { extended standard; }
case_extensions_in_full() { extended full; }
case_plan_tells() {
	berthctl plan mounted-standard >$T/plan
	grep 'image /srv/data.ext4 at /data-rw noatime,nosuid  (MountImages)' $T/plan
	berthctl plan extended-standard >$T/plan
	grep 'layer /srv/one.raw  (ExtensionImages)' $T/plan
	grep 'layer /srv/two  (ExtensionDirectories)' $T/plan
	grep 'overlay /usr, if it is there  (ExtensionImages)' $T/plan
}
case_a_flipped_byte_cannot_be_read() {
	berthctl start flipped
	fails inside flipped cat /data/file >/dev/null 2>$T/err
	grep -q 'I/O error\|Input/output error' $T/err
	berthctl stop flipped
	eventually nothing_is_left
}
# refused UNIT TEXT: with a line that has it, and nothing is left
refused() {
	fails berthctl start "$1"
	told "$1" | grep -- "$2"
	is "$(prop "$1" ExecMainStatus)" 226
	eventually nothing_is_left
}
case_what_is_wrong_with_an_image_is_named() {
	refused bad-format 'bad-format.service:4: MountImages: step mounts: /srv/nothing.raw is no ext4, squashfs or erofs image'
	refused bad-missing 'bad-missing.service:[45]: MountImages: step mounts: /srv/nowhere.raw: No such file'
	refused bad-options '/srv/data.ext4: ext4: option nonsense: Invalid argument'
	for unit in bad-partition bad-place; do fails berthctl start $unit; done
	berthctl verify /etc/berth/units/bad-partition.service 2>&1 | grep 'bad-partition.service:4: .*another partition than root'
	berthctl verify /etc/berth/units/bad-place.service 2>&1 | grep 'bad-place.service:4: .*needs a place'
}
case_extensions_are_for_their_root() {
	refused ext-other-id '/srv/other-id.raw: is for another root: ID=other and not berthtest'
	refused ext-other-version '/srv/other-version.raw: is for another root: VERSION_ID=8 and not 7.1'
	refused ext-other-machine '/srv/other-machine.raw: is for another root: ARCHITECTURE=s390x'
	refused ext-other-name '/srv/other-name.raw: usr/lib/extension-release.d/extension-release.other-name: No such file'
	refused ext-nothing 'ExtensionImages: step mounts: /srv/nothing.raw is no ext4'
	refused ext-nowhere 'ExtensionImages: step mounts: /srv/nowhere.raw: No such file'
	refused ext-directory '/srv: usr/lib/extension-release.d/extension-release.srv: No such file'
	refused ext-root '/srv/two: is for another root: VERSION_ID=7.1 and not 7.2'
}
case_signatures_are_checked_by_the_kernel() {
	refused signed 'signed.service:4: RootImage: step mounts: /srv/signed.raw: signature: none of the keys that the kernel trusts: Required key not available'
	refused signed-badly 'signature: Bad message'
	fails berthctl start signed-not 2>$T/err
	grep 'RootHashSignature: needs RootHash=' $T/err
	is "$(cat /proc/keys | grep -c berth-verity)" 0
}
