foreach(test elf_file elf_bad elf_dynamic elf_contents archive emit)
  reap_unit_test(${test})
  target_compile_definitions(test_${test} PRIVATE TEST_CC="${CMAKE_C_COMPILER}")
endforeach()
reap_unit_test(elf_oom)
target_compile_definitions(test_elf_oom PRIVATE TEST_CC="${CMAKE_C_COMPILER}")
target_link_options(test_elf_oom PRIVATE
  -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc)
