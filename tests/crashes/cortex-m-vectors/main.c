static volatile int ticks = 3;

int main(void)
{
    while (ticks > 0)
        ticks--;
    return 0;
}
