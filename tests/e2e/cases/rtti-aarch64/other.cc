#include "../rtti-shapes/other.cc"
