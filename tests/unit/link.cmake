reap_unit_test(cmdline)
reap_unit_test(cmdline_inputs)
reap_unit_test(response)
reap_unit_test(rules)
reap_unit_test(option_table)
reap_unit_test(script)
reap_unit_test(script_match)
reap_unit_test(version_script)
reap_unit_test(brackets)
reap_unit_test(resolve)

# The resolver against the linkers that are installed.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
add_executable(print_resolution ../tools/print_resolution.c)
target_include_directories(print_resolution PRIVATE ${CMAKE_SOURCE_DIR}/lib)
target_link_libraries(print_resolution PRIVATE libreap)
set(tools ${CMAKE_CURRENT_SOURCE_DIR}/../tools)
add_test(NAME resolution.real COMMAND ${Python3_EXECUTABLE} ${tools}/real_resolution.py
  --tool $<TARGET_FILE:print_resolution>)
add_test(NAME resolution.fuzz COMMAND ${Python3_EXECUTABLE} ${tools}/fuzz_resolution.py
  --tool $<TARGET_FILE:print_resolution> --seed 1 --count 20
  --keep ${CMAKE_CURRENT_BINARY_DIR}/fuzz)
add_test(NAME slow.resolution COMMAND ${Python3_EXECUTABLE} ${tools}/real_resolution.py
  --tool $<TARGET_FILE:print_resolution> --llvm)
set_tests_properties(resolution.real resolution.fuzz PROPERTIES LABELS unit TIMEOUT 300)
set_tests_properties(slow.resolution PROPERTIES LABELS slow TIMEOUT 900)
