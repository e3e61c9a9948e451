const char *const table_used[] = {"hello", "world"};
const char *const table_unused[] = {"never", "seen"};
int used(int x)
{
    return x + 1;
}
int unused_chain_end(int x)
{
    return x * 3 + (table_unused[x & 1] != 0);
}
int unused_chain(int x)
{
    return unused_chain_end(x) + 1;
}
int unused(int x)
{
    return unused_chain(x) - 1;
}
