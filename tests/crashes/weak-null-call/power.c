int power_level;

int power_init(int level)
{
    power_level = level;
    return level * 2;
}
