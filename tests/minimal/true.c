/* true(1) with the options that every program has: it prints nothing, and links half of stdio. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void close_stdout(void)
{
    if (fclose(stdout) != 0)
        _exit(1);
}

int main(int argc, char **argv)
{
    if (argc == 2) {
        atexit(close_stdout);
        if (!strcmp(argv[1], "--help"))
            printf("Usage: %s [ignored arguments]\n", argv[0]);
        if (!strcmp(argv[1], "--version"))
            printf("true %d.%d\n", 1, 0);
    }
    return 0;
}
