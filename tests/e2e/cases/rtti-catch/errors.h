#include <exception>
struct Error {
    virtual ~Error();
    virtual int code() const;
};
struct IoFailure : Error {
    int code() const override;
};
struct Virtual {
    int tag = 1;
    virtual ~Virtual();
};
void fail(int n);
void fail_with_pointer();
void fail_with_virtual_base();
int call_plain();
std::exception_ptr made_without_throw();
