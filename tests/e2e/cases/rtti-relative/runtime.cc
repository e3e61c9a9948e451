#include "classes.h"
/* As much of the C++ runtime as single inheritance needs, for the relative layout (clang's
 * RelativeVTablesABI: offset to top at -8, distance to the proxy of the typeinfo at -4). */
namespace std {
class type_info {
  public:
    virtual ~type_info();
    const char *spelled;
};
type_info::~type_info() {}
}
void operator delete(void *) noexcept {}
void operator delete(void *, size_t) noexcept {}

namespace __cxxabiv1 {
class __class_type_info : public std::type_info {
  public:
    ~__class_type_info() override;
    virtual const __class_type_info *base() const;
};
class __si_class_type_info : public __class_type_info {
  public:
    ~__si_class_type_info() override;
    const __class_type_info *base() const override;
    const __class_type_info *parent;
};
__class_type_info::~__class_type_info() {}
__si_class_type_info::~__si_class_type_info() {}
const __class_type_info *__class_type_info::base() const
{
    return nullptr;
}
const __class_type_info *__si_class_type_info::base() const
{
    return parent;
}
extern "C" void *__dynamic_cast(const void *sub, const __class_type_info *, const __class_type_info *dst, ptrdiff_t)
{
    const char *vptr = *static_cast<const char *const *>(sub);
    const __class_type_info *t =
        *reinterpret_cast<const __class_type_info *const *>(vptr + reinterpret_cast<const int32_t *>(vptr)[-1]);
    while (t && t != dst)
        t = t->base();
    return t ? const_cast<void *>(sub) : nullptr;
}
}
