# Landlock behind the mounts: these are undone from outside, as a way out of them would, and the second wall is seen.
mkdir -p /srv/ro /srv/rw/a /srv/rw/b /srv/closed/rw
chmod 777 /srv/ro /srv/rw /srv/rw/a /srv/rw/b /srv/closed/rw
chmod 700 /srv/closed
cp /bin/busybox /srv/ro/busybox
# tell UNIT COMMAND: its own process does it; what it says comes back
tell() { timeout "$patience" berthctl exec "$1" sh -c "echo '$2' >/run/to; cat /run/from" </dev/null 2>/dev/null; }
as_root() { local unit=$1; shift; timeout 20 nsenter -t "$(prop "$unit" MainPID)" -m -p "$@"; }
open_mounts() { as_root "$1" mount -o remount,bind,rw / && as_root "$1" touch /srv/ro/outside && rm /srv/ro/outside; }

case_the_second_wall_holds_when_the_first_is_down() {
	berthctl start walled plain
	like "$(tell walled "touch /srv/ro/x")" '*Read-only file system*'
	like "$(tell plain "touch /srv/ro/x")" '*Read-only file system*'
	open_mounts walled
	open_mounts plain
	is "$(tell plain "touch /srv/ro/x; echo done")" done
	rm /srv/ro/x
	like "$(tell walled "touch /srv/ro/x")" '*Permission denied*'
	like "$(tell walled "rm /srv/ro/busybox")" '*Permission denied*'
	like "$(tell walled "mkdir /srv/ro/dir")" '*Permission denied*'
	like "$(tell walled "mv /srv/rw/a /srv/ro/a")" '*Permission denied*'
	[ -e /srv/ro/busybox ]
}
case_what_is_writable_stays_so() {
	berthctl start walled
	is "$(tell walled "echo x >/srv/rw/a/f && mv /srv/rw/a/f /srv/rw/b/f && ln /srv/rw/b/f /srv/rw/a/f && rm /srv/rw/a/f /srv/rw/b/f && echo done")" done
	is "$(tell walled "touch /var/lib/walled/x /tmp/x /run/x /dev/shm/x && echo >/dev/null && echo 0 >/proc/self/oom_score_adj && echo done")" done
	is "$(tell walled "mkdir /tmp/d && mv /tmp/x /tmp/d && rmdir /tmp/d 2>/dev/null; ls /tmp/d")" x
	is "$(tell walled "cat /srv/ro/busybox | wc -c")" "$(wc -c </srv/ro/busybox)"
}
case_nothing_else_is_executed() {
	berthctl start strict
	as_root strict mount -o remount,bind,exec /
	as_root strict /srv/ro/busybox true
	like "$(tell strict "/srv/ro/busybox true")" '*Permission denied*'
	is "$(tell strict "/bin/echo done")" done
}
case_rules_are_made_before_the_user_changes() {
	berthctl start ids
	is "$(proc_status ids Uid)" "1	1	1	1"
	berthctl plan ids | grep -q '^landlock  *ABI [2-9]: nothing is written but beneath .*/srv/closed/rw'
}
case_plan_and_show_tell() {
	berthctl plan walled >$T/plan
	grep '^landlock ' $T/plan
	grep -q '^landlock  *ABI [2-9]: nothing is written but beneath /dev .*/srv/rw' $T/plan
	berthctl plan plain >$T/plan
	fails grep '^landlock' $T/plan
	berthctl plan bare >$T/plan
	fails grep '^landlock' $T/plan
	berthctl plan asked | grep -q '^landlock  *ABI'
	[ "$(prop walled LandlockABI)" -ge 2 ]
	berthctl plan strict | grep 'nothing is executed but beneath /bin'
}
case_asked_for() {
	berthctl start asked
	open_mounts asked
	like "$(tell asked "touch /srv/ro/x")" '*Permission denied*'
	fails berthctl start impossible
	told impossible | grep 'impossible.service:11: Landlock: there is nothing that it could hold'
	fails berthctl start loose
	told loose | grep 'loose.service:11: Landlock: needs NoNewPrivileges=yes'
}
