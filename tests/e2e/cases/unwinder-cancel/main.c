/* A thread is cancelled: glibc unwinds it by force, through a cleanup of the program's own.
 * cflags: -O1 -fexceptions -ffunction-sections -fdata-sections -pthread
 * link: $CC main.o -static -pthread -o $OUT
 * output: cleaned up, cancelled
 * keep: _Unwind_ForcedUnwind __gcc_personality_v0
 * check: grep -q 'stays because of' $REPORT
 * check: grep -q 'pthread' $REPORT
 * why: _Unwind_ForcedUnwind stays because of
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <unistd.h>
static sem_t ready;
static void cleaned(int *x)
{
    (void)x;
    printf("cleaned up, ");
}
static void *thread(void *arg)
{
    int x __attribute__((cleanup(cleaned))) = 0;
    (void)arg;
    sem_post(&ready);
    for (;;)
        pause();
    return NULL;
}
int main(void)
{
    pthread_t t;
    void *result;
    sem_init(&ready, 0, 0);
    if (pthread_create(&t, NULL, thread, NULL))
        return 1;
    sem_wait(&ready);
    pthread_cancel(t);
    pthread_join(t, &result);
    printf("%s\n", result == PTHREAD_CANCELED ? "cancelled" : "not cancelled");
    return 0;
}
