reap_unit_test(eh_frame)
reap_unit_test(record)
