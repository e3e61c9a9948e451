#include <stdio.h>

struct command {
    const char *name;
    void (*run)(void);
};

static void help(void)
{
    puts("no help today");
}

static void quit(void)
{
    puts("bye");
}

#define COMMAND(f)                                                                                 \
    __attribute__((section("commands"), used)) static const struct command command_##f = {#f, f}
COMMAND(help);
COMMAND(quit);

void link_commands(void)
{
}
