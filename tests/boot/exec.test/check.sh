# berthctl exec with a terminal: tests/bin/terminal plays the one in front of it.
mkdir -p /srv/root/bin /srv/root/dev /srv/root/proc /srv/root/sys /srv/root/run /srv/root/tmp /srv/root/var
cp /bin/busybox /srv/root/bin
for name in sh tty sleep stty env; do ln -sf busybox /srv/root/bin/$name; done
ready() { berthctl start "$1"; }
# shell UNIT: a shell in it, and what standard input says
shell() { ready "$1"; terminal berthctl exec "$1" env PS1='READY>' sh -i; }
# names UNIT: the terminal has a name that the command may open, /dev/tty is the same, and it is of the unit's own instance
names() {
	shell "$1" <<-'EOF'
	expect READY>
	send t=$(tty); echo name $t; echo opened >$t; echo same >/dev/tty\r
	expect name /dev/pts/
	expect opened
	expect same
	send [ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo all-$((1+2))\r
	expect all-3
	send exit 7\r
	end 7
	EOF
}
case_names_in_standard() { names standard; }
case_names_of_a_user() { names user; }
case_names_in_a_user_namespace() { names managed; }
case_names_in_full() { names full; }
case_names_in_none() { names none; names none-user; }
case_names_in_a_root_of_its_own() { names rooted; }
case_it_is_the_units_own_instance() { is "$(echo 'end 0' | terminal berthctl exec standard tty | grep -o '/dev/pts/.*' | tr -d '\r')" /dev/pts/0; }
case_without_an_instance_it_has_no_name() {
	shell bare <<-'EOF'
	expect the terminal has no name
	expect READY>
	send tty; [ -t 0 ] && echo a-terminal-$((1+2)); stty size </dev/fd/0; exit 0\r
	expect a-terminal-3
	end 0
	EOF
}
case_nothing_at_ptmx_is_opened() {
	ready bare
	mkfifo /srv/root/dev/ptmx
	timeout 20 terminal berthctl exec bare sh -c 'echo went-on' <<-'EOF'
	expect has no name
	expect went-on
	end 0
	EOF
	rm /srv/root/dev/ptmx
}

case_size_follows() {
	ready user
	terminal berthctl exec user sh -c 'trap "stty size; exit 9" WINCH; stty size; while :; do read x; done' <<-'EOF'
	expect 24 80
	resize 33 101
	expect 33 101
	end 9
	EOF
}
case_keys_are_the_commands() {
	shell user <<-'EOF'
	expect READY>
	raw
	send sh -c 'echo run''ning; exec sleep 4321'\r
	expect running
	send \x1a
	expect Stopped
	expect READY>
	send jobs; echo listed-$((1+2))\r
	expect Stopped
	expect listed-3
	expect READY>
	send fg\r
	expect 4321
	send \x03
	expect READY>
	send echo status-$?\r
	expect status-130
	expect READY>
	send sh -c 'echo ca''ts; exec cat'\r
	expect cats
	send typed twice\r
	expect typed twice
	expect typed twice
	send \x04
	expect READY>
	send echo over-$?\r
	expect over-0
	expect READY>
	send \x04\x04
	end 0
	EOF
}
case_a_lone_command_is_interrupted() {
	ready user
	terminal berthctl exec user sh -c 'echo begun; exec sleep 1000' <<-'EOF'
	expect begun
	send \x03
	end 130
	EOF
}
case_modes_are_the_commands() {
	shell standard <<-'EOF'
	expect READY>
	send stty -echo; echo hidden-$((1+1))\r
	expect hidden-2
	send echo secret-$((1+2))\r
	expect secret-3
	lacks secret-$((
	send exit\r
	end 0
	EOF
}

# All of it comes, in order, whether or not the command lives on until it is read.
case_nothing_is_lost() {
	ready standard
	(echo 'expect all of it'; echo 'end 0'; echo 'count 20000 line ') | terminal berthctl exec standard sh -c 'seq 20000 | sed "s/^/line /"; echo all of it' >$T/lines
	tr -d '\r' <$T/lines | sed -n 's/^line //p' >$T/got
	seq 20000 | cmp - $T/got
}
case_keys_are_not_lost() {
	ready standard
	(
		echo 'raw'
		for i in $(seq 200); do echo "send key-$i and some more of them to fill what is between here and there\\r"; done
		echo 'expect sum 200 13692'
		echo 'end 0'
	) | terminal berthctl exec standard sh -c 'stty -echo; sleep 1; head -n 200 | { n=$(wc | tr -s " "); set -- $n; echo sum $1 $3; }'
}
case_who_keeps_the_terminal_keeps_nobody() {
	ready standard
	timeout 30 terminal berthctl exec standard sh -c 'trap "" HUP; sleep 1000 & echo left; exit 4' <<-'EOF'
	expect left
	end 4
	EOF
	timeout 30 terminal berthctl exec standard sh -c 'trap "" HUP; while :; do echo y; done & exit 5' <<-'EOF'
	end 5
	EOF
	berthctl restart standard
}

# The caller's terminal is as it was, however it ends.
case_killed_by_a_signal() {
	ready standard
	terminal berthctl exec standard sleep 1000 <<-'EOF'
	raw
	signal 15
	end 143
	EOF
	terminal berthctl exec standard sleep 1000 <<-'EOF'
	raw
	signal 1
	end 129
	EOF
	terminal berthctl exec standard sleep 1000 <<-'EOF'
	raw
	signal 10
	end 138
	EOF
}
case_stopped_and_continued() {
	ready standard
	terminal sh -mic 'berthctl exec standard sh -ic "echo begun; cat"; echo first-$?; fg; echo last-$?' <<-'EOF'
	expect begun
	raw
	send kill\r
	expect kill
	expect kill
	send \x04
	expect last-
	end 0
	EOF
}
case_the_service_ends() {
	ready user
	mkfifo $T/steps
	terminal berthctl exec user sh -c 'echo begun; sleep 1000' <$T/steps >$T/screen &
	exec 5>$T/steps
	printf 'raw\nexpect begun\n' >&5
	eventually grep -q '^begun' $T/screen
	berthctl stop user
	# By the stop's signal, or with its namespace: that ends with main, whichever of both dies first.
	echo 'end 143 137' >&5
	exec 5>&-
	wait $!
}
case_the_caller_hangs_up() {
	ready none
	terminal berthctl exec none sh -c 'echo begun; exec sleep 7654' <<-'EOF'
	raw
	expect begun
	hangup
	end 129
	EOF
	eventually fails grep -l 7654 /proc/[0-9]*/cmdline
}

# One of input and output is a file: the terminal stays as it is.
case_output_to_a_pipe() {
	ready standard
	terminal sh -c 'berthctl exec standard sh -c "[ -t 0 ] && [ ! -t 1 ] && [ -t 2 ] && echo to-the-screen >&2 && read x && echo to-the-pipe got-\$x" | tr a-z A-Z; echo "over"' <<-'EOF'
	expect to-the-screen
	cooked
	send typed\r
	expect typed
	expect TO-THE-PIPE GOT-TYPED
	expect over
	end 0
	EOF
}
case_lines_end_with_a_key() {
	ready standard
	terminal sh -c 'berthctl exec standard cat | sed s/^/out:/' <<-'EOF'
	cooked
	send one\rtwo
	send \x04
	send \x04
	expect out:one
	expect out:two
	end 0
	EOF
}
case_a_pager_has_its_keys() {
	ready standard
	terminal sh -c 'berthctl exec standard sh -c "seq 1 100; sleep 1000" | (stty raw -echo </dev/tty; echo pager; dd bs=1 count=3 </dev/tty 2>/dev/null | sed "s/^/keys:/"; stty sane </dev/tty; echo paged; kill -INT 0)' <<-'EOF'
	expect pager
	send a
	send b
	send c
	expect keys:abc
	expect paged
	EOF
}
case_input_from_a_pipe() {
	ready standard
	terminal sh -c 'echo from-the-pipe | berthctl exec standard sh -c "[ ! -t 0 ] && [ -t 1 ] && cat && stty size <&1"' <<-'EOF'
	expect from-the-pipe
	expect 24 80
	end 0
	EOF
	terminal sh -c 'echo | berthctl exec standard sh -c "echo begun; exec sleep 1000"; echo status-$?' <<-'EOF'
	expect begun
	cooked
	send \x03
	expect 
	end 130
	EOF
}
case_no_terminal_at_all() {
	ready standard
	is "$(echo text | berthctl exec standard sh -c 'cat; [ ! -t 0 ] && [ ! -t 1 ]; echo $?' 2>&1)" 'text
0'
	fails berthctl exec standard sh -c 'echo >/dev/tty'
	status 3 sh -c 'printf 123 | berthctl exec standard sh -c "exit \$(wc -c)"'
}

# Nothing of the caller's terminal is inside, nor anything that is typed into it.
case_the_callers_terminal_is_out_of_reach() {
	for unit in none standard full; do
		ready $unit
		terminal sh -c "berthctl exec $unit /tests/bin/attack terminal </dev/null 2>&1 | cat; echo tried-\$((1+2)); read -t 1 line; echo \"read:\$line.\"" <<-'EOF'
		expect tried-3
		expect read:.
		EOF
		terminal sh -c "berthctl exec $unit /tests/bin/attack terminal; echo tried-\$((1+2)); read -t 1 line; echo \"read:\$line.\"" <<-'EOF'
		expect tried-3
		expect read:.
		EOF
	done
}

case_wrong_input() {
	status 5 berthctl exec nosuchunit true
	berthctl stop none
	status 3 berthctl exec none true
	ready none
	for how in '' terminal; do
		echo 'end 127' >$T/end
		[ "$how" ] || status 127 berthctl exec none nosuchcommand
		[ ! "$how" ] || terminal berthctl exec none nosuchcommand <$T/end
		echo 'end 126' >$T/end
		[ "$how" ] || status 126 berthctl exec none /etc/passwd
		[ ! "$how" ] || terminal berthctl exec none /etc/passwd <$T/end
	done
}
case_the_units_limit_of_tasks_holds() {
	ready crowded
	status 1 berthctl exec crowded true
	berthctl exec crowded true 2>&1 | grep 'TasksMax='
}
case_a_delegated_cgroup() {
	ready deeper
	wait_log deeper moved
	like "$(berthctl exec deeper cat /proc/self/cgroup)" '*/deeper.service/below'
}
