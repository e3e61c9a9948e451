/* typeid(*p).name() by hand, in a language that has no typeid: nothing finds it. */
const char *name_of(void ***p)
{
    return ((const char **)(*p)[-1])[1];
}
