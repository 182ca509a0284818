#include "crc32c_ways.h"

#if defined(__aarch64__) && defined(__linux__)

#include <arm_acle.h>
#include <string.h>
#include <sys/auxv.h>

/// HWCAP_CRC32 of the kernel's interface; its header is not always installed.
enum { capability_crc32 = 1 << 7 };

__attribute__((target("crc"))) static uint32_t extend_armv8(
    uint32_t state, const uint8_t *p, size_t count) {
  for (; count >= 8; p += 8, count -= 8) {
    uint64_t word;
    memcpy(&word, p, sizeof word);
    state = __crc32cd(state, word);
  }
  for (; count > 0; p++, count--) state = __crc32cb(state, *p);
  return state;
}

spanlog_crc32c_extend *spanlog_crc32c_choose_armv8(const char **name) {
  if (!(getauxval(AT_HWCAP) & capability_crc32)) return NULL;
  *name = "armv8";
  return extend_armv8;
}

#else

spanlog_crc32c_extend *spanlog_crc32c_choose_armv8(const char **name) {
  (void)name;
  return NULL;
}

#endif
