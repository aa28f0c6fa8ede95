# What services write is there from the first byte, and stays.
case_first_byte() { is "$(logs first)" "the very first byte"; }

case_both_streams_and_the_unfinished_line() {
	wait_log both 'no newline'
	logs both | grep -qx 'to stdout'
	logs both | grep -qx 'to stderr'
}

case_levels() {
	berthctl start levels verbatim
	is "$(logs levels)" "an error
plain"
	like "$(berthctl logs -o json levels | grep '"plain"')" '*"PRIORITY":"5"*'
	is "$(logs verbatim)" "<3>kept"
	like "$(berthctl logs -o json verbatim | grep kept)" '*"PRIORITY":"4"*'
}
case_priority_prefix() {
	is "$(berthctl logs -p err -o cat both)" "this is bad"
	berthctl logs -o json both | grep '"PRIORITY":"3".*this is bad'
}

case_control_characters_do_not_reach_the_terminal() {
	is "$(berthctl logs -o short both | grep -c "$(printf '\033')")" 0
	berthctl logs -o short both | grep 'red'
}

case_null_is_null() { is "$(logs silent)" ""; }

case_lines_carry_time_unit_and_pid() {
	berthctl logs -o json first | grep '"__REALTIME_TIMESTAMP":"[0-9]*"' | grep '"_SYSTEMD_UNIT":"first.service"' | grep '"_PID":"[0-9]*"'
}

# Many at once: their ends are often heard of before their last words.
case_last_words_are_still_its_own() {
	local i units=
	for i in $(seq 1 30); do units="$units last@$i.service"; done
	# shellcheck disable=SC2086
	berthctl start $units
	for i in $(seq 1 30); do
		berthctl logs -o json last@$i | grep -q "\"_PID\":\"[0-9]*\".*last words" || return 1
	done
}

case_last_lines_only() { is "$(berthctl logs -n 1 -o cat both | wc -l)" 1; }

case_files_hold_what_the_ring_holds() {
	# the writer is a process of its own: it gets there in its own time
	eventually grep -q -a -r 'the very first byte' /var/log/berth
	ls -l /var/log/berth
}

case_writer_is_not_root() {
	is "$(sed -n 's/^Name:\t//p' /proc/$(prop berth-log MainPID)/status)" berth-log
	fails is "$(awk '/^Uid:/ { print $2 }' /proc/$(prop berth-log MainPID)/status)" 0
}

case_killed_writer_comes_back_and_nothing_is_lost() {
	berthctl start counter
	for n in 500 1500 2500; do
		wait_log counter "line $n\$" >/dev/null
		wait_event berth-log '(running)' kill -KILL "$(prop berth-log MainPID)"
	done
	wait_log counter 'line 3000$' >/dev/null
	logs counter | awk '$2 != NR { print "line " NR " is: " $0; exit 1 } END { exit NR != 3000 }'
	eventually grep -q -a -r 'line 3000' /var/log/berth
}

case_flood_ends_and_the_machine_goes_on() {
	berthctl start flood
	wait_log flood 'the end$'
	berthctl is-active flood first
	is "$(logs first)" "the very first byte"
}

# Nobody waits for a writer that stands still but who floods: not a line is lost, of the flood's neither.
unwritten() { [ "$(cut -d. -f1 /proc/uptime)" -ge "$1" ]; }
case_stopped_writer_is_waited_for_by_the_flood() {
	pid=$(prop berth-log MainPID)
	kill -STOP "$pid"
	berthctl start --no-block torrent
	eventually unwritten $(($(cut -d. -f1 /proc/uptime) + 5))
	berthctl start quiet
	wait_log quiet 'little to say'
	is "$(prop torrent SubState)" start
	kill -CONT "$pid"
	wait_state torrent inactive
	eventually grep -q -a -r 'line 30000' /var/log/berth
	wait_log quiet 'little to say'
	logs torrent | awk '$2 != NR { print "line " NR " is: " $0; exit 1 } END { exit NR != 30000 }'
	fails grep -a -r 'lines lost' /var/log/berth
}

case_very_long_line() {
	berthctl start long
	wait_log long 'after the long one'
	between 100000 $(logs long | grep x | tr -d '\n' | wc -c) 101000
}

case_unknown_unit_has_no_lines() { is "$(berthctl logs -o cat nosuchunit)" ""; }
