#if defined(__aarch64__)
#include <arm_neon.h>
#include <sys/auxv.h>

#include "CSHA256.h"
#include "constants.h"

// Bit 6 of AT_HWCAP, as <asm/hwcap.h> of Linux has it.
bool sha256_chain_is_supported(void) { return (getauxval(AT_HWCAP) & (1UL << 6)) != 0; }

#define EXTENSIONS __attribute__((target("sha2"))) static inline

typedef struct {
    uint32x4_t abcd, efgh;
} State;

EXTENSIONS State four_rounds(State s, uint32x4_t words, int group) {
    uint32x4_t sum = vaddq_u32(words, vld1q_u32(rounds + 4 * group));
    return (State){vsha256hq_u32(s.abcd, s.efgh, sum), vsha256h2q_u32(s.efgh, s.abcd, sum)};
}

// A digest's own words are the first half of the next block: no byte is moved between steps.
EXTENSIONS State step(State digest, State first) {
    uint32x4_t w[4] = {digest.abcd, digest.efgh, vld1q_u32(padding), vld1q_u32(padding + 4)};
    State s = first;
#pragma clang loop unroll(full)
    for (int group = 0; group < 4; group++) s = four_rounds(s, w[group], group);
#pragma clang loop unroll(full)
    for (int group = 4; group < 16; group++) {
        int i = group & 3;
        uint32x4_t sum = vsha256su0q_u32(w[i], w[(i + 1) & 3]);
        w[i] = vsha256su1q_u32(sum, w[(i + 2) & 3], w[(i + 3) & 3]);
        s = four_rounds(s, w[i], group);
    }
    return (State){vaddq_u32(s.abcd, first.abcd), vaddq_u32(s.efgh, first.efgh)};
}

EXTENSIONS uint32x4_t load(const uint8_t *bytes) {
    return vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(bytes)));
}

EXTENSIONS void store(uint32x4_t words, uint8_t *bytes) {
    vst1q_u8(bytes, vrev32q_u8(vreinterpretq_u8_u32(words)));
}

__attribute__((target("sha2"))) void sha256_chain(uint8_t digest[32], uint64_t iterations) {
    State s = {load(digest), load(digest + 16)};
    const State first = {vld1q_u32(initial), vld1q_u32(initial + 4)};
    while (iterations-- > 0) s = step(s, first);
    store(s.abcd, digest);
    store(s.efgh, digest + 16);
}
#endif
