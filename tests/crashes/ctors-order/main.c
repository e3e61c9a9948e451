#include <stdio.h>

typedef void (*constructor)(void);
extern const constructor ctors_start[], ctors_end[];

int cache_size(void);

int main(void)
{
    /* From the end, as __do_global_ctors_aux does. */
    for (const constructor *c = ctors_end; c-- > ctors_start;)
        (*c)();
    printf("%d\n", cache_size());
    return 0;
}
