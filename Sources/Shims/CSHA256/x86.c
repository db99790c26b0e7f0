#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

#include "CSHA256.h"
#include "constants.h"

bool sha256_chain_is_supported(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return false;
    if (!(c & bit_SSSE3) || !(c & bit_SSE4_1)) return false;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
}

#define EXTENSIONS __attribute__((target("sha,sse4.1,ssse3"), always_inline)) static inline

// The eight words in the order of the instructions, the lowest lane last: a b e f and c d g h.
typedef struct {
    __m128i abef, cdgh;
} State;

EXTENSIONS __m128i load(const uint32_t *words) { return _mm_load_si128((const __m128i *)words); }

// Four rounds; `group` is the number of the first one, divided by four.
EXTENSIONS State four_rounds(State s, __m128i words, int group) {
    __m128i sum = _mm_add_epi32(words, load(rounds + 4 * group));
    s.cdgh = _mm_sha256rnds2_epu32(s.cdgh, s.abef, sum);
    s.abef = _mm_sha256rnds2_epu32(s.abef, s.cdgh, _mm_shuffle_epi32(sum, 0x0e));
    return s;
}

// The words behind 16 others.
EXTENSIONS __m128i extend(__m128i w0, __m128i w4, __m128i w8, __m128i w12) {
    __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w4), _mm_alignr_epi8(w12, w8, 4));
    return _mm_sha256msg2_epu32(sum, w12);
}

// A digest's own words are the first half of the next block: no byte is moved between steps. The
// compiler knows the padding, and so works out in advance what depends on nothing else.
EXTENSIONS State step(State digest, State first) {
    __m128 abef = _mm_castsi128_ps(digest.abef), cdgh = _mm_castsi128_ps(digest.cdgh);
    __m128i w[4] = {
        _mm_castps_si128(_mm_shuffle_ps(abef, cdgh, 0xbb)),
        _mm_castps_si128(_mm_shuffle_ps(abef, cdgh, 0x11)),
        load(padding),
        load(padding + 4),
    };
    State s = first;
#pragma clang loop unroll(full)
    for (int group = 0; group < 4; group++) s = four_rounds(s, w[group], group);
#pragma clang loop unroll(full)
    for (int group = 4; group < 16; group++) {
        int i = group & 3;
        w[i] = extend(w[i], w[(i + 1) & 3], w[(i + 2) & 3], w[(i + 3) & 3]);
        s = four_rounds(s, w[i], group);
    }
    s.abef = _mm_add_epi32(s.abef, first.abef);
    s.cdgh = _mm_add_epi32(s.cdgh, first.cdgh);
    return s;
}

EXTENSIONS State arrange(__m128i abcd, __m128i efgh) {
    __m128 low = _mm_castsi128_ps(abcd), high = _mm_castsi128_ps(efgh);
    return (State){
        _mm_castps_si128(_mm_shuffle_ps(high, low, 0x11)),
        _mm_castps_si128(_mm_shuffle_ps(high, low, 0xbb)),
    };
}

__attribute__((target("sha,sse4.1,ssse3"))) void sha256_chain(
    uint8_t digest[32], uint64_t iterations) {
    const __m128i bigEndian = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
    __m128i *bytes = (__m128i *)digest;
    State s = arrange(_mm_shuffle_epi8(_mm_loadu_si128(bytes), bigEndian),
                      _mm_shuffle_epi8(_mm_loadu_si128(bytes + 1), bigEndian));
    const State first = arrange(_mm_loadu_si128((const __m128i *)initial),
                                _mm_loadu_si128((const __m128i *)(initial + 4)));
    while (iterations-- > 0) s = step(s, first);
    __m128 abef = _mm_castsi128_ps(s.abef), cdgh = _mm_castsi128_ps(s.cdgh);
    __m128i abcd = _mm_castps_si128(_mm_shuffle_ps(abef, cdgh, 0xbb));
    __m128i efgh = _mm_castps_si128(_mm_shuffle_ps(abef, cdgh, 0x11));
    _mm_storeu_si128(bytes, _mm_shuffle_epi8(abcd, bigEndian));
    _mm_storeu_si128(bytes + 1, _mm_shuffle_epi8(efgh, bigEndian));
}
#endif
