struct driver {
    const char *name;
    struct driver *next;
};
void register_driver(struct driver *d);
struct driver *first_driver(void);
