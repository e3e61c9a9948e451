void *allocate(unsigned n);

static int *cache;

static void cache_init(void)
{
    cache = allocate(sizeof *cache);
    *cache = 64;
}
__attribute__((section(".ctors"), used)) static void (*const cache_ctor)(void) = cache_init;

int cache_size(void)
{
    return *cache;
}
