foreach(test elf_file elf_bad elf_dynamic elf_contents archive emit)
  reap_unit_test(${test})
  target_compile_definitions(test_${test} PRIVATE TEST_CC="${CMAKE_C_COMPILER}")
endforeach()
