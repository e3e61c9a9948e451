int power_init(int level)
{
    return level * 2;
}
