reap_unit_test(cmdline)
reap_unit_test(response)
reap_unit_test(rules)
reap_unit_test(option_table)
