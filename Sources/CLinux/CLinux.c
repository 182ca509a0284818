#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <time.h>

int spanlog_open_direct(const char *path, int access) { return open(path, access | O_DIRECT | O_CLOEXEC); }

int spanlog_random(void *bytes, size_t count) {
  unsigned char *next = bytes;
  while (count > 0) {
    ssize_t got = getrandom(next, count, 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      return -1;
    }
    next += got;
    count -= (size_t)got;
  }
  return 0;
}

int64_t spanlog_free_byte_count(const char *path) {
  struct statvfs status;
  if (statvfs(path, &status) != 0) return -1;
  return (int64_t)status.f_bavail * (int64_t)status.f_frsize;
}

int spanlog_name_thread(unsigned long thread, const char *name) { return pthread_setname_np(thread, name); }

void spanlog_lower_thread_priority(void) {
  // On Linux the calling thread's own, not the process's.
  setpriority(PRIO_PROCESS, 0, 19);
}

void spanlog_advise_large_pages(void *bytes, size_t count) { madvise(bytes, count, MADV_HUGEPAGE); }

int spanlog_poll(void *requests, size_t count, int64_t nanoseconds) {
  struct timespec timeout = {nanoseconds / 1000000000, nanoseconds % 1000000000};
  return ppoll(requests, count, nanoseconds < 0 ? NULL : &timeout, NULL);
}
