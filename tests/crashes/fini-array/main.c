#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern int journal_fd;
void journal_write(char c);

int main(void)
{
    int ends[2];
    if (pipe(ends))
        return 1;
    if (fork() == 0) {
        journal_fd = ends[1];
        journal_write('x');
        exit(0);
    }
    close(ends[1]);
    char c;
    if (read(ends[0], &c, 1) != 1)
        abort();
    printf("%c\n", c);
    return 0;
}
