reap_unit_test(image_fill)
target_compile_definitions(test_image_fill PRIVATE TEST_CC="gcc")
reap_unit_test(image_model)
target_compile_definitions(test_image_model PRIVATE TEST_CC="gcc")
