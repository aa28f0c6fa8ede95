# shellcheck shell=sh
# Credentials and secrets: from where they come, who sees them, and who does not.
prepare() {
	mkdir -p /run/in/tree/below
	printf 'from a file' >/run/in/file
	printf one >/run/in/tree/a
	printf two >/run/in/tree/below/b
	berthctl start served.socket
}

refused() {
	status 1 berthctl start "$1"
	is "$(prop "$1" ExecMainStatus)" "$2"
	told "$1" | grep "$3"
	all_dead "$1"
	fails grep -e /run/credentials -e /run/secrets /proc/mounts
}

case_credentials_of_all_kinds() {
	prepare
	for i in none standard users; do
		berthctl start reader-$i
		wait_log reader-$i '^1$'
		is "$(logs reader-$i | tr '\n\t' ,_)" "from a file,file=from a file,replaced=by_default,socket=over the socket,stored=from the store,text=quite secret %d,tree_a=one,tree_below_b=two,500 1,400 1,400 1,read-only,1,"
	done
}

case_nobody_else_sees_them() {
	fails grep -e /run/credentials -e ramfs /proc/mounts
	is "$(ls /run/credentials)" ""
	fails grep -l ' /run/credentials' /proc/1/mountinfo
}

case_values_are_not_shown() {
	berthctl show reader-none -p SetCredential | grep '^SetCredential=replaced text$'
	fails sh -c 'berthctl show reader-none | grep secret'
	fails sh -c 'berthctl plan reader-none | grep "quite secret"'
	berthctl logs -o cat bad.service
	fails sh -c 'berthctl logs | grep verysecret'
}

case_a_second_command_enters_the_same() {
	is "$(inside reader-standard sh -c 'cat $CREDENTIALS_DIRECTORY/file')" "from a file"
}

case_they_go_with_the_service() {
	for i in none standard users; do
		pid=$(prop reader-$i MainPID)
		grep ' /run/credentials ' "/proc/$pid/mountinfo"
		berthctl stop reader-$i
		[ ! -e "/proc/$pid" ]
	done
}

case_secrets() {
	for i in none standard users; do
		berthctl start secret-$i
		wait_log secret-$i 440
		is "$(logs secret-$i | tr '\n' ,)" "env value,from the storefrom the store,400 1:1,440 0:1,"
		fails sh -c "berthctl show secret-$i | grep 'env value'"
	done
}

case_a_secret_at_a_path_of_its_own() {
	for i in none standard users full; do
		berthctl start placed-$i
		is "$(inside placed-$i cat /etc/placed.key)" "from the store"
		is "$(inside placed-$i stat -c %a:%u:%g /etc/placed.key)" "400:$(inside placed-$i sh -c 'echo $(id -u):$(id -g)')"
		fails inside placed-$i sh -c 'echo x >>/etc/placed.key'
		if [ $i != none ]; then
			is "$(inside placed-$i cat /opt/deep/token)" "env value"
			is "$(inside placed-$i stat -c %a:%u:%g /opt/deep/token)" 444:0:0
		fi
		# nobody else sees it, nor where it was meanwhile
		fails grep -q 'from the store' /etc/placed.key
		fails grep -q 'env value' /opt/deep/token
		fails grep ' /run/berth/layers ' "/proc/$(prop placed-$i MainPID)/mounts"
		is "$(ls -A /run/berth/layers)" ""
		fails sh -c "{ berthctl show placed-$i; berthctl plan placed-$i; berthctl logs placed-$i; } | grep -e 'env value' -e 'from the store'"
		berthctl restart placed-$i
		is "$(inside placed-$i cat /etc/placed.key)" "from the store"
		berthctl stop placed-$i
	done
	refused placed-badly 226 'placed-badly.service:5: Secret: step mounts: /etc/passwd/x: Not a directory'
}

case_a_secret_variable_reaches_the_health_of_a_joined_command() {
	is "$(tr '\0' '\n' <"/proc/$(prop secret-standard MainPID)/environ" | grep TOKEN)" "TOKEN=env value"
}

case_a_missing_file_is_status_243() { refused missing 243 'missing.service:4: LoadCredential: step credentials: x from /run/in/none: No such file'; }
case_a_missing_secret_is_status_243() { refused missing-secret 243 'missing-secret.service:5: Secret: step credentials: none from none: No such file'; }

case_more_than_a_mebibyte_is_too_much() {
	prepare
	head -c 1048577 /dev/zero >/run/in/large
	refused too-large 243 'LoadCredential: step credentials: x from /run/in/large: File too large'
	head -c 1048576 /dev/zero >/run/in/large
	berthctl start too-large
}

case_encrypted_ones_are_refused() {
	is "$(prop encrypted LoadState)" bad-setting
	berthctl status encrypted | grep 'LoadCredentialEncrypted.*systemd-creds'
}

case_a_bad_name_is_told_without_the_value() {
	is "$(prop bad LoadState)" bad-setting
	berthctl status bad | tee /dev/stderr | grep "SetCredential: what comes first is no name"
}
