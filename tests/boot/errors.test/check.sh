# Starts that cannot be: one line says which setting, which path and why; nothing half-made is left behind.
# A root that may be written to gets the places that are mounted upon.
mkdir -p /srv/hidden /srv/there/dev /srv/there/proc /srv/there/run /srv/there/sys /srv/closed/dev /srv/closed/proc /srv/closed/run /srv/closed/sys
chmod 700 /srv/closed
[ -e /srv/closed/bin ] || { mkdir -p /srv/closed/bin && cp /bin/busybox /srv/closed/bin/sleep; chmod 700 /srv/closed/bin; }
ln -sfn circle /srv/circle
[ -e /srv/broken.img ] || { dd if=/dev/zero of=/srv/broken.img bs=1M count=4; mke2fs -F /srv/broken.img; dd if=/dev/zero of=/srv/broken.img bs=1024 seek=2 count=60 conv=notrunc; }
[ -e /srv/erofs.img ] || { dd if=/dev/zero of=/srv/erofs.img bs=4096 count=4; printf '\342\341\365\340' | dd of=/srv/erofs.img bs=1 seek=1024 conv=notrunc; }

# What a start makes: mounts, files in /run and /srv, loop devices, cgroups, descriptors of PID 1.
state() {
	cut -d' ' -f 5- /proc/1/mountinfo | sort
	find /run /srv /var/lib/berth /var/lib/state -path /run/tests -prune -o -path /run/berth/root -prune -o -path /run/berth/log -prune -o -print 2>/dev/null | sort
	losetup -a
	ls /sys/block | grep -e dm- || true
	find /sys/fs/cgroup -type d | sort
	# programs of device filters stay for those that ask for the same
	ls -l /proc/1/fd | sed 's/.*-> //; s/[0-9][0-9]*//g' | grep -v bpf-prog | sort | uniq -c
}
unchanged() { state >$T/after; diff $T/before $T/after; }
# failing UNIT STATUS PATTERN: told in one line, with file and line of the unit
failing() {
	state >$T/before
	fails berthctl start "$1"
	told "$1" >$T/told
	cat $T/told
	is "$(grep -c "^/etc/berth/units/$1.service:[0-9]*: $3" $T/told)" 1
	[ -z "$2" ] || is "$(prop "$1" ExecMainStatus)" "$2"
	is "$(prop "$1" ActiveState)" failed
	patience=3
	eventually unchanged >/dev/null 2>&1 || unchanged
}
case_all_is_well_first() {
	# PID 1 goes there a second after the boot, and lets go of a descriptor.
	eventually grep -q '^0::/init$' /proc/1/cgroup
	berthctl start good good-none
	berthctl stop good good-none
	berthctl start good
}
case_missing_bind_source() {
	failing bind 226 'BindPaths: step mounts: bind /srv/nowhere to /srv/b: No such file or directory'
	failing bind-none 226 'BindPaths: step mounts: bind /srv/nowhere to /srv/b: No such file or directory'
}
case_missing_path_of_a_rule() { failing rule 226 'ReadWritePaths: step mounts: rule /srv/nowhere: No such file or directory'; }
case_roots_that_are_none() {
	failing root-missing 226 'RootDirectory: step mounts: /srv/nowhere: No such file or directory'
	failing root-file 226 'RootDirectory: step mounts: /etc/passwd: Not a directory'
	failing root-loop 226 'RootDirectory: step mounts: /srv/circle: Symbolic link loop'
}
case_unreadable_root() { failing root-closed 203 'ExecStart: cannot execute /bin/sleep: Permission denied'; }
case_root_without_its_program() { failing root-empty 203 'ExecStart: cannot execute /bin/sleep: No such file or directory'; }
case_images_that_are_none() {
	failing image-missing 226 'RootImage: step mounts: /srv/nowhere.img: No such file or directory'
	failing image-broken 226 'RootImage: step mounts: /srv/broken.img: ext4: '
	failing image-directory 226 'RootImage: step mounts: /srv/there.*directory'
}
case_kernel_without_a_file_system() { failing image-driverless 226 'RootImage: step mounts: /srv/erofs.img: erofs: the kernel needs CONFIG_EROFS_FS: No such device'; }

# limited NAME COMMAND...: while there may be no more of these namespaces
limited() {
	local file=/proc/sys/user/max_$1_namespaces was status=0
	shift
	was=$(cat "$file")
	echo 0 >"$file"
	"$@" || status=$?
	echo "$was" >"$file"
	return $status
}
case_no_more_namespaces() {
	for kind in mnt pid net ipc uts cgroup; do
		limited $kind failing namespaces '' 'Isolation: clone3: no more namespaces of one kind (user.max_\*_namespaces): No space left on device'
		berthctl reset-failed namespaces
	done
	limited user failing user-namespace 217 'PrivateUsers: step user-namespace.*: No space left on device'
	berthctl start namespaces
	berthctl stop namespaces
}
case_pod_without_a_network() {
	berthctl stop good
	state >$T/before
	limited net fails berthctl start pod-member
	told pod-member | grep 'pod-member.service:4: JoinsNamespaceOf: the namespaces of its pod: namespaces: No space left on device'
	eventually unchanged
	berthctl start pod-member good
	berthctl stop pod-member
}

full_run() {
	local total status=0
	total=$(stat -f -c %c /run)
	mount -o remount,nr_inodes=$((total - $(stat -f -c %d /run))) /run
	"$@" || status=$?
	mount -o remount,nr_inodes="$total" /run
	return $status
}
start_fails() { fails berthctl start "$1" 2>/run/tests/full; }
case_full_run() {
	: >/run/tests/full
	state >$T/before
	full_run start_fails speaks
	told speaks | grep 'notify socket: No space left on device'
	berthctl reset-failed speaks
	eventually unchanged
}
case_missing_group_and_directory() {
	failing group 216 "Group: unknown group 'nosuchgroup'" || failing group '' "Group: unknown group 'nosuchgroup'"
	failing directory 200 'WorkingDirectory: step working-directory: /srv/nowhere: No such file or directory'
}
