template <class T> __attribute__((noinline)) T twice(T x)
{
    static T zero;
    return x + x + zero;
}
