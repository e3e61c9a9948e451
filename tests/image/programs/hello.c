/* The least: output, arguments, an exit status; a call through a table, a qsort, a float. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int add(int a, int b)
{
    return a + b;
}
static int sub(int a, int b)
{
    return a - b;
}
static int mul(int a, int b)
{
    return a * b;
}
static int (*const operations[])(int, int) = {add, sub, mul};

int never_called(const char *s)
{
    return s[0] == 'x' ? printf("never %s\n", s) : 0;
}

static int by_value(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    int v[] = {7, 3, 9, 1};
    qsort(v, 4, sizeof *v, by_value);
    for (int i = 0; i < 3; i++)
        printf("%d\n", operations[i](v[3], v[i]));
    printf("%.3f %s\n", strtod("2.5", NULL) * argc, strrchr(argv[0], '/') ? "path" : "name");
    return 3;
}
