// A wall clock that is ahead or behind by VALENCE_CLOCK_SHIFT seconds from the start of a process on.
//
// libfaketime, which can move a clock while a process runs, shifts the timers of the Swift runtime as well: with days
// between the clocks, a node sleeps for ever.
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long shift;

__attribute__((constructor)) static void read_shift(void) {
    const char *seconds = getenv("VALENCE_CLOCK_SHIFT");
    if (seconds) shift = atol(seconds);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    int result = (int)syscall(SYS_clock_gettime, clock, time);
    if (!result && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) time->tv_sec += shift;
    return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    int result = (int)syscall(SYS_gettimeofday, time, zone);
    if (!result) time->tv_sec += shift;
    return result;
}

time_t time(time_t *place) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (place) *place = now.tv_sec;
    return now.tv_sec;
}
