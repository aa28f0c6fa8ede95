# When the machine went down the swap was there as long as services ran, then it was switched off by its unit.
case_service_had_it() { grep '## at stop: 1' "$console"; }
case_switched_off_in_order() { sed -n '/stopped *user.service/,$p' "$console" | grep -E 'stopped +dev-vda.swap'; }
