#ifndef SPANLOG_CCHECKSUM_H
#define SPANLOG_CCHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli, reflected polynomial 0x82f63b78; RFC 3720 appendix B.4) of `count` bytes,
/// continuing from `crc` (0 to start). crc("123456789") is 0xe3069283.
///
/// Any length and alignment; `bytes` may be NULL when `count` is 0. The way is chosen once, before
/// `main`, by what the processor offers.
uint32_t spanlog_crc32c(uint32_t crc, const void *bytes, size_t count);

/// The same by table, whatever the processor offers: what the fast ways are tested against.
uint32_t spanlog_crc32c_portable(uint32_t crc, const void *bytes, size_t count);

/// Which way `spanlog_crc32c` takes: "sse4.2", "sse4.2+pclmul", "armv8" or "portable".
const char *spanlog_crc32c_way(void);

/// Asks for the cache line at `address` ahead of its use. Any address is allowed.
static inline void spanlog_prefetch(const void *address) { __builtin_prefetch(address); }

#endif
