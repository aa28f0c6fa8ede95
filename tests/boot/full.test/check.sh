# Isolation=full: of the host's tree the operating system and what the unit names, each form of it, and nothing else. The same
# host has it all for who runs without (the guest's own shell).
ln -s lib /lib64
[ -e /var/run ] || ln -s ../run /var/run
mkdir -p /data/tools /data/work /data/bound /data/read/write /data/read/hidden /data/write /data/exec /data/unnamed /data/volume /data/root \
	/opt/pkg/bin /opt/pkg/lib /opt/other /home2 /home/user /var/lib/other /var/cache/other /srv/site /boot /root /mnt/disk /var/spool/mail /etc/app
for name in tools work bound read read/hidden write exec unnamed volume; do echo data >/data/$name/file; done
for file in /data/credential /data/input /data/secret /data/tools/other /opt/pkg/lib/file /opt/other/file /home2/file /home/user/file /var/lib/other/file \
	/var/cache/other/file /srv/site/file /boot/file /mnt/disk/file /var/spool/mail/file /top /etc/app/file; do echo secret >$file; done
cp /bin/busybox /data/exec/busybox
cp /bin/busybox /opt/pkg/bin/sleep
printf '#!/bin/sh\n' >/data/tools/check
printf '#!/bin/sh\necho reloaded\n' >/data/tools/reload
chmod 755 /data/tools/check /data/tools/reload
chmod 777 /data/write /data/read/write /data/volume /data/read /data/exec /data/work /data/bound

up() { for unit in "$@"; do [ "$(prop "$unit" SubState)" = running ] || berthctl start "$unit"; done; }
# seen UNIT PATH...: it has the path, as the host has; unseen: it has not
seen() { unit=$1; shift; up "$unit"; for path in "$@"; do test -e "$path"; inside "$unit" test -e "$path"; done; }
unseen() { unit=$1; shift; up "$unit"; for path in "$@"; do test -e "$path"; fails inside "$unit" test -e "$path"; done; }
names() { up "$1"; inside "$1" ls -A "$2" | tr '\n' ' '; }

case_the_root_is_a_short_list() { is "$(names closed /)" "bin dev etc lib lib64 proc run sbin sys tmp usr var "; is "$(names closed /var)" "run tmp "; }
case_links_of_the_host_are_links() { is "$(inside closed readlink /lib64)" lib; is "$(inside closed readlink /var/run)" ../run; }
case_nothing_else_of_the_host() { unseen closed /data /opt /home2 /home /root /srv /boot /mnt /top /init /var/lib /var/cache /var/spool /tests; }
case_the_system_is_there_and_read_only() {
	seen closed /etc/passwd /bin/sh /usr /etc/app/file
	for dir in / /usr /etc /var /proc/sys /sys /dev; do fails inside closed touch $dir/x; done
	like "$(inside closed grep ' / ' /proc/mounts)" 'tmpfs / tmpfs ro,nosuid,nodev,*'
}
case_what_is_its_own_can_be_written() {
	up closed
	for dir in /tmp /var/tmp /dev/shm; do inside closed touch $dir/mine; [ ! -e $dir/mine ]; done
	is "$(inside closed stat -c %a /tmp /var/tmp /run /var | tr '\n' ' ')" "1777 1777 755 755 "
}
case_profile_is_told() {
	up closed named
	berthctl show --origin closed | grep '^TemporaryFileSystem=/:ro .*profile full'
	berthctl show --origin closed | grep '^BindReadOnlyPaths=-/usr .*-/etc .*profile full'
	berthctl show --origin named | grep '^TemporaryFileSystem=/:ro /data/empty:mode=0755 .*named.service:17 and profile full'
	berthctl plan closed | grep 'an empty root .*read-only when all is there'
}

case_programs() { seen named /opt/pkg/bin/sleep /opt/pkg/lib/file /data/tools/check /data/tools/reload; unseen named /data/tools/other /opt/other; berthctl reload named; wait_log named reloaded; fails inside named touch /opt/pkg/x; }
case_working_directory() { seen named /data/work/file; fails inside named touch /data/work/x; is "$(readlink "/proc/$(prop named MainPID)/cwd")" /data/work; }
case_bind_paths() { up named; is "$(inside named cat /srv/bound/file /data/again/file)" "data
data"; inside named touch /srv/bound/x; rm /data/bound/x; fails inside named touch /data/again/x; unseen named /srv/site /data/bound; }
case_read_only_paths() { seen named /data/read/file; fails inside named touch /data/read/x; }
case_read_write_paths() { seen named /data/write/file; inside named touch /data/write/x /data/read/write/x; rm /data/write/x /data/read/write/x; }
case_exec_paths() { up named; inside named /data/exec/busybox true; fails inside named touch /data/exec/x; }
case_inaccessible_paths() { up named; unseen named /data/unnamed; is "$(inside named ls /data/read/hidden 2>/dev/null)" ""; }
case_temporary_file_system() { up named; is "$(names named /data/empty)" ""; is "$(inside named stat -f -c %T /data/empty)" tmpfs; }
case_directories() {
	up named
	for dir in /var/lib/named /var/cache/named /var/log/named /run/named; do inside named touch $dir/x; done
	seen named /etc/named
	is "$(names named /var/lib)" "named "
	unseen named /var/lib/other /var/cache/other
}
case_volumes() { up named; inside named touch /data/volume/x /shelf/x; rm /data/volume/x; }
case_credentials() { up named; is "$(inside named cat /run/credentials/named.service/word)" secret; unseen named /data/credential /data/input; }
case_nothing_unnamed_between_the_named() { is "$(names named /data)" "again empty exec read tools volume work write "; unseen named /data/secret /home2 /top; }

case_the_empty_value_takes_the_profile_away() { seen opened /data/secret /opt/other /boot /home2; unseen opened /home/user; fails inside opened touch /data/x; }
case_homes_and_a_writable_root() { seen home /home/user/file; fails inside home touch /home/x; inside home touch /x; [ ! -e /x ]; unseen home /data; fails inside home touch /usr/x; }
case_an_empty_root_upon_standard() { is "$(names middle /)" "bin dev lib proc run sys tmp usr var "; fails inside middle touch /x; fails inside middle touch /usr/x; inside middle touch /tmp/x; [ ! -e /tmp/x ]; }
case_an_empty_root_without_a_profile() {
	is "$(names bare /)" "bin data dev lib proc run sys usr "
	is "$(names bare /data)" "write "
	fails inside bare touch /x
	fails inside bare touch /usr/x
	inside bare touch /data/write/x
	rm /data/write/x
}
case_two_roots_are_refused() { fails berthctl start both; told both | grep 'both.service:7.*TemporaryFileSystem.*RootDirectory'; }
case_nothing_is_left() {
	berthctl stop closed named opened home middle bare
	is "$(ls -A /run/berth/view)" ""
	is "$(grep -c /run/berth/view /proc/mounts)" 0
	[ ! -e /data/nowhere ] && [ ! -e /data/again ] && [ ! -e /shelf ]
}
