#include "CChecksum.h"
#include "crc32c_ways.h"

/// Castagnoli, reflected: bit 31 stands for x^0, bit 0 for x^31; x^32 is left out.
static const uint32_t polynomial = 0x82f63b78;

/// table[k][b] extends a register of zero over byte b and k zero bytes: eight bytes take eight
/// look-ups that do not wait for one another.
static uint32_t table[8][256];

static spanlog_crc32c_extend *extend;
static const char *way = "portable";

static uint32_t load32(const uint8_t *p) {
  return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint32_t extend_portable(uint32_t state, const uint8_t *p, size_t count) {
  for (; count >= 8; p += 8, count -= 8) {
    uint32_t low = state ^ load32(p), high = load32(p + 4);
    state = table[7][low & 0xff] ^ table[6][low >> 8 & 0xff] ^ table[5][low >> 16 & 0xff] ^
            table[4][low >> 24] ^ table[3][high & 0xff] ^ table[2][high >> 8 & 0xff] ^
            table[1][high >> 16 & 0xff] ^ table[0][high >> 24];
  }
  for (; count > 0; p++, count--) state = state >> 8 ^ table[0][(state ^ *p) & 0xff];
  return state;
}

static void build_table(void) {
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t state = byte;
    for (int bit = 0; bit < 8; bit++) state = state >> 1 ^ (polynomial & -(state & 1));
    table[0][byte] = state;
  }
  for (int k = 1; k < 8; k++) {
    for (int byte = 0; byte < 256; byte++) {
      uint32_t state = table[k - 1][byte];
      table[k][byte] = state >> 8 ^ table[0][state & 0xff];
    }
  }
}

/// Runs before `main`, so that no thread ever sees the tables half made and no call pays for asking.
/// Priority 101 is the first one open to programs: constructors of others may already checksum.
__attribute__((constructor(101))) static void choose_way(void) {
  build_table();
  extend = spanlog_crc32c_choose_sse42(&way);
  if (!extend) extend = spanlog_crc32c_choose_armv8(&way);
  if (!extend) extend = extend_portable;
}

uint32_t spanlog_crc32c(uint32_t crc, const void *bytes, size_t count) {
  return ~extend(~crc, bytes, count);
}

uint32_t spanlog_crc32c_portable(uint32_t crc, const void *bytes, size_t count) {
  return ~extend_portable(~crc, bytes, count);
}

const char *spanlog_crc32c_way(void) { return way; }
