/* Returned through a hidden first argument. */
struct Text {
    char text[64];
};
struct First {
    virtual ~First();
};
struct Second {
    virtual ~Second();
};
struct Silent {
    virtual ~Silent();
    Text missing(const Second &) const;
};
First *make_first();
Second *make_second();
Silent *make_silent();
Text free_function(const First &, const Second &);
