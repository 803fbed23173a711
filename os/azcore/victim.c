/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ends as it is told: "segv" of a known address, "thread" the same in a second thread, "abort", "fpe", "ill", "many"
 * with threads that wait; and without a crash "exit", "kill", "term", "handled" (a signal that is survived), "threads".
 */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile char *heap; /* found by who looks through a core that has too much in it */

static void *write_at(void *address)
{
    volatile char local[] = "on the stack, seen";
    *(volatile int *)address = local[0];
    return NULL;
}

static void *wait_there(void *argument)
{
    pause();
    return argument;
}

static void *end_there(void *argument)
{
    return argument;
}

static sigjmp_buf back;

static void survive(int number)
{
    siglongjmp(back, number);
}

static void threads_start(unsigned count, void *(*run)(void *), void *argument, int join)
{
    pthread_t thread[8];
    for (unsigned i = 0; i < count; i++)
        if (pthread_create(&thread[i], NULL, run, argument))
            _exit(99);
    for (unsigned i = 0; join && i < count; i++)
        pthread_join(thread[i], NULL);
}

static void end(const char *how)
{
    volatile char local[] = "on the stack, seen";
    if (strcmp(how, "segv") == 0)
        write_at((void *)0x1230);
    if (strcmp(how, "thread") == 0)
        threads_start(1, write_at, (void *)0x4560, 1);
    if (strcmp(how, "fpe") == 0)
        raise(SIGFPE);
    if (strcmp(how, "ill") == 0)
        raise(SIGILL);
    if (strcmp(how, "many") == 0)
        threads_start(8, wait_there, NULL, 0);
    if (strcmp(how, "threads") == 0) {
        for (int i = 0; i < 20; i++)
            threads_start(8, end_there, NULL, 1);
        _exit(5);
    }
    if (strcmp(how, "exit") == 0)
        exit(3);
    if (strcmp(how, "kill") == 0)
        raise(SIGKILL);
    if (strcmp(how, "term") == 0)
        raise(SIGTERM);
    if (strcmp(how, "handled") == 0) {
        signal(SIGSEGV, survive);
        if (!sigsetjmp(back, 1))
            write_at((void *)0x1230);
        exit(4);
    }
    if (local[0])
        abort();
}

int main(int argc, char **argv)
{
    heap = malloc(64);
    if (heap)
        for (size_t i = 0; i < 22; i++)
            heap[i] = "on the heap, not seen"[i];
    end(argc > 1 ? argv[1] : "");
    return 0;
}
