#ifndef CSLOWSYNC_H
#define CSLOWSYNC_H

/// fdatasync that first sleeps for SLOW_SYNC_MICROSECONDS (environment).
///
/// Preload it (LD_PRELOAD) to see a program on a slow disk. strace can delay the call too, but it is no use here: it
/// stops every thread that has not yet made a traced call at each of its system calls, `--seccomp-bpf` or not. A server
/// that syncs on another thread than the one with its sockets then runs at a third of its speed, delay or no delay.
int fdatasync(int descriptor);

#endif
