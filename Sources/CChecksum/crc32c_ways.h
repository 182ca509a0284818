#ifndef SPANLOG_CRC32C_WAYS_H
#define SPANLOG_CRC32C_WAYS_H

#include <stddef.h>
#include <stdint.h>

/// A way to extend a checksum register (the complement of a checksum) over `count` bytes.
typedef uint32_t spanlog_crc32c_extend(uint32_t state, const uint8_t *bytes, size_t count);

/// The way a processor offers beyond the table, or NULL. Builds the tables that way needs: call it
/// once, before any thread.
spanlog_crc32c_extend *spanlog_crc32c_choose_sse42(const char **name);
spanlog_crc32c_extend *spanlog_crc32c_choose_armv8(const char **name);

#endif
