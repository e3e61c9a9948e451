#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct command {
    const char *name;
    void (*run)(void);
};
/* Weak, as in libraries that must link when nobody registers anything. */
extern const struct command __start_commands[] __attribute__((weak));
extern const struct command __stop_commands[] __attribute__((weak));

void link_commands(void);

static const struct command *find_command(const char *name)
{
    for (const struct command *c = __start_commands; c < __stop_commands; c++)
        if (!strcmp(c->name, name))
            return c;
    abort();
}

int main(void)
{
    link_commands();
    find_command("help")->run();
    return 0;
}
