# SPDX-License-Identifier: MIT
# File systems in files: data to mount, extensions for this root and for others, one with hashes beside it and a copy with a flipped byte.
set -e
cd "$1"
PATH=$PATH:/usr/sbin:/sbin
mkdir -p images tree/data
echo from-the-image >tree/data/file
mksquashfs tree/data images/data.raw -all-root -quiet -no-progress >/dev/null
truncate -s 1M images/data.ext4
mke2fs -q -F -O ^has_journal -d tree/data images/data.ext4
echo 'no file system' >images/nothing.raw

# extension NAME "LINES OF extension-release" [FILE OF extension-release]
extension() {
	local dir=tree/$1
	mkdir -p "$dir/usr/share/$1" "$dir/usr/share/both" "$dir/opt/$1" "$dir/usr/lib/extension-release.d"
	echo "$1" | tee "$dir/usr/share/$1/file" "$dir/usr/share/both/file" >"$dir/opt/$1/file"
	printf '%b' "$2" >"$dir/usr/lib/extension-release.d/extension-release.${3-$1}"
	mksquashfs "$dir" "images/$1.raw" -all-root -quiet -no-progress >/dev/null
}
extension one 'ID=berthtest\nVERSION_ID=7.1\n'
extension any 'ID=_any\n'
extension other-id 'ID=other\nVERSION_ID=7.1\n'
extension other-version 'ID=berthtest\nVERSION_ID="8"\n'
extension other-machine 'ID=berthtest\nVERSION_ID=7.1\nARCHITECTURE=s390x\n'
extension other-name 'ID=berthtest\nVERSION_ID=7.1\n' different

# Blocks of a squashfs hold more than one file's data: one large file, and a byte in the midst of it is another.
mkdir -p tree/checked
head -c 300000 /dev/zero | openssl enc -aes-128-ctr -K 00 -iv 00 2>/dev/null >tree/checked/file
mksquashfs tree/checked images/checked.raw -all-root -quiet -no-progress -noD -noF >/dev/null
veritysetup format images/checked.raw images/checked.verity | sed -n 's/^Root hash:[[:space:]]*//p' >images/checked.roothash
for name in flipped signed; do
	for ending in raw verity roothash; do cp images/checked.$ending images/$name.$ending; done
done
printf '\377\000\377\000' | dd of=images/flipped.raw bs=1 seek=150000 conv=notrunc status=none
# A signature by a key that nobody trusts.
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -subj /CN=nobody -days 3650 2>/dev/null
tr -d '\n' <images/signed.roothash >hash
openssl smime -sign -nocerts -noattr -binary -in hash -inkey key.pem -signer cert.pem -outform der -out images/signed.p7s
