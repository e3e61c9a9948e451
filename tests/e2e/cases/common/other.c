int shared_common[100];
void set(void)
{
    shared_common[0] = 7;
    shared_common[99] = 1;
}
unsigned long extent(void)
{
    return sizeof shared_common;
}
