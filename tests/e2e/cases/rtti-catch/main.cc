// Exceptions: caught by a base, by value, reference and pointer, in a function that rethrows, out of
// an exception_ptr, nested, from a function try block, and as the class of a member of a hierarchy
// that nothing else names. What is thrown names its typeinfo, so do handlers; classes that are
// neither thrown nor caught have theirs for nothing.
// link: $CXX *.o -static -o $OUT
// output: base 2 ref 3 value 1 pointer 2 void 1 rethrow 3 ptr 2 3 nested inner:outer function 1 int* 0 unknown 1 made 2 called 11
// keep: _ZTI5Error _ZTI9IoFailure _ZTI9DiskError _ZTS9DiskError _ZTI7Virtual _ZTI5Right
// drop: _ZTI5Plain _ZTS5Plain _ZTI10PlainChild _ZTS10PlainChild
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include "errors.h"

static int by_base()
{
    try {
        fail(2);
    } catch (const Error &e) {
        return e.code();
    }
    return -1;
}
static int by_ref_of_middle()
{
    try {
        fail(3);
    } catch (IoFailure &e) {
        return e.code();
    }
    return -1;
}
static int by_value()
{
    try {
        fail(3);
    } catch (Error e) { // sliced
        return e.code();
    }
    return -1;
}
static int by_pointer()
{
    try {
        fail_with_pointer();
    } catch (const IoFailure *) {
        return 1;
    } catch (Error *e) {
        int code = e->code();
        delete e;
        return code;
    }
    return -1;
}
static int by_void_pointer()
{
    try {
        fail_with_pointer();
    } catch (void *p) {
        delete static_cast<Error *>(p);
        return 1;
    }
    return -1;
}
static int rethrown()
{
    try {
        try {
            fail(3);
        } catch (...) {
            throw;
        }
    } catch (Error &e) {
        return e.code();
    }
    return -1;
}
static int from_ptr(std::exception_ptr p)
{
    try {
        std::rethrow_exception(p);
    } catch (const IoFailure &e) {
        return e.code();
    } catch (const Error &e) {
        return e.code();
    }
}
static std::exception_ptr keep(int n)
{
    try {
        fail(n);
    } catch (...) {
        return std::current_exception();
    }
    return nullptr;
}
static std::string nested()
{
    std::string all;
    try {
        try {
            throw std::runtime_error("inner");
        } catch (...) {
            std::throw_with_nested(std::logic_error("outer"));
        }
    } catch (const std::exception &e) {
        try {
            std::rethrow_if_nested(e);
        } catch (const std::exception &inner) {
            all = inner.what();
        }
        return all + ":" + e.what();
    }
    return all;
}
static int function_block()
try {
    fail_with_virtual_base();
    return 0;
} catch (Virtual &v) {
    return v.tag;
}
static int null_pointer()
{
    try {
        throw static_cast<int *>(nullptr);
    } catch (const int *p) {
        return p != nullptr;
    }
}
class Unknown; // never defined: its typeinfo is of the incomplete kind
static int pointer_to_unknown()
{
    try {
        throw static_cast<Unknown **>(nullptr);
    } catch (const IoFailure *) {
        return 0;
    } catch (Unknown *const *) {
        return 1;
    }
    return -1;
}
int main()
{
    std::printf("base %d ref %d value %d pointer %d void %d", by_base(), by_ref_of_middle(), by_value(), by_pointer(),
                by_void_pointer());
    int a = rethrown();
    std::exception_ptr two = keep(2), three = keep(3);
    std::printf(" rethrow %d ptr %d %d nested %s", a, from_ptr(two), from_ptr(three), nested().c_str());
    std::printf(" function %d int* %d unknown %d", function_block(), null_pointer(), pointer_to_unknown());
    std::printf(" made %d called %d\n", from_ptr(made_without_throw()), call_plain());
}
