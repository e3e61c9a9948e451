reap_unit_test(rewrite)
