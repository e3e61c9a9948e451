#define SEEN __attribute__((visibility("default")))
struct SEEN LibError {
    virtual ~LibError();
    virtual int code() const;
};
struct SEEN Filter {
    virtual ~Filter();
    virtual int apply(int x);
};
/* Not exported by the library: each module has its own copy of the typeinfo. */
struct Figure {
    virtual ~Figure() {}
    virtual int corners() { return 0; }
};
struct Round : Figure {
    int corners() override { return 1; }
};
struct Angled : Figure {
    int corners() override { return 4; }
};
SEEN void library_throws();
SEEN int library_catches(void (*f)());
SEEN int is_round(Figure *);
SEEN int is_filter(Filter *);
SEEN int run_filter(Filter *, int);
