# Socket units: what they listen on, what their services are handed, and what becomes of both.
talk() { timeout 30 /tests/bin/talk "$@"; }
triggered() { logs "$1" | grep -c '^fds ' || true; }

case_listening_before_the_service_runs() {
	for unit in kinds echo; do is "$(prop $unit.socket SubState)" listening; done
	is "$(prop echo.service ActiveState)" inactive
	is "$(prop echo.socket Triggers)" echo.service
}

case_files_have_mode_and_owner() {
	like "$(stat -c '%a %U %G' /run/kinds/stream)" '620 daemon berth'
	like "$(stat -c '%a %U %G' /run/kinds/fifo)" '620 daemon berth'
	is "$(stat -c '%a' /run/kinds)" 711
	is "$(stat -c '%a' /run/echo)" 666
	is "$(readlink /run/echo-link)" /run/echo
}

case_a_packet_starts_the_service_with_all_sockets_in_order() {
	wait_event kinds.service '(running)' talk datagram /run/kinds/datagram x
	is "$(prop kinds.socket SubState)" running
	wait_log kinds '^12 '
	logs kinds >$T/kinds
	is "$(head -n 1 $T/kinds)" "fds 10 pid mine names $(yes kinds.socket | head -n 10 | tr '\n' : | sed 's/:$//')"
	is "$(sed -n '2,11s/^[0-9]* \([a-z]*\) .*/\1/p' $T/kinds | tr '\n' ' ')" \
		"stream datagram seqpacket stream fifo stream datagram stream raw file "
	fails grep 'is open' $T/kinds
	fails grep nonblocking $T/kinds
}

case_special_file() {
	berthctl start special.socket
	wait_log special '^3 file-rw'
	status 1 berthctl start regular.socket
	told regular.socket | grep 'regular.socket:2: /etc/passwd: waiting for it: Operation not permitted'
	is "$(prop regular.socket Result)" resources
}

case_echo_answers_again_and_again() {
	for i in 1 2 3; do
		is "$(talk stream /run/echo "stream $i")" "hello stream $i"
		wait_state echo.service inactive
		is "$(echo "tcp $i" | nc 127.0.0.1 4010)" "hello tcp $i"
		wait_state echo.service inactive
	done
	is "$(prop echo.socket SubState)" listening
	is "$(logs echo | head -n 1)" "fds 2 pid mine names echo:echo"
	is "$(triggered echo)" 6
}

case_who_comes_before_the_service_runs_is_answered() {
	mkfifo /run/early.go
	berthctl start early.socket
	talk stream /run/early first >$T/early &
	pid=$!
	wait_state early.service activating
	echo go >/run/early.go
	wait $pid
	is "$(cat $T/early)" "hello first"
	wait_state early.service inactive
}

case_isolated_service_has_the_hosts_socket() {
	berthctl start isolated.socket
	is "$(echo me | nc 127.0.0.1 4020)" "hello me"
	fails is "$(readlink /proc/self/ns/net)" "$(prop server NetworkNamespace)"
	is "$(logs server | head -n 2 | tr '\n' ,)" "fds 1 pid mine names isolated.socket,3 stream nonblocking,"
}

case_socket_options() {
	logs server >$T/options
	for want in keepalive=1 idle=77 interval=7 probes=5 nodelay=1 defer=3 priority=3 mark=5 receive=98304 send=98304 tos=16 \
		class=16 ttl=33 hops=33 freebind6=1 reuseport=1 v6only=0 device=lo congestion=reno backlog=7; do
		grep -x "3 $want" $T/options
	done
}

case_further_options() {
	berthctl start further.socket
	talk datagram /run/further x
	wait_log further '^7 queue'
	logs further >$T/options
	for want in '3 passcred=1' '3 passsec=1' '3 stampns=1' '4 broadcast=1' '4 pktinfo=1' '4 transparent=1' '4 freebind=1' '4 stampns=1' \
		'4 protocol=136' '5 protocol=136' '5 pktinfo6=1' '5 v6only=1' '6 pipe=8192' '7 queue=7x333'; do
		grep -x "$want" $T/options
	done
}

answers() { is "$(echo x | nc "$1" "$2")" 'hello x'; }
case_bind_ipv6_only() {
	berthctl start six.socket
	answers ::1 4050
	fails answers 127.0.0.1 4050
	echo 1 >/proc/sys/net/ipv6/bindv6only
	berthctl start four-and-six.socket only-as-the-kernel-says.socket
	echo 0 >/proc/sys/net/ipv6/bindv6only
	answers 127.0.0.1 4051
	fails answers 127.0.0.1 4052
	answers ::1 4052
}

case_socket_stays_while_the_service_restarts() {
	wait_event server.service '(running)' berthctl kill -s KILL server.service
	is "$(prop isolated.socket SubState)" running
	is "$(echo again | nc 127.0.0.1 4020)" "hello again"
	berthctl restart server.service
	is "$(echo third | nc 127.0.0.1 4020)" "hello third"
}

case_stop_of_the_socket_leaves_the_service() {
	berthctl stop isolated.socket
	is "$(prop isolated.socket ActiveState)" inactive
	is "$(prop server SubState)" running
	is "$(echo still | nc 127.0.0.1 4020)" "hello still"
	status 1 berthctl start isolated.socket
	told isolated.socket | grep 'server.service is active already'
	berthctl stop server.service
	fails nc 127.0.0.1 4020 </dev/null
	berthctl start isolated.socket
	is "$(echo back | nc 127.0.0.1 4020)" "hello back"
}

case_stop_of_the_service_leaves_the_socket() {
	berthctl stop server.service 2>$T/stop
	is "$(tr -s '\n ' ' ' <$T/stop)" 'Warning: Stopping server.service, but it can still be activated by: isolated.socket '
	is "$(prop isolated.socket SubState)" listening
	is "$(echo woken | nc 127.0.0.1 4020)" "hello woken"
}

case_service_that_takes_nothing_is_not_started_for_ever() {
	berthctl start quits.socket
	/tests/bin/talk hold /run/quits 1 >$T/hold &
	pid=$!
	wait_state quits.socket failed
	kill $pid
	is "$(prop quits.socket Result)" trigger-limit-hit
	is "$(triggered quits)" 7
	told quits.socket | grep 'activated too often'
	berthctl reset-failed quits.socket
	is "$(prop quits.socket ActiveState)" inactive
}

case_start_limit_of_the_service_fails_the_socket() {
	berthctl start limited.socket
	/tests/bin/talk hold /run/limited 1 >$T/hold &
	pid=$!
	wait_state limited.socket failed
	kill $pid
	is "$(prop limited.socket Result)" service-start-limit-hit
}

case_commands_and_removal() {
	berthctl start commands.socket
	is "$(logs commands.socket | tr '\n' ,)" pre,post,
	is "$(prop commands.socket SubState)" listening
	berthctl stop commands.socket
	is "$(logs commands.socket | tr '\n' ,)" pre,post,stop-pre,stop-post,
	fails test -e /run/commands
	berthctl stop echo.socket
	test -S /run/echo
	berthctl start echo.socket
}

case_failures_say_what_and_where() {
	status 1 berthctl start taken.socket
	is "$(prop taken.socket Result)" resources
	told taken.socket | grep 'taken.socket:2: 127.0.0.1:4010: bind: Address in use'
	status 1 berthctl start nouser.socket
	told nouser.socket | grep "nouser.socket:3: SocketUser: user 'nobody-of-this-name' is unknown"
	fails test -e /run/nouser
}

case_commands_have_their_time() {
	before=$(uptime_ms)
	status 1 berthctl start late.socket
	between 1000 $(($(uptime_ms) - before)) 6000
	is "$(prop late.socket Result)" timeout
	fails test -e /run/late
}

case_flush_pending() {
	berthctl start flush.socket
	/tests/bin/talk hold /run/flush 3 >$T/hold &
	pid=$!
	wait_log flush '^3 stream'
	berthctl stop flush.service
	is "$(prop flush.socket SubState)" listening
	is "$(prop flush.service ActiveState)" inactive
	is "$(triggered flush)" 1
	kill $pid
}

case_single_socket_as_standard_input() {
	berthctl start inetd.socket
	/tests/bin/talk hold /run/inetd 1 >$T/hold &
	pid=$!
	wait_log inetd 'from stream LISTEN_FDS -'
	kill $pid
	berthctl stop inetd.socket
}

case_sockets_of_one_service() {
	berthctl start pair.service
	is "$(prop one.socket SubState)" running
	wait_log pair '^4 stream'
	is "$(logs pair | head -n 1)" "fds 2 pid mine names first:second"
	is "$(talk stream /run/two 2)" "hello 2"
}

case_accept_gives_each_connection_a_service() {
	berthctl start inet.socket
	for i in 1 2 3 4 5 6 7 8; do
		is "$(printf 'number %s' $i | nc 127.0.0.1 4030)" \
			"hello number $i from connection LISTEN_FDS - REMOTE_ADDR 127.0.0.1"
	done
	eventually is "$(prop inet.socket NConnections)" 0
	is "$(prop inet.socket NAccepted) $(prop inet.socket NRefused)" "8 0"
	is "$(prop inet.socket SubState)" listening
}

case_connections_use_units_again() {
	berthctl list --all --no-legend 'inet@*' >$T/units
	between 1 "$(wc -l <$T/units)" 3
	is "$(prop inet@0.service Description)" 'Place 0'
}

case_connections_at_once_and_their_limit() {
	berthctl start few.socket
	/tests/bin/talk hold /run/few 3 >$T/hold &
	pid=$!
	wait_log few@2 '^3 connection'
	is "$(prop few.socket NConnections)" 3
	for i in 0 1 2; do
		is "$(prop few@$i SubState)" running
		is "$(logs few@$i | tr '\n' ,)" "fds 1 pid mine names connection,3 connection blocking,"
	done
	fails talk packets @few x
	is "$(prop few.socket NRefused)" 1
	told few.socket | grep 'refused: there are MaxConnections= already'
	berthctl stop few@1
	is "$(prop few.socket NConnections)" 2
	kill $pid
}

case_connections_outlive_their_socket() {
	berthctl stop few.socket
	is "$(prop few@0 SubState)" running
	berthctl stop few@0 few@2
	is "$(prop few.socket NConnections)" 0
}

case_connections_per_source() {
	berthctl start persource.socket
	/tests/bin/talk hold /run/persource 3 >$T/hold &
	pid=$!
	eventually sh -c '[ "$(berthctl show -p NRefused --value persource.socket)" = 1 ]'
	is "$(prop persource.socket NConnections)" 2
	kill $pid
	berthctl stop persource.socket persource@0 persource@1
}

case_accept_without_template() {
	status 1 berthctl start orphan.socket
	told orphan.socket | grep 'orphan@0.service is not loaded'
}

case_list_sockets() {
	berthctl list-sockets >$T/list
	head -n 1 $T/list | grep 'LISTEN *UNIT *ACTIVATES'
	grep '^127.0.0.1:4010 *echo.socket *echo.service$' $T/list
	grep '^4030 *inet.socket *inet@0.service$' $T/list
	fails grep limited.socket $T/list
	berthctl list-sockets --json | grep '{"listen":"/run/kinds/fifo","type":"FIFO","unit":"kinds.socket","activates":"kinds.service"}'
	is "$(prop echo.socket ListenStream)" "$(prop echo.socket Listen)"
	is "$(prop echo.socket Listen | tr '\n' ,)" '/run/echo (Stream),127.0.0.1:4010 (Stream),'
}

# descriptors and memory of PID 1
pid1_size() { ls /proc/1/fd | wc -l; sed -n 's/^VmData:[^0-9]*//p' /proc/1/status; }

case_pid_1_does_not_grow_with_connections() {
	berthctl start many.socket
	for i in $(seq 10); do talk stream /run/many x; done
	eventually sh -c '[ "$(berthctl show -p NConnections --value many.socket)" = 0 ]'
	before=$(pid1_size)
	for i in $(seq 100); do talk stream /run/many x; done >$T/many
	is "$(grep -c '^hello x' $T/many)" 100
	eventually sh -c '[ "$(berthctl show -p NConnections --value many.socket)" = 0 ]'
	is "$(pid1_size)" "$before"
}
