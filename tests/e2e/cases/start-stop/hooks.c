typedef int (*hook)(void);
static int hook_a(void)
{
    return 1;
}
static int hook_b(void)
{
    return 2;
}
static int hook_dead(void)
{
    return 4;
}
__attribute__((section("handlers"), used)) static hook a = hook_a;
__attribute__((section("handlers"), used)) static hook b = hook_b;
__attribute__((section("unread"), used)) static hook c = hook_dead;
