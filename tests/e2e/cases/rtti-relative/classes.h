#include <stddef.h>
#include <stdint.h>
struct Asked {
    virtual int number() const;
};
struct Down : Asked {
    int number() const override;
};
struct Aside : Asked {
    int number() const override;
};
struct Plain {
    virtual int number() const;
};
struct PlainChild : Plain {
    int number() const override;
};
Asked *make_asked(int);
Plain *make_plain(int);
