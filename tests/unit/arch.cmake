reap_unit_test(arch)
