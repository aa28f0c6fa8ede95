# Starts that cannot be: one line says which setting, which path and why; nothing half-made is left behind.
# A root that may be written to gets the places that are mounted upon.
mkdir -p /srv/hidden /srv/there/dev /srv/there/proc /srv/there/run /srv/there/sys /srv/closed/dev /srv/closed/proc /srv/closed/run /srv/closed/sys /srv/closed/tmp
chmod 700 /srv/closed
[ -e /srv/closed/bin ] || { mkdir -p /srv/closed/bin && cp /bin/busybox /srv/closed/bin/sleep; chmod 700 /srv/closed/bin; }
ln -sfn circle /srv/circle
[ -e /srv/broken.img ] || { dd if=/dev/zero of=/srv/broken.img bs=1M count=4; mke2fs -F /srv/broken.img; dd if=/dev/zero of=/srv/broken.img bs=1024 seek=2 count=60 conv=notrunc; }
[ -e /srv/erofs.img ] || { dd if=/dev/zero of=/srv/erofs.img bs=4096 count=4; printf '\342\341\365\340' | dd of=/srv/erofs.img bs=1 seek=1024 conv=notrunc; }

# What a start makes: mounts, files in /run and /srv, loop and dm devices, cgroups, links, network namespaces, descriptors of PID 1.
state() {
	cut -d' ' -f 5- /proc/1/mountinfo | sort
	# The mount points that services' directories have in memory stay for the next start.
	find /run /srv /var/lib -path /run/tests -prune -o -path /run/berth/kept -prune -o -path /run/berth/root -prune -o -path /run/berth/log -prune -o -print 2>/dev/null | sort
	losetup -a
	ls /sys/block | grep -e dm- || true
	find /sys/fs/cgroup -type d | sort
	ls /sys/class/net
	readlink /proc/[0-9]*/ns/net | sort -u | wc -l
	# programs of device filters stay for those that ask for the same
	ls -l /proc/1/fd | sed 's/.*-> //; s/[0-9][0-9]*//g' | grep -v bpf-prog | sort | uniq -c
}
unchanged() { state >$T/after; diff $T/before $T/after; }
# failing UNIT STATUS PATTERN: told in one line, with file and line of the unit
failing() {
	local n
	state >$T/before
	n=$(told "$1" | grep -c "^/etc/berth/units/$1.service:[0-9]*: $3") || true
	fails berthctl start "$1"
	told "$1" >$T/told
	cat $T/told
	is "$(grep -c "^/etc/berth/units/$1.service:[0-9]*: $3" $T/told)" $((n + 1))
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

# The same of services with a link, an address and a root of their own, in both profiles: the units leave it to the machine's default.
profile() {
	mkdir -p /etc/berth
	printf '[Manager]\nDefaultIsolation=%s\n' "$1" >/etc/berth/system.conf
	berthctl daemon-reload
	is "$(prop walls-good Isolation)" "$1"
	touch /var/lib/walls-file
	# what a first start makes for all
	berthctl start walls-good
	berthctl stop walls-good
}
nothing_there() {
	failing walls-bind 226 'BindPaths: step mounts: bind /srv/nowhere to /srv/nowhere: No such file or directory'
	failing walls-path 226 'ReadOnlyPaths: step mounts: .* /srv/nowhere: No such file or directory'
	failing walls-program 203 'ExecStart: cannot execute /srv/nowhere/program: No such file or directory'
	failing walls-cwd 200 'WorkingDirectory: step working-directory: /srv/nowhere: No such file or directory'
	failing walls-state 238 'StateDirectory: step directories: /var/lib/.*walls-file: '
	failing walls-credential 243 'LoadCredential: step credentials: .*/srv/nowhere: No such file or directory'
}
roots_and_images() {
	failing walls-root 226 'RootDirectory: step mounts: /srv/nowhere: No such file or directory'
	failing walls-closed 203 'ExecStart: cannot execute /bin/sleep: Permission denied'
	failing walls-image 226 'RootImage: step mounts: /srv/nowhere.img: No such file or directory'
	failing walls-broken 226 'RootImage: step mounts: /srv/broken.img: ext4: '
	failing walls-driverless 226 'RootImage: step mounts: /srv/erofs.img: erofs: the kernel needs CONFIG_EROFS_FS: No such device'
}
user_and_capabilities() {
	failing walls-user '' "User: unknown user 'nosuchuser'"
	failing walls-ambient 218 'AmbientCapabilities: step capabilities: capability 13, which the bounding set lacks: Operation not permitted'
	fails berthctl start walls-capability 2>$T/refused
	is "$(grep -c '/etc/berth/units/walls-capability.service:[0-9]*: error: CapabilityBoundingSet: "CAP_NO_SUCH" is not known here' $T/refused)" 1
}
kernel_and_run() {
	for kind in $1; do
		limited $kind failing walls-good '' 'Isolation: clone3: no more namespaces of one kind (user.max_\*_namespaces): No space left on device'
		berthctl reset-failed walls-good
	done
	: >/run/tests/full
	state >$T/before
	full_run start_fails walls-speaks
	told walls-speaks | grep 'notify socket: No space left on device'
	berthctl reset-failed walls-speaks
	eventually unchanged
	berthctl start walls-good
	berthctl stop walls-good
}
case_standard_nothing_there() { profile standard; nothing_there; }
case_standard_roots_and_images() { roots_and_images; }
case_standard_user_and_capabilities() { user_and_capabilities; }
case_standard_kernel_and_run() { kernel_and_run 'mnt pid net ipc uts cgroup'; }
case_full_nothing_there() { profile full; nothing_there; }
case_full_roots_and_images() { roots_and_images; }
case_full_user_and_capabilities() { user_and_capabilities; }
case_full_kernel_and_run() {
	kernel_and_run 'mnt pid net ipc uts cgroup'
	limited user failing walls-good 217 'PrivateUsers: step user-namespace.*: No space left on device'
}
