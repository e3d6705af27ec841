/* LD_PRELOAD: every fsync and fdatasync takes SLOW_FLUSH_US microseconds more, as on a slower disk. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static void pause_before_flush(void) {
    const char *text = getenv("SLOW_FLUSH_US");
    long us = text ? atol(text) : 0;
    struct timespec left = {us / 1000000, us % 1000000 * 1000};
    while (us > 0 && nanosleep(&left, &left) != 0) {
    }
}

typedef int (*flush_function)(int);

int fsync(int fd) {
    pause_before_flush();
    return ((flush_function)dlsym(RTLD_NEXT, "fsync"))(fd);
}

int fdatasync(int fd) {
    pause_before_flush();
    return ((flush_function)dlsym(RTLD_NEXT, "fdatasync"))(fd);
}
