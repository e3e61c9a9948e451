reap_unit_test(access)
reap_unit_test(arch)
reap_unit_test(decode)
