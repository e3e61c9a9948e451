reap_unit_test(options)
reap_unit_test(run)
add_test(NAME unit.driver COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/driver.sh $<TARGET_FILE:ld_reap>)
add_test(NAME unit.front COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/front.sh ${CMAKE_BINARY_DIR})
