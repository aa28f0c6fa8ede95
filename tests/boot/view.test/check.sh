# The view of the file system: a case for each directive, which fails when the directive is ignored. The service "plain"
# shows each time that the thing would be possible otherwise.
mkdir -p /srv/ro/rw /srv/secret/inner /srv/bin/good /srv/empty /srv/bare /srv/data/inner /srv/shown /srv/plain /root /home/user /efi /usr/share \
	/var/lib /var/tmp
echo data >/srv/data/inner/file
echo secret >/srv/secret/inner/file
echo secret >/srv/file
cp /bin/busybox /srv/bin/busybox
cp /bin/busybox /srv/bin/good/busybox
ln -sfn /srv/ro /srv/link
ln -sfn secret /srv/secretlink
ln -sfn /run/outside /srv/linkout
mkdir -p /run/outside

# A root of its own, with a link that leads to the host's files if it is followed from there.
mkdir -p /srv/root/bin /srv/root/plain /srv/root/secret/inner /srv/root/var
cp /bin/busybox /srv/root/bin
for name in ls cat touch test stat sh grep; do ln -sf busybox /srv/root/bin/$name; done
mkdir -p /outside /srv/root/outside
ln -sfn /../../../outside /srv/root/tmp

# up UNIT...: started, unless it runs already
up() { for unit in "$@"; do [ "$(prop "$unit" SubState)" = running ] || berthctl start "$unit"; done; }
# may UNIT FILE: it can be made there
may() { up "$1"; inside "$1" touch "$2" && rm -f "$2"; }
# may_not UNIT FILE: and a service without directives can
may_not() { up "$1"; may plain "$2"; fails inside "$1" touch "$2"; }
both() { "$@" paths; "$@" walls; }

read_only_paths() { may_not "$1" /srv/ro/x; may "$1" /srv/ro/rw/x; }
case_read_only_paths() { both read_only_paths; }
case_read_write_paths_in_the_standard_view() { may walls /srv/plain/x; fails inside walls touch /srv/x; }
inaccessible() {
	up "$1"
	fails inside "$1" cat /srv/secret/inner/file
	is "$(inside "$1" ls /srv/secret)" ""
	is "$(inside "$1" stat -c %a /srv/secret /srv/file | tr '\n' ' ')" "0 0 "
	is "$(inside "$1" cat /srv/file)" ""
	fails inside "$1" touch /srv/secret/x
	is "$(inside plain cat /srv/file)" secret
}
case_inaccessible_paths() { up plain; both inaccessible; }
exec_paths() { up "$1"; fails inside "$1" /srv/bin/busybox true; inside "$1" /srv/bin/good/busybox true; inside plain /srv/bin/busybox true; }
case_exec_paths() { up plain; both exec_paths; }
temporary() {
	up "$1"
	is "$(inside "$1" ls /srv/empty)" data
	is "$(inside "$1" stat -c %a /srv/empty)" 700
	like "$(inside "$1" grep ' /srv/empty ' /proc/mounts)" 'tmpfs *size=1024k*'
	inside "$1" touch /srv/empty/x
	[ ! -e /srv/empty/x ]
	fails inside "$1" touch /srv/bare/x
}
case_temporary_file_system() { both temporary; }
binds() {
	up "$1"
	is "$(inside "$1" cat /srv/empty/data/inner/file)" data
	inside "$1" touch /srv/empty/data/x
	rm /srv/data/x
	is "$(inside "$1" cat /srv/shown/inner/file)" data
	fails inside "$1" touch /srv/shown/x
	inside "$1" touch /srv/shown/inner/x
	rm /srv/data/inner/x
}
case_bind_paths() { both binds; }
case_nothing_reaches_the_host() { both up; is "$(grep -c ' /srv' /proc/mounts)" 0; is "$(ls /run/berth/view)" ""; touch /srv/ro/x /srv/empty/x; rm /srv/ro/x /srv/empty/x; }

case_links_mislead_no_rule() {
	may_not links /srv/ro/x
	is "$(inside links ls /srv/secret)" ""
	inside links touch /run/outside/inner/x
	rm /srv/data/inner/x
	[ ! -e /run/outside/inner ]
}

case_protect_system_strict() { for dir in /etc /usr /srv /var/lib /run; do may_not strict $dir/x; done; may strict /srv/plain/x; inside strict touch /dev/shm/x; rm /dev/shm/x; }
case_protect_system_full() { may_not full /etc/x; may_not full /usr/share/x; may full /srv/x; }
case_protect_system_yes() { may_not mild /usr/share/x; may_not mild /efi/x; may mild /etc/x; }
case_protect_home_yes() { up strict; is "$(inside strict ls /home)" ""; fails inside strict test -e /home/user; inside plain test -e /home/user; }
case_protect_home_read_only() { may_not full /home/user/x; may_not full /root/x; }
case_protect_home_tmpfs() { up mild; fails inside mild test -e /home/user; fails inside mild touch /home/x; is "$(inside mild stat -f -c %T /home /root | tr '\n' ' ')" "tmpfs tmpfs "; }
case_protect_system_no_in_the_standard_view() {
	may loosened /etc/x
	may loosened /srv/x
	inside loosened touch /tmp/x
	rm /tmp/x
	fails inside loosened test -e /dev/console
	fails inside loosened test -e /run/berth/control
	is "$(inside loosened cat /proc/self/cgroup)" 0::/
	inside loosened sh -c 'cat /proc/sys/kernel/panic >/proc/sys/kernel/panic'
	like "$(inside loosened grep cgroup2 /proc/mounts)" '*cgroup2 rw,*'
	inside loosened mkdir /sys/fs/cgroup/own
	inside loosened rmdir /sys/fs/cgroup/own
	fails inside walls mkdir /sys/fs/cgroup/own
	like "$(inside walls grep cgroup2 /proc/mounts)" '*cgroup2 ro,*'
}

case_protect_kernel_tunables() {
	up plain kernel
	inside plain sh -c 'cat /proc/sys/kernel/panic >/proc/sys/kernel/panic'
	fails inside kernel sh -c 'cat /proc/sys/kernel/panic >/proc/sys/kernel/panic'
	fails inside kernel sh -c 'echo 1 >/sys/kernel/mm/ksm/run'
	is "$(inside kernel cat /proc/kallsyms)" ""
}
case_protect_control_groups() { up plain kernel; fails inside kernel mkdir /sys/fs/cgroup/x; inside plain mkdir /sys/fs/cgroup/x; rmdir /sys/fs/cgroup/x; }
protect_proc() { berthctl start "proc-$1"; is "$(logs "proc-$1" | tr '\n' ' ')" "$2"; }
case_protect_proc() { protect_proc default "there readable own "; protect_proc invisible "hidepid=invisible own "; }
case_protect_proc_noaccess() { protect_proc noaccess "hidepid=noaccess there own "; }
case_protect_proc_ptraceable() { protect_proc ptraceable "hidepid=ptraceable own "; }
case_proc_subset() { up pids; fails inside pids test -e /proc/meminfo; inside pids test -e /proc/1/status; }
case_private_mounts() {
	up plain mounts
	fails is "$(readlink /proc/$(prop mounts MainPID)/ns/mnt)" "$(readlink /proc/self/ns/mnt)"
	inside mounts mount -t tmpfs none /srv/plain
	is "$(grep -c /srv/plain /proc/mounts)" 0
	is "$(readlink /proc/$(prop plain MainPID)/ns/mnt)" "$(readlink /proc/self/ns/mnt)"
}
case_mount_flags() { up flags mounts; inside flags grep -q ' / / .* shared:' /proc/self/mountinfo; fails inside mounts grep -q ' / / .* shared:' /proc/self/mountinfo; }
case_private_ipc() {
	up ipc plain
	fails is "$(readlink /proc/$(prop ipc MainPID)/ns/ipc)" "$(readlink /proc/self/ns/ipc)"
	is "$(readlink /proc/$(prop plain MainPID)/ns/ipc)" "$(readlink /proc/self/ns/ipc)"
	touch /dev/mqueue/here
	fails inside ipc test -e /dev/mqueue/here
	rm /dev/mqueue/here
}

case_missing_path_is_named() {
	fails berthctl start missing
	told missing | grep 'missing.service:8.*InaccessiblePaths.*mounts.*/srv/nowhere.*No such file'
	is "$(prop missing ExecMainStatus)" 226
	fails berthctl start sourceless
	told sourceless | grep 'sourceless.service:7.*BindPaths.*mounts.*/srv/nowhere to /srv/x.*No such file'
	[ ! -e /srv/x ]
}

nothing_private_is_left() { [ -z "$(ls /tmp /var/tmp | grep berth-private)" ]; }
case_private_tmp_is_one_for_all_commands() {
	up tmp
	inside tmp test -e /tmp/from-pre
	inside tmp test -e /var/tmp/from-pre
	[ ! -e /tmp/from-pre ]
	is "$(inside tmp stat -c %a /tmp /var/tmp | tr '\n' ' ')" "1777 1777 "
	is "$(stat -c %a:%u /tmp/berth-private-* | sort -u)" 700:0
	up strict
	fails inside strict test -e /tmp/from-pre
	berthctl stop tmp strict
	eventually nothing_private_is_left
}

case_configuration_directory() {
	up config
	is "$(stat -c %a:%u /etc/app /etc/app/sub | tr '\n' ' ')" "750:0 750:0 "
	tr '\0' '\n' <"/proc/$(prop config MainPID)/environ" | grep -qx CONFIGURATION_DIRECTORY=/etc/app:/etc/app/sub
	fails inside config touch /etc/app/x
	chmod 700 /etc/app
	berthctl restart config
	is "$(stat -c %a /etc/app)" 700
}

case_namespace_paths() {
	up walls
	for ns in net ipc; do ln -sfn "/proc/$(prop walls MainPID)/ns/$ns" /run/walls.$ns; done
	up joined joined-walls
	for ns in net ipc; do
		for unit in joined joined-walls; do
			is "$(readlink /proc/$(prop $unit MainPID)/ns/$ns)" "$(readlink /proc/$(prop walls MainPID)/ns/$ns)"
		done
	done
	is "$(inside joined-walls ls /sys/class/net)" lo
	fails berthctl start unjoined
	told unjoined | grep 'unjoined.service:7.*NetworkNamespacePath.*/etc/passwd.*Invalid argument'
	is "$(prop unjoined ExecMainStatus)" 225
}

case_volumes() {
	up volumes
	inside volumes touch /srv/volume/kept
	is "$(stat -c %U /var/lib/berth/volumes/shelf)" daemon
	is "$(inside volumes cat /srv/inner/data/inner/file)" data
	fails inside volumes touch /srv/inner/data/x
	inside volumes cp /bin/busybox /srv/tools/busybox
	fails inside volumes /srv/tools/busybox true
	berthctl restart volumes
	inside volumes test -e /srv/volume/kept
}

root_directory() {
	up "$1"
	inside "$1" ls / | grep -q secret
	fails inside "$1" test -e /etc/passwd
	inside "$1" grep -q '^proc /proc ' /proc/mounts
	inside "$1" test -c /dev/null
	inside "$1" test -d /sys/class
	inside "$1" touch /var/lib/rooted/x /run/rooted/x
	rm /var/lib/rooted/x
	is "$(inside "$1" cat /data/deep/inner/file)" data
	fails inside "$1" touch /plain/x
	is "$(inside "$1" ls /secret)" ""
	inside "$1" touch /var/x
	rm /srv/root/var/x
}
case_root_directory() { root_directory rooted; inside rooted touch /x; rm /srv/root/x; [ -e /run/rooted/x ]; }
case_root_directory_start_only() { berthctl start rooted-start; is "$(prop rooted-start Result)" success; }
case_root_directory_behind_a_profile() {
	root_directory rooted-walls
	fails inside rooted-walls touch /x
	fails inside rooted-walls touch /proc/sys/kernel/x
	is "$(inside rooted-walls cat /proc/kallsyms)" ""
	fails inside rooted-walls test -e /dev/console
	inside rooted-walls touch /tmp/x
	is "$(ls /outside)$(ls /srv/root/outside)" ""
	[ ! -e /run/rooted-walls ]
}
case_mount_api_vfs() { up bare-root; fails grep -q ' /proc ' "/proc/$(prop bare-root MainPID)/mounts"; is "$(wc -l <"/proc/$(prop bare-root MainPID)/mounts")" 1; }
no_loop_is_left() { [ -z "$(losetup -a)" ]; }
case_root_image() {
	[ -e /srv/image.ext4 ] || { dd if=/dev/zero of=/srv/image.ext4 bs=1M count=4; mke2fs -F /srv/image.ext4; }
	up image
	inside image /bin/busybox ls / >$T/ls
	grep lost+found $T/ls
	grep proc $T/ls
	like "$(grep ' / ' "/proc/$(prop image MainPID)/mounts")" '/dev/loop* ext4 rw,*nodev*'
	inside image /bin/busybox touch /kept
	berthctl stop image
	eventually no_loop_is_left
	up image-walls
	inside image-walls /bin/busybox test -e /kept
	fails inside image-walls /bin/busybox touch /x
	inside image-walls /bin/busybox touch /run/x
	berthctl stop image-walls
	eventually no_loop_is_left
}
case_bad_root_is_named() {
	fails berthctl start no-image
	told no-image | grep 'no-image.service:7: RootImage: step mounts: /etc/passwd is no ext4'
	fails berthctl start no-root
	told no-root | grep 'no-root.service:7: RootDirectory: step mounts: /srv/nowhere: No such file'
	no_loop_is_left
}

case_plan_prints_steps_and_mounts() {
	berthctl plan paths >$T/plan
	cat $T/plan
	grep -q '^clone  *namespaces: mount$' $T/plan
	grep -q '^mounts  *a clone of / at /run/berth/view' $T/plan
	grep -q '  bind /srv/data at /srv/shown  (BindReadOnlyPaths)' $T/plan
	grep -q '  rule /srv/shown read-only  (BindReadOnlyPaths)' $T/plan
	grep -q '  rule /srv/secret inaccessible  (InaccessiblePaths)' $T/plan
	like "$(tail -n 1 $T/plan)" 'exec  */bin/sleep 100000'
	berthctl plan walls | grep -q '^clone  *namespaces: mount PID network IPC UTS cgroup'
	berthctl plan walls | grep -q '^network  *loopback$'
	berthctl plan walls --json | grep -q '{"step":"no-new-privileges","text":"yes"}'
	status 5 berthctl plan not-there
	fails berthctl plan basic.target
}

case_masked_sys() {
	up plain walls
	is "$(inside walls ls /sys/firmware)" ""
	fails inside walls touch /sys/firmware/x
	fails is "$(ls /sys/firmware)" ""
}

case_full_run_is_told() {
	total=$(stat -f -c %c /run)
	mount -o remount,nr_inodes=$((total - $(stat -f -c %d /run))) /run
	status=0
	berthctl start roomless || status=$?
	mount -o remount,nr_inodes="$total" /run
	is "$status" 1
	told roomless | grep 'roomless.service:7: RuntimeDirectory: step directories: /run/roomless: No space left on device'
	is "$(prop roomless ExecMainStatus)" 233
	[ ! -e /run/roomless ]
	berthctl start roomless
}
