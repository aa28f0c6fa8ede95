# OCI bundles: config.json as a unit file, then each mapped property seen from within.
for bundle in spec app odd docker podman; do
	dir=/srv/$bundle/rootfs
	mkdir -p $dir/bin $dir/data $dir/work $dir/secret $dir/fixed $dir/shelf $dir/scratch
	[ -e $dir/bin/busybox ] || cp /bin/busybox $dir/bin/busybox
	for name in sh sleep cat touch test ls id env grep stat hostname mkdir sed; do ln -sf busybox $dir/bin/$name; done
	touch $dir/secret/file
	cp /tests/bin/probe $dir/bin/probe
	for name in mknod ip stty chroot unshare; do ln -sf busybox $dir/bin/$name; done
	mkdir -p $dir/etc $dir/tmp $dir/../engine
	echo from-the-engine >$dir/../engine/hostname
	touch $dir/etc/hostname
done
mkdir -p /srv/data /srv/app/shelf
echo data >/srv/data/file
chmod 777 /srv/app/shelf /srv/app/rootfs/work
cp /bin/busybox /srv/app/shelf/tool

case_what_runc_spec_writes_is_taken_as_it_is() {
	berthctl import /srv/spec >$T/out 2>$T/err
	is "$(cat $T/err)" ""
	is "$(cat $T/out)" /etc/berth/units/spec.service
	cat /etc/berth/units/spec.service
	berthctl verify /etc/berth/units/spec.service >$T/verify 2>&1
	cat $T/verify
	grep -q ' 0 errors, 0 warnings' $T/verify
	# its program is a shell on the console; what is around it stays as it was imported
	sed -i 's/^ExecStart=.*/ExecStart=:sleep 100000/; s/^StandardInput=tty/StandardInput=null/' /etc/berth/units/spec.service
	berthctl start spec
	is "$(inside spec hostname)" runc
	is "$(inside spec ls /sys/class/net)" lo
	fails inside spec touch /x
	inside spec test -d /secret
	fails inside spec test -e /etc/berth
	is "$(proc_status spec CapBnd)" 0000000020000420
	is "$(proc_status spec NoNewPrivs)" 1
	grep -q 'Max open files *1024 *1024' /proc/$(prop spec MainPID)/limits
	is "$(inside spec cat /proc/timer_list)" ""
	fails inside spec sh -c 'echo 1 >/proc/sys/kernel/panic'
	tr '\0' '\n' </proc/$(prop spec MainPID)/environ | grep -qx TERM=xterm
	fails inside spec test -e /dev/console
	for kind in pid net ipc uts mnt cgroup; do fails is "$(readlink /proc/$(prop spec MainPID)/ns/$kind)" "$(readlink /proc/self/ns/$kind)"; done
	berthctl stop spec
}

case_every_property_reaches_the_service() {
	berthctl import /srv/app --name mapped 2>$T/err
	is "$(cat $T/err)" ""
	cat /etc/berth/units/mapped.service
	berthctl start keeper
	ln -sfn "/proc/$(prop keeper MainPID)/ns/net" /run/kept.net
	berthctl start mapped
	wait_log mapped 'a b'
	is "$(logs mapped)" 'a b $HOME 100% x"y\\z'
	pid=$(prop mapped MainPID)
	is "$(proc_status mapped Uid)" "1234	1234	1234	1234"
	is "$(proc_status mapped Gid)" "1235	1235	1235	1235"
	is "$(proc_status mapped Groups)" "7 8 "
	is "$(proc_status mapped Umask)" 0077
	is "$(proc_status mapped CapBnd)" 0000000000002001
	is "$(proc_status mapped CapAmb)" 0000000000002000
	is "$(readlink /proc/$pid/cwd)" /work
	is "$(cat /proc/$pid/oom_score_adj)" 77
	tr '\0' '\n' </proc/$pid/environ >$T/environ
	grep -qx 'GREETING=good $day 50% "now"' $T/environ
	grep -qx 'EMPTY=' $T/environ
	grep -qx 'PATH=/bin' $T/environ
	grep -q 'Max open files *222 *333' /proc/$pid/limits
	grep -q 'Max core file size *0 *unlimited' /proc/$pid/limits
	is "$(inside mapped hostname)" from-oci
	is "$(readlink /proc/$pid/ns/net)" "$(readlink /proc/$(prop keeper MainPID)/ns/net)"
	is "$(inside mapped cat /data/file)" data
	fails inside mapped touch /data/x
	inside mapped touch /shelf/x
	[ -e /srv/app/shelf/x ]
	fails inside mapped /shelf/tool true
	is "$(inside mapped stat -f -c %T /scratch)" tmpfs
	like "$(inside mapped grep ' /scratch ' /proc/mounts)" '*size=64k*'
	inside mapped touch /work/x
	fails inside mapped touch /fixed/x
	is "$(inside mapped ls /secret)" ""
	is "$(cgroup mapped memory.max)" 33554432
	is "$(cgroup mapped memory.low)" 16777216
	is "$(cgroup mapped memory.swap.max)" 8388608
	is "$(cgroup mapped cpu.max)" "50000 100000"
	is "$(cgroup mapped cpu.weight)" 39
	is "$(cgroup mapped pids.max)" 18 # and the stub
	is "$(proc_status mapped Seccomp)" 2
	berthctl stop mapped
}
case_a_filter_of_system_calls_applies() {
	sed 's/exec sleep 100000/mkdir \/work\/dir/; s/sh", "-c"/sh", "-xc"/' /srv/app/config.json >$T/config
	cp $T/config /srv/app/config.json
	berthctl import /srv/app --name filtered
	sed -i 's/^\[Service\]/&\nType=oneshot/' /etc/berth/units/filtered.service
	fails berthctl start filtered
	logs filtered | grep "mkdir: can't create directory '/work/dir': No space left on device"
}

# asked UNIT NAME...: what the probe says inside, on one line
asked() { local unit=$1; shift; inside "$unit" probe "$@" | tr '\n' ' ' | sed 's/ $//'; }
case_what_docker_writes_runs() {
	berthctl import /srv/docker 2>$T/err
	cat $T/err
	is "$(wc -l <$T/err)" 2
	grep '^/srv/docker/config.json: stricter: linux.resources.devices\[9\]: ' $T/err
	grep '^/srv/docker/config.json: stricter: linux.seccomp.syscalls\[3\].args: only the personality' $T/err
	grep '^# stricter: linux.seccomp.syscalls\[3\].args: only the personality' /etc/berth/units/docker.service
	berthctl verify /etc/berth/units/docker.service | grep ' 0 errors, 0 warnings'
	berthctl start docker
	is "$(inside docker cat /etc/hostname)" from-the-engine
	is "$(inside docker cat /data/file)" data
	is "$(inside docker id -G)" "0 1"
	fails [ "$(inside docker cat /proc/self/mountinfo | grep -c ' /proc/kcore ')" = 0 ]
}
case_tunables_of_its_own_namespaces() {
	is "$(inside docker cat /proc/sys/net/ipv4/ping_group_range | tr '\t' ' ')" "0 2147483647"
	fails is "$(cat /proc/sys/net/ipv4/ping_group_range | tr '\t' ' ')" "0 2147483647"
	berthctl plan docker >$T/plan
	cat $T/plan
	grep 'net/ipv4/ping_group_range = 0 2147483647' $T/plan
	berthctl restart docker
	is "$(inside docker cat /proc/sys/net/ipv4/ping_group_range | tr '\t' ' ')" "0 2147483647"
	berthctl start tuned
	is "$(inside tuned cat /proc/sys/net/ipv4/ip_default_ttl)" 33
	is "$(inside tuned cat /proc/sys/net/ipv4/conf/eth0/forwarding)" 1
	is "$(inside tuned cat /proc/sys/kernel/shmmni)" 77
	is "$(inside tuned cat /proc/sys/fs/mqueue/queues_max)" 11
	fails is "$(cat /proc/sys/kernel/shmmni)" 77
	fails berthctl start tuned-host
	told tuned-host | grep 'tuned-host.service:7: Sysctl: net.ipv4.ip_default_ttl would be set for the whole machine'
	fails berthctl start tuned-none
	told tuned-none | grep 'tuned-none.service:6: Sysctl: step sysctl: net/ipv4/no_such_thing: No such file or directory'
	is "$(prop tuned-none ExecMainStatus)" 226
	fails berthctl start tuned-bad
}
case_device_rules() {
	# a node that it asks for is there, and can be used; nothing else is, nor can be made
	inside docker stty -F /dev/ttyS0 >$T/tty
	grep -q baud $T/tty
	inside docker sh -c 'echo x >/dev/null'
	inside docker test -c /dev/ptmx
	fails inside docker test -e /dev/kmsg
	fails inside docker mknod /tmp/kmsg c 1 11
	inside docker mknod /tmp/disk b 7 0
	fails inside docker sh -c ': </tmp/disk'
	berthctl start noded
	inside noded test -c /dev/kmsg
	fails inside noded test -e /dev/ttyS0
	is "$(asked noded kmsg_write null)" "kmsg_write=EPERM null=ok"
	is "$(inside noded ls /sys/firmware)" ""
	berthctl start noded-too
	is "$(asked noded-too kmsg_write null)" "kmsg_write=ok null=ok"
	fails inside noded-too touch /sys/firmware/x
	inside noded-too test -L /dev/fd
	inside noded-too sh -c 'echo y >/dev/shm/y'
}
case_filters_by_arguments() {
	is "$(asked docker clone_user clone3 unshare_net personality mount unix inet netlink)" \
		"clone_user=EPERM clone3=ENOSYS unshare_net=EPERM personality=EPERM mount=EPERM unix=ok inet=ok netlink=ok"
	inside docker chroot / true
	grep -qx 'RestrictAddressFamilies=~AF_VSOCK ' /etc/berth/units/docker.service
	berthctl stop docker
}
case_what_podman_writes_runs() {
	berthctl import /srv/podman 2>$T/err
	is "$(grep -c '^/srv/podman/config.json: stricter: ' $T/err)" 3
	is "$(wc -l <$T/err)" 3
	berthctl start podman
	is "$(inside podman cat /data/file)" data
	is "$(proc_status podman NoNewPrivs)" 1
	is "$(inside podman cat /proc/sys/net/ipv4/ping_group_range | tr '\t' ' ')" "0 0"
	grep -q 'Max processes *4194304 *4194304' /proc/$(prop podman MainPID)/limits
	is "$(asked podman clone3 personality unix netlink sethostname future swapoff)" \
		"clone3=ENOSYS personality=EPERM unix=ok netlink=EAFNOSUPPORT sethostname=EPERM future=ENOSYS swapoff=EPERM"
	berthctl stop podman
}
case_what_cannot_be_mapped_is_named() {
	status 1 berthctl import /srv/odd 2>$T/err
	cat $T/err
	for path in process.selinuxLabel hooks.prestart 'mounts\[0\].type' linux.uidMappings 'linux.sysctl\["kernel.panic"\]' \
		linux.resources.blockIO.throttleReadBpsDevice linux.intelRdt 'linux.resources.devices\[0\]' linux.seccomp.listenerPath \
		'linux.seccomp.syscalls\[0\]'; do
		grep -q "^/srv/odd/config.json: error: $path: " $T/err
	done
	fails grep -q poststop $T/err
	[ ! -e /etc/berth/units/odd.service ]
	berthctl import --lax /srv/odd 2>$T/err
	grep -q '^/srv/odd/config.json: warning: hooks.prestart: ' $T/err
	grep -q '^# not carried out: linux.intelRdt: ' /etc/berth/units/odd.service
	berthctl start odd
	berthctl stop odd
	status 1 berthctl import --lax /srv/odd 2>$T/err
	grep -q 'there already' $T/err
	berthctl import --lax --force -q /srv/odd
}
case_a_user_namespace() {
	mkdir -p /srv/users
	cp -a /srv/spec/rootfs /srv/users
	sed 's/"sh"/"sleep", "1000000"/; s/"terminal": true/"terminal": false/; s/"type": "pid"/"type": "pid" }, { "type": "user"/
		s/"namespaces"/"uidMappings": [ { "containerID": 0, "hostID": 100000, "size": 65536 } ], "gidMappings": [ { "containerID": 0, "hostID": 100000, "size": 65536 } ], &/' \
		/srv/spec/config.json >/srv/users/config.json
	berthctl import /srv/users 2>$T/err
	is "$(cat $T/err)" ""
	berthctl start users
	fails is "$(readlink /proc/$(prop users MainPID)/ns/user)" "$(readlink /proc/self/ns/user)"
	fails grep -q ' 0 *4294967295' /proc/$(prop users MainPID)/uid_map
	is "$(inside users id -u)" 0
	berthctl stop users
	sed -i 's/"containerID": 0/"containerID": 5/' /srv/users/config.json
	status 1 berthctl import --force /srv/users 2>$T/err
	grep -q 'linux.uidMappings: is not one range' $T/err
}
case_bad_bundles_are_told() {
	mkdir -p /srv/none /srv/text
	status 1 berthctl import /srv/none 2>$T/err
	grep -q '/srv/none/config.json: No such file' $T/err
	echo '{ "ociVersion": ' >/srv/text/config.json
	status 1 berthctl import /srv/text 2>$T/err
	grep -q 'config.json is no JSON object' $T/err
	status 1 berthctl import /srv/nowhere
	status 1 berthctl import --root /srv/data /srv/spec 2>$T/err
	grep -q 'not beneath --root' $T/err
	status 1 berthctl import /srv/spec --name a/b
}
case_offline_into_an_image() {
	mkdir -p /srv/image/opt
	cp -a /srv/odd /srv/image/opt/thing
	berthctl import --lax --root /srv/image /srv/image/opt/thing 2>/dev/null
	grep -qx 'Rootfs=/opt/thing/rootfs' /srv/image/etc/berth/units/thing.service
}
case_rootfs_takes_a_bundle_or_a_directory() {
	berthctl start whole
	is "$(inside whole ls /)" "$(inside part ls / 2>/dev/null || berthctl start part; inside part ls /)"
	inside whole test -e /secret/file
	is "$(inside whole hostname)" by-hand
}
