/* Threads, TLS, a mutex, once, a signal handler, atexit. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static _Thread_local int mine = 1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int sum;

static void initialise(void)
{
    puts("once");
}
static void at_end(void)
{
    puts("the end");
}
static void on_signal(int n)
{
    (void)!write(1, n == SIGUSR1 ? "usr1\n" : "?\n", n == SIGUSR1 ? 5 : 2);
}
int never_called(void)
{
    return pthread_detach(pthread_self());
}

static void *work(void *arg)
{
    pthread_once(&once, initialise);
    for (int i = 0; i < 1000; i++) {
        mine += *(int *)arg;
        pthread_mutex_lock(&lock);
        sum++;
        pthread_mutex_unlock(&lock);
    }
    return (void *)(long)mine;
}

int main(void)
{
    pthread_t t[4];
    int arg[4] = {1, 2, 3, 4};
    long total = 0;
    setvbuf(stdout, NULL, _IONBF, 0);
    atexit(at_end);
    signal(SIGUSR1, on_signal);
    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, work, &arg[i]);
    for (int i = 0; i < 4; i++) {
        void *r;
        pthread_join(t[i], &r);
        total += (long)r;
    }
    raise(SIGUSR1);
    printf("%d %ld %d\n", sum, total, mine);
    return 0;
}
