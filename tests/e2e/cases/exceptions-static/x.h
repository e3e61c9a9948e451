extern bool cleaned;
extern "C" void middle(int);
void throw_derived();
struct Base {
    virtual const char *name() const;
    virtual ~Base();
};
