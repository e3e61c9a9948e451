# The inputs of these tests are made by gcc, whatever builds Reap: clang shares one string table and
# adds .llvm_addrsig, which eu-elflint does not know.
foreach(test elf_file elf_bad elf_dynamic elf_contents archive emit)
  reap_unit_test(${test})
  target_compile_definitions(test_${test} PRIVATE TEST_CC="gcc")
endforeach()
reap_unit_test(elf_oom)
target_compile_definitions(test_elf_oom PRIVATE TEST_CC="gcc")
target_link_options(test_elf_oom PRIVATE
  -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc)
