__attribute__((weak)) int only_weak_uses(int x)
{
    return x;
}
const char *which(void)
{
    return "strong";
}
int present(void)
{
    return 1;
}
const char *call_which(void)
{
    return which();
}
