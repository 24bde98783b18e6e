#define _GNU_SOURCE
#include "CSlowSync.h"

#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int fdatasync(int descriptor) {
    const char *text = getenv("SLOW_SYNC_MICROSECONDS");
    long microseconds = text ? strtol(text, NULL, 10) : 0;
    struct timespec delay = {microseconds / 1000000, microseconds % 1000000 * 1000};
    nanosleep(&delay, NULL);
    return (int)syscall(SYS_fdatasync, descriptor);
}
