#include <stdio.h>

int main(void)
{
    puts("work done");
    return 0;
}
