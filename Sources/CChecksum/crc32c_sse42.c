#include "crc32c_ways.h"

#if defined(__x86_64__)

#include <nmmintrin.h>
#include <string.h>
#include <wmmintrin.h>

#define SSE42 __attribute__((target("sse4.2")))
#define SSE42_PCLMUL __attribute__((target("sse4.2,pclmul")))

/// The instruction takes 3 cycles but one can start in each: three streams keep it busy.
enum { stream_count = 3 };
/// Below this, joining the streams costs more than running them side by side saves.
enum { interleaved_count_min = 384 };
/// The longest stream; a buffer above three of them is taken in turns. 16 KiB pages need three.
enum { stream_words_max = 256 };

/// powers[n] = x^(64n - 33) mod P, reflected: the factor that moves a register over n words.
/// Two registers move over one and two streams, hence up to 2 * stream_words_max.
static uint32_t powers[(stream_count - 1) * stream_words_max + 1];

static inline uint64_t load64(const uint8_t *p) {
  uint64_t word;
  memcpy(&word, p, sizeof word);
  return word;
}

SSE42 static uint32_t extend_sse42(uint32_t state, const uint8_t *p, size_t count) {
  uint64_t wide = state;
  for (; count >= 8; p += 8, count -= 8) wide = _mm_crc32_u64(wide, load64(p));
  state = (uint32_t)wide;
  if (count & 4) {
    uint32_t word;
    memcpy(&word, p, sizeof word);
    state = _mm_crc32_u32(state, word);
    p += 4;
  }
  for (count &= 3; count > 0; p++, count--) state = _mm_crc32_u8(state, *p);
  return state;
}

/// `state` times `power`, not yet reduced. As a 64-bit message the product stands one place too low (two
/// reflected factors of 32 bits have 63), and its checksum multiplies by x^32: the 33 left out of `powers`.
SSE42_PCLMUL static inline uint64_t multiply(uint64_t state, uint32_t power) {
  __m128i left = _mm_cvtsi64_si128((long long)state);
  __m128i right = _mm_cvtsi32_si128((int)power);
  return (uint64_t)_mm_cvtsi128_si64(_mm_clmulepi64_si128(left, right, 0));
}

/// Takes three streams of `words` words each.
SSE42_PCLMUL static uint32_t extend_three(uint32_t state, const uint8_t *p, size_t words) {
  uint64_t first = state, second = 0, third = 0;
  const uint8_t *end = p + words * 8;
  size_t stride = words * 8;
  for (; p < end; p += 8) {
    first = _mm_crc32_u64(first, load64(p));
    second = _mm_crc32_u64(second, load64(p + stride));
    third = _mm_crc32_u64(third, load64(p + 2 * stride));
  }
  uint64_t moved = multiply(first, powers[2 * words]) ^ multiply(second, powers[words]);
  return (uint32_t)(_mm_crc32_u64(0, moved) ^ third);
}

SSE42_PCLMUL static uint32_t extend_interleaved(uint32_t state, const uint8_t *p, size_t count) {
  while (count >= interleaved_count_min) {
    size_t words = count / (stream_count * 8);
    if (words > stream_words_max) words = stream_words_max;
    state = extend_three(state, p, words);
    p += words * stream_count * 8;
    count -= words * stream_count * 8;
  }
  return extend_sse42(state, p, count);
}

SSE42 static void build_powers(void) {
  powers[1] = 1;  // x^31, reflected.
  for (size_t n = 2; n < sizeof powers / sizeof powers[0]; n++) {
    powers[n] = (uint32_t)_mm_crc32_u64(0, powers[n - 1]);
  }
}

spanlog_crc32c_extend *spanlog_crc32c_choose_sse42(const char **name) {
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("sse4.2")) return NULL;
  if (!__builtin_cpu_supports("pclmul")) {
    *name = "sse4.2";
    return extend_sse42;
  }
  build_powers();
  *name = "sse4.2+pclmul";
  return extend_interleaved;
}

#else

spanlog_crc32c_extend *spanlog_crc32c_choose_sse42(const char **name) {
  (void)name;
  return NULL;
}

#endif
