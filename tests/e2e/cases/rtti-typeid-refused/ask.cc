// cflags-here: -Os -ffunction-sections -fdata-sections -I$CASE
#include "../rtti-typeid/ask.cc"
