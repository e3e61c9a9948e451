struct Kept {
    virtual ~Kept() {}
    virtual int number() { return 0; }
};
struct KeptChild : Kept {
    int number() override { return 8; }
};
/* No key function: its vtable is emitted in every file that needs it, with or without RTTI. */
struct Lone {
    virtual ~Lone() {}
    virtual int number() { return 4; }
};
template <class T> struct Pair {
    T first;
    virtual ~Pair() {}
    virtual T get() { return first; }
};
Kept *make_kept(int child);
Lone *make_without();
Lone *make_derived();
int pair_without();
int pair_with();
int sum_pairs();
void throw_kept();
