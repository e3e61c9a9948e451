// The same program as rtti-typeid, linked with a promise that it breaks: that no typeid of an object
// is live. What is done with the loaded slot gives it away, and the promise is refused.
// option: assume=no-typeid-deref
// link: $CXX *.o -static -o $OUT
// output: 4Leaf 1 5Other 1 0 P4Node P9Forgotten null 3 types 1 2 3 -
// keep: _ZTI4Node _ZTI4Leaf _ZTI5Other _ZTS5Other _ZTI5Third _ZTS5Third
// cflags-here: -O0 -I$CASE
#include "../rtti-typeid/main.cc"
