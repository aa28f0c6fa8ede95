# SPDX-License-Identifier: MIT
# The disks: vda swap; vdb a GPT with two file systems; vdc an MBR with one; late.img comes later and looks like vdb's second.
set -e
cd "$1"
PATH=$PATH:/usr/sbin:/sbin
le() { # le N BYTES: N little-endian
	local n=$1 i
	for ((i = 0; i < $2; i++)); do printf "\\x$(printf %02x $((n >> (8 * i) & 255)))"; done
}
hex() { local i; for ((i = 0; i < ${#1}; i += 2)); do printf "\\x${1:i:2}"; done; }
utf16() { local i; for ((i = 0; i < ${#1}; i++)); do printf '%s\0' "${1:i:1}"; done; }
crc() { gzip -c "$1" | tail -c 8 | head -c 4; }
# put FILE OFFSET: standard input into the file
put() { dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }
mkfs() { mkfs.ext4 -q -F -U "$2" -L "$3" "$1"; }

truncate -s 16M vda vdb vdc late.img
truncate -s 4M one two three
mkswap -U 11111111-2222-3333-4444-555555555555 -L first vda
mkfs one aaaaaaaa-0000-0000-0000-000000000001 'my data'
mkfs two aaaaaaaa-0000-0000-0000-000000000002 twin
mkfs three aaaaaaaa-0000-0000-0000-000000000003 three
mkfs late.img aaaaaaaa-0000-0000-0000-000000000004 twin

# UEFI 5.3: blocks of 512 bytes; partitions at 2048 and 10240, 8192 long.
truncate -s 16384 entries
entry() { hex a2a0d0ebe5b9334487c068b6b72699c7; hex "$1"; le "$2" 8; le $(($2 + 8191)) 8; le 0 8; utf16 "$3"; }
entry 04030201060508070910111213141516 2048 'part one' | put entries 0
entry 04030201060508070910111213141517 10240 two | put entries 128
header() {
	printf 'EFI PART'; hex 00000100; le 92 4; [ $# = 0 ] && le 0 4 || cat "$1"; le 0 4; le 1 8; le 32767 8; le 34 8; le 32734 8
	hex 0102030405060708090a0b0c0d0e0f10; le 2 8; le 128 4; le 128 4; crc entries
}
header >header
crc header >header.crc
header header.crc | put vdb 512
put vdb 1024 <entries
{ hex 00000200eeffffff; le 1 4; le 32767 4; } | put vdb 446
hex 55aa | put vdb 510
dd if=one of=vdb bs=512 seek=2048 conv=notrunc status=none
dd if=two of=vdb bs=512 seek=10240 conv=notrunc status=none

hex 78563412 | put vdc 440
{ hex 0000000083000000; le 2048 4; le 8192 4; } | put vdc 446
hex 55aa | put vdc 510
dd if=three of=vdc bs=512 seek=2048 conv=notrunc status=none
