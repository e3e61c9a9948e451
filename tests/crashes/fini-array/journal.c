#include <unistd.h>

int journal_fd = -1;
static char journal[64];
static size_t n_journal;

void journal_write(char c)
{
    journal[n_journal++ % sizeof journal] = c;
}

static __attribute__((destructor)) void journal_flush(void)
{
    if (journal_fd >= 0 && write(journal_fd, journal, n_journal) < 0)
        _exit(1);
}
