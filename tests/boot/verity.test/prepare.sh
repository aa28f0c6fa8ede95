# SPDX-License-Identifier: MIT
# An ext4 with busybox and two files, its tree of hashes and their root; a copy with a flipped byte in one file, one with it in the superblock.
set -e
cd "$1"
PATH=$PATH:/usr/sbin:/sbin
mkdir -p images tree/{bin,dev,etc,proc,run,sys,tmp}
cp "$(command -v busybox)" tree/bin/busybox
for name in sh sleep cat ls touch; do ln -sf busybox tree/bin/$name; done
yes whole | head -c 20000 >tree/whole
yes broken | head -c 20000 >tree/broken
truncate -s 4M images/good.img
mke2fs -q -F -b 4096 -O ^has_journal -d tree images/good.img
veritysetup format images/good.img images/good.verity --salt=0123456789abcdef >format.log
sed -n 's/^Root hash:[[:space:]]*//p' format.log >images/good.roothash
veritysetup format --no-superblock images/good.img images/headless.verity >/dev/null
cp images/good.img images/flipped.img
at=$(grep -abo 'broken' images/flipped.img | sed -n '100s/:.*//p')
printf X | dd of=images/flipped.img bs=1 seek="$at" conv=notrunc status=none
cp images/good.img images/swapped.img
printf X | dd of=images/swapped.img bs=1 seek=1100 conv=notrunc status=none
# Blocks that are smaller than those of the tree cannot be mounted.
truncate -s 4M images/small.img
mke2fs -q -F -b 1024 -O ^has_journal -d tree images/small.img
veritysetup format images/small.img images/small.verity | sed -n 's/^Root hash:[[:space:]]*//p' >images/small.roothash
# The units want the hash itself, too.
mkdir -p images/units
for unit in by-text walled; do
	cat >images/units/$unit.service <<-TEXT
		[Service]
		Type=exec
		ExecStart=/bin/sleep 100000
		RootImage=/srv/good.img
		RootVerity=/srv/good.verity
		RootHash=$(cat images/good.roothash)
		[Container]
		Isolation=$([ $unit = walled ] && echo standard || echo none)
	TEXT
done
