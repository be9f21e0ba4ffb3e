//! One run of blocks into two states: a payload file is hashed by itself and as part of the tar stream.
//!
//! The processor's rounds wait for one another: four cycles each, of which two are idle. A second state fills them, and the
//! message schedule is computed once for both. 1.8 times as quick as one after the other (AMD Zen 4).

use super::hasher::BLOCK;

/// Compresses `blocks` into both states.
pub(super) fn compress(one: &mut [u32; 8], two: &mut [u32; 8], blocks: &[[u8; BLOCK]]) {
    #[cfg(target_arch = "x86_64")]
    if x86::is_there() {
        return x86::compress(one, two, blocks);
    }
    apart(one, two, blocks);
}

/// Where the processor has no such instructions: in shares that stay in its cache.
fn apart(one: &mut [u32; 8], two: &mut [u32; 8], blocks: &[[u8; BLOCK]]) {
    const SHARE: usize = 128;
    for share in blocks.chunks(SHARE) {
        sha2::block_api::compress256(one, share);
        sha2::block_api::compress256(two, share);
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m128i, _mm_add_epi32, _mm_alignr_epi8, _mm_extract_epi32, _mm_set_epi32, _mm_set_epi64x,
        _mm_sha256msg1_epu32, _mm_sha256msg2_epu32, _mm_sha256rnds2_epu32, _mm_shuffle_epi8,
        _mm_shuffle_epi32,
    };

    use super::BLOCK;

    /// The constants of the rounds (FIPS 180-4 §4.2.2), four at a time.
    const ROUNDS: [[u32; 4]; 16] = [
        [0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5],
        [0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5],
        [0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3],
        [0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174],
        [0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc],
        [0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da],
        [0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7],
        [0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967],
        [0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13],
        [0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85],
        [0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3],
        [0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070],
        [0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5],
        [0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3],
        [0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208],
        [0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2],
    ];

    /// Whether this processor has what `at_once` needs.
    pub(super) fn is_there() -> bool {
        is_x86_feature_detected!("sha")
            && is_x86_feature_detected!("ssse3")
            && is_x86_feature_detected!("sse4.1")
    }

    pub(super) fn compress(one: &mut [u32; 8], two: &mut [u32; 8], blocks: &[[u8; BLOCK]]) {
        debug_assert!(is_there());
        // SAFETY: `is_there` was asked right before; the function touches no memory but its arguments, all safely.
        #[allow(unsafe_code)]
        unsafe {
            at_once(one, two, blocks);
        }
    }

    /// The two halves of a state, as the instructions want them.
    #[derive(Clone, Copy)]
    struct Halves {
        abef: __m128i,
        cdgh: __m128i,
    }

    #[target_feature(enable = "sha,ssse3,sse4.1")]
    fn at_once(one: &mut [u32; 8], two: &mut [u32; 8], blocks: &[[u8; BLOCK]]) {
        let (mut a, mut b) = (halves(one), halves(two));
        for block in blocks {
            let (before_a, before_b) = (a, b);
            let mut schedule = words(block);
            // Sixteen times four rounds; the first twelve also make the schedule of the round after the next three.
            for (index, constants) in ROUNDS.iter().enumerate() {
                let now = schedule[index % 4];
                let message = _mm_add_epi32(now, vector(constants));
                rounds(&mut a, &mut b, message);
                if index < 12 {
                    let (next, third, last) =
                        (schedule[(index + 1) % 4], schedule[(index + 2) % 4], schedule[(index + 3) % 4]);
                    let sum =
                        _mm_add_epi32(_mm_sha256msg1_epu32(now, next), _mm_alignr_epi8::<4>(last, third));
                    schedule[index % 4] = _mm_sha256msg2_epu32(sum, last);
                }
            }
            a = sum(a, before_a);
            b = sum(b, before_b);
        }
        (*one, *two) = (state(a), state(b));
    }

    /// Four rounds of both states, interleaved.
    #[inline]
    #[target_feature(enable = "sha,ssse3,sse4.1")]
    fn rounds(a: &mut Halves, b: &mut Halves, message: __m128i) {
        let upper = _mm_shuffle_epi32::<0x0e>(message);
        a.cdgh = _mm_sha256rnds2_epu32(a.cdgh, a.abef, message);
        b.cdgh = _mm_sha256rnds2_epu32(b.cdgh, b.abef, message);
        a.abef = _mm_sha256rnds2_epu32(a.abef, a.cdgh, upper);
        b.abef = _mm_sha256rnds2_epu32(b.abef, b.cdgh, upper);
    }

    /// The sixteen big-endian words of a block.
    #[inline]
    #[target_feature(enable = "sha,ssse3,sse4.1")]
    fn words(block: &[u8; BLOCK]) -> [__m128i; 4] {
        let swap = _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203);
        let (eights, _) = block.as_chunks::<8>();
        let four = |index: usize| {
            let (low, high) = (i64::from_le_bytes(eights[index]), i64::from_le_bytes(eights[index + 1]));
            _mm_shuffle_epi8(_mm_set_epi64x(high, low), swap)
        };
        [four(0), four(2), four(4), four(6)]
    }

    #[inline]
    #[target_feature(enable = "sha,ssse3,sse4.1")]
    fn vector([a, b, c, d]: &[u32; 4]) -> __m128i {
        _mm_set_epi32(d.cast_signed(), c.cast_signed(), b.cast_signed(), a.cast_signed())
    }

    #[inline]
    #[target_feature(enable = "sha,ssse3,sse4.1")]
    fn sum(one: Halves, two: Halves) -> Halves {
        Halves { abef: _mm_add_epi32(one.abef, two.abef), cdgh: _mm_add_epi32(one.cdgh, two.cdgh) }
    }

    #[inline]
    #[target_feature(enable = "sha,ssse3,sse4.1")]
    #[expect(clippy::many_single_char_names, reason = "the standard's")]
    fn halves(&[a, b, c, d, e, f, g, h]: &[u32; 8]) -> Halves {
        Halves { abef: vector(&[f, e, b, a]), cdgh: vector(&[h, g, d, c]) }
    }

    #[inline]
    #[target_feature(enable = "sha,ssse3,sse4.1")]
    #[expect(clippy::many_single_char_names, reason = "the standard's")]
    fn state(Halves { abef, cdgh }: Halves) -> [u32; 8] {
        let [f, e, b, a] = lanes(abef);
        let [h, g, d, c] = lanes(cdgh);
        [a, b, c, d, e, f, g, h]
    }

    #[inline]
    #[target_feature(enable = "sha,ssse3,sse4.1")]
    fn lanes(vector: __m128i) -> [u32; 4] {
        let lanes = [
            _mm_extract_epi32::<0>(vector),
            _mm_extract_epi32::<1>(vector),
            _mm_extract_epi32::<2>(vector),
            _mm_extract_epi32::<3>(vector),
        ];
        lanes.map(i32::cast_unsigned)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn is_what_the_library_makes_of_each(
            one: [u32; 8],
            two: [u32; 8],
            blocks in prop::collection::vec(any::<[u8; BLOCK]>(), 0..20),
        ) {
            let (mut a, mut b, mut c, mut d) = (one, two, one, two);
            compress(&mut a, &mut b, &blocks);
            apart(&mut c, &mut d, &blocks);
            prop_assert_eq!((a, b), (c, d));
        }
    }
}
