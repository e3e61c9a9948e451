reap_unit_test(access)
reap_unit_test(arch)
