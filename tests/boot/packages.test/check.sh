# Services of Debian's packages, by the unit files that the packages ship, as they are: foreign units, so nothing of them is
# isolated beyond what they ask for. Users and directories are what the packages' maintainer scripts would have made.
# started UNIT PATTERN: by hand, as a package's script would; told in full when it fails
started() { berthctl start "$1" || { berthctl logs "$1"; return 1; }; is "$(prop "$1" ActiveState)" active; }
# ask HOST PORT BYTES: what the other end answers, until it closes or has said nothing for 5 s
ask() { printf "$3" | nc -w 5 "$1" "$2"; }

case_prepare() {
	mkdir -p /var/www/html /var/lib/redis /var/log/redis /var/log/nginx /var/lib/nginx /var/lib/mosquitto /var/lib/unbound /var/lib/chrony /var/log/chrony /var/lib/misc
	chown redis:redis /var/lib/redis /var/log/redis /etc/redis/redis.conf
	chown mosquitto /var/lib/mosquitto
	chown unbound /var/lib/unbound
	echo 'lighttpd answers' >/var/www/html/index.html
	chmod -R a+rX /var/www
	cp /usr/share/chrony/chrony.conf /etc/chrony/chrony.conf
	chown _chrony:_chrony /var/lib/chrony /var/log/chrony
	cp /usr/share/openssh/sshd_config /etc/ssh/sshd_config
	ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
	# host keys of dropbear's own are made by the package's script, too
	dropbearkey -t ed25519 -f /etc/dropbear/dropbear_ed25519_host_key
}
case_units_are_unmodified() { for unit in redis-server nginx lighttpd mosquitto dnsmasq unbound ssh ssh.socket dropbear; do like "$(prop $unit FragmentPath)" '/lib/systemd/system/*'; is "$(prop $unit DropInPaths)" ''; done; }
case_nginx() { started nginx; is "$(wget -q -O - http://127.0.0.1:8080/)" 'nginx answers'; before=$(prop nginx MainPID); berthctl reload nginx; is "$(prop nginx MainPID)" "$before"; berthctl stop nginx; fails wget -q -O - http://127.0.0.1:8080/; }
case_lighttpd() { started lighttpd; eventually wget -q -O /dev/null http://127.0.0.1:8081/index.html; is "$(wget -q -O - http://127.0.0.1:8081/index.html)" 'lighttpd answers'; }
# Type=notify in a user namespace, with every directive of its sandbox
case_redis() {
	started redis-server
	is "$(ask 127.0.0.1 6379 'PING\r\nSET k value\r\nGET k\r\nQUIT\r\n' | tr -d '\r' | tr '\n' ,)" '+PONG,+OK,$5,value,+OK,'
	is "$(sed 's/^ *//; s/  */ /g' "/proc/$(prop redis-server MainPID)/uid_map" | tr '\n' ,)" '0 0 1,101 101 1,'
	is "$(proc_status redis-server CapBnd) $(proc_status redis-server Seccomp)" '0000000000000000 2'
	is "$(stat -c %U:%a /run/redis)" redis:2755
	berthctl restart redis-server
	is "$(ask 127.0.0.1 6379 'PING\r\nQUIT\r\n' | tr -d '\r' | tr '\n' ,)" '+PONG,+OK,'
	berthctl stop redis-server
	is "$(prop redis-server Result)" success
}
# a CONNECT of MQTT 3.1.1, and its CONNACK
case_mosquitto() { started mosquitto; is "$(ask 127.0.0.1 1883 '\020\014\000\004MQTT\004\002\000\074\000\000' | od -An -tx1 | tr -d ' \n')" 20020000; }
case_dnsmasq() { started dnsmasq; nslookup dnsmasq.test 127.0.0.1 | grep 192.0.2.1; }
case_unbound() { started unbound; nslookup unbound.test 127.0.0.2 | grep 192.0.2.2; }
case_memcached() {
	started memcached
	eventually nc -w 5 127.0.0.1 11211 </dev/null
	like "$(ask 127.0.0.1 11211 'version\r\nquit\r\n')" 'VERSION 1.*'
	is "$(ask 127.0.0.1 11211 'set k 0 0 5\r\nvalue\r\nget k\r\nquit\r\n' | tr -d '\r' | tr '\n' ,)" 'STORED,VALUE k 0 5,value,END,'
}
case_chrony() {
	started chrony
	chronyc -n -h 127.0.0.1 tracking | grep 'Reference ID'
}
case_openssh() { started ssh; like "$(ask 127.0.0.1 22 '' | head -n 1)" 'SSH-2.0-OpenSSH_*'; }
case_dropbear() { started dropbear; eventually nc -w 5 127.0.0.1 2222 </dev/null; like "$(ask 127.0.0.1 2222 '' | head -n 1)" 'SSH-2.0-dropbear*'; }
# Its timer has a random delay of up to five minutes: one of seconds is waited for. Then it takes the minute of AccuracySec=.
case_anacron_by_its_timer() {
	mkdir -p /var/spool/anacron /var/lib/berth/timers
	echo '1 0 proof touch /run/anacron-ran' >/etc/anacrontab
	date -s '2027-01-01 12:00'
	touch -d '2027-01-01 11:45' /var/lib/berth/timers/stamp-anacron.timer
	eventually has_short_delay
	like "$(prop anacron.timer FragmentPath) $(prop anacron.timer DropInPaths)" '/lib/systemd/system/anacron.timer '
	date -s '2027-01-01 12:30'
	eventually [ -e /run/anacron-ran ] || eventually [ -e /run/anacron-ran ]
	like "$(berthctl list-timers --no-legend anacron.timer)" '*2027-01-01 13:3?:?? UTC*2027-01-01 12:3?:?? UTC*anacron.timer anacron.service'
}
has_short_delay() { berthctl restart anacron.timer; like "$(prop anacron.timer NextElapseUSecRealtime)" 'Fri 2027-01-01 12:30:[01]? UTC'; }
case_openssh_by_its_socket() {
	berthctl stop ssh
	started ssh.socket
	is "$(prop ssh.socket SubState) $(prop ssh ActiveState)" 'listening inactive'
	like "$(ask 127.0.0.1 22 '' | head -n 1)" 'SSH-2.0-OpenSSH_*'
	is "$(prop ssh.socket SubState) $(prop ssh SubState)" 'running running'
	like "$(ask 127.0.0.1 22 '' | head -n 1)" 'SSH-2.0-OpenSSH_*'
}
# isolated, a process for each connection
case_dropbear_for_each_connection() {
	started dropbear-inetd.socket
	for i in 1 2 3; do like "$(ask 127.0.0.1 2223 '' | head -n 1)" 'SSH-2.0-dropbear*'; done
	is "$(prop dropbear-inetd.socket NAccepted) $(prop dropbear-inetd.socket NRefused)" '3 0'
	berthctl stop dropbear-inetd.socket
}
case_all_is_well() { berthctl --failed list | grep '^0 units'; for unit in lighttpd mosquitto dnsmasq unbound ssh; do is "$(prop $unit SubState)" running; berthctl stop $unit; is "$(prop $unit Result)" success; done; }
