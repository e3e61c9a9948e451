reap_unit_test(eh_frame)
