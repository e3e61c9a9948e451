/* No library: a few functions, a table, a switch; for images that are damaged on purpose. */
static int one(int x)
{
    return x + 1;
}
static int two(int x)
{
    return x * 2;
}
int (*const table[])(int) = {one, two};
int dead_head(int x);
int dead_tail(int x)
{
    return x ? dead_head(x - 1) : 0;
}
int dead_head(int x)
{
    return dead_tail(x) + 1;
}

__attribute__((noinline)) int choose(int x)
{
    switch (x) {
    case 0: return 10;
    case 1: return 7;
    case 2: return table[x & 1](3);
    case 3: return 4;
    case 4: return 99;
    case 5: return table[1](x);
    default: return -1;
    }
}

void _start(void)
{
    register long x0 __asm__("x0") = choose(5);
    register long x8 __asm__("x8") = 93; /* exit */
    __asm__ volatile("svc 0" : : "r"(x0), "r"(x8));
    __builtin_unreachable();
}
