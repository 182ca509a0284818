#ifndef SPANLOG_CLINUX_H
#define SPANLOG_CLINUX_H

#include <stddef.h>
#include <stdint.h>

// What the Glibc module does not show to Swift. Each returns what the system call returns.

/// Opens `path` past the page cache (`access` | O_DIRECT | O_CLOEXEC); `access` is O_RDONLY or O_WRONLY.
int spanlog_open_direct(const char *path, int access);

/// Fills `count` bytes with random ones from the kernel; -1 with errno set when it cannot.
int spanlog_random(void *bytes, size_t count);

/// Bytes free for unprivileged writers on the file system that holds `path`; -1 with errno set on error.
int64_t spanlog_free_byte_count(const char *path);

/// Names a thread for the system's tools; at most 15 bytes.
int spanlog_name_thread(unsigned long thread, const char *name);

/// Has the calling thread run when others leave it time (nice 19). Should that fail, it runs like others.
void spanlog_lower_thread_priority(void);

/// Has the kernel use large pages for memory that is met in no order. Should that fail, it uses small ones.
void spanlog_advise_large_pages(void *bytes, size_t count);

/// As `poll` on an array of `pollfd`, with a timeout in nanoseconds (`ppoll`); a negative one is none.
int spanlog_poll(void *requests, size_t count, int64_t nanoseconds);

#endif
