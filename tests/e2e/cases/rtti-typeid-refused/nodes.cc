// cflags-here: -O2 -ffunction-sections -fdata-sections -I$CASE
#include "../rtti-typeid/nodes.cc"
