/* find_linker.h: the linker behind ld.reap. */
#ifndef REAP_FIND_LINKER_H
#define REAP_FIND_LINKER_H

#include "reap/reap.h"

/* Find the linker `name`: a path, or a name such as lld, lld-19, ld.lld-19, mold, bfd, gold, looked
 * for in PATH; NULL for the default (ld.lld, else ld). Links to and copies of ld.reap itself are
 * passed over. *ret_path is malloc'd. False, with a message through reap_print_diag, when there is
 * none. *ret_major: the major number of an lld's version, by its place (.../llvm-19/bin/lld) or its
 * --version; 0 for the others and when it does not say. */
bool find_linker(const char *name, char **ret_path, enum reap_linker *ret_flavor,
                 unsigned *ret_major);

#endif
