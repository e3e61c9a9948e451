#include "../rtti-shapes/forms.cc"
