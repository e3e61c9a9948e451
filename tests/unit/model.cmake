reap_unit_test(model)
