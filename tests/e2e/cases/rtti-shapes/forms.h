int multiple();
int virtuals();
int constructed();
int locals();
int anonymous();
int templates();
int privates();
int plains();
template <class T> struct Box {
    T v;
    explicit Box(T x) : v(x) {}
    virtual ~Box() {}
    virtual long get() const { return static_cast<long>(v); }
};
template <class T> struct PlainBox {
    T v;
    explicit PlainBox(T x) : v(x) {}
    virtual ~PlainBox() {}
    virtual long get() const { return static_cast<long>(v); }
};
/* The same template, instantiated in two files. */
PlainBox<int> *other_plain_box();
int is_int_box(Box<long> *);
