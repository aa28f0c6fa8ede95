# A service that has been taken over tries all of tests/attack/attack.def: in none, to see that the test can fail, in standard
# and in full, where nothing may go through. docs/ATTACKS.md is the table of it.
prepare() {
	cp /tests/bin/suid-id /tests/suid-id
	chmod 4755 /tests/suid-id
	echo "VICTIM_PID=$(prop victim MainPID)" >/run/tests/victim.env
}
# attack PROFILE: what became of each, into $T/PROFILE
attack() { berthctl start "$1"; berthctl logs -o cat -n 100000 "$1" | grep '^attack' >$T/"$1"; tail -n 1 $T/"$1" | grep '^attacks tried'; }
# denied PROFILE EXCEPTIONS: nothing else went through, and all were tried
denied() {
	attack "$1"
	while IFS= read -r line; do say "$line"; done <$T/"$1"
	is "$(sed -n 's/^attack \(.*\) OPEN$/\1/p' $T/"$1")" "$2"
	fails grep hung $T/"$1"
	is "$(grep -c '^attack [^ ]* denied' $T/"$1")" "$(attack_list | grep -cvFw "${2:-nothing}")"
}
attack_list() { /tests/bin/attack list; }

case_the_neighbour_is_there() { prepare; wait_log victim here; }
case_at_least_sixty() { [ "$(attack_list | wc -l)" -ge 60 ]; }
case_none_is_open() {
	attack none
	while IFS= read -r line; do say "$line"; done <$T/none
	attack_list | while read -r name want; do
		case $want in
		OPEN | FULL) grep -qx "attack $name OPEN" $T/none || echo "$name" ;;
		SHUT) grep -q "^attack $name denied" $T/none || echo "$name" ;;
		SKIP) grep -qx "attack $name skipped" $T/none || echo "$name" ;;
		esac
	done >$T/unexpected
	is "$(cat $T/unexpected)" ''
}
case_standard_is_shut() { denied standard "$(attack_list | sed -n 's/ FULL$//p')"; }
case_full_is_shut() { denied full ''; }
case_the_machine_is_well() { berthctl is-active victim; is "$(logs victim)" here; }
