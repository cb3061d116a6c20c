//! Checksums that others make: CRC-32 (Flyway's, and in the key of sqlx's lock), SipHash-1-3 (refinery's), and Jenkins'
//! lookup3 (a database server's own). None keeps a secret. The first two are made a few times in a life, so they are short
//! and not fast; the last is made for every migration when a program starts.

/// The CRC-32 of zip and Ethernet.
pub(crate) fn crc32(bytes: impl IntoIterator<Item = u8>) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

/// SipHash with one round for each eight bytes and three at the end, and the key 0: what std hashes with by default today,
/// but does not promise to.
pub(crate) fn sip13(bytes: &[u8]) -> u64 {
    let mut state: [u64; 4] = [
        0x736f_6d65_7073_6575,
        0x646f_7261_6e64_6f6d,
        0x6c79_6765_6e65_7261,
        0x7465_6462_7974_6573,
    ];
    let absorb = |state: &mut [u64; 4], word: u64| {
        state[3] ^= word;
        round(state);
        state[0] ^= word;
    };
    let words = bytes.chunks_exact(8);
    // The last word has the length in its highest byte.
    let mut last = (bytes.len() as u64) << 56;
    for (at, byte) in words.remainder().iter().enumerate() {
        last |= u64::from(*byte) << (8 * at);
    }
    for word in words {
        absorb(&mut state, word.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)));
    }
    absorb(&mut state, last);
    state[2] ^= 0xff;
    for _ in 0..3 {
        round(&mut state);
    }
    state[0] ^ state[1] ^ state[2] ^ state[3]
}

fn round(v: &mut [u64; 4]) {
    v[0] = v[0].wrapping_add(v[1]);
    v[1] = v[1].rotate_left(13) ^ v[0];
    v[0] = v[0].rotate_left(32);
    v[2] = v[2].wrapping_add(v[3]);
    v[3] = v[3].rotate_left(16) ^ v[2];
    v[0] = v[0].wrapping_add(v[3]);
    v[3] = v[3].rotate_left(21) ^ v[0];
    v[2] = v[2].wrapping_add(v[1]);
    v[1] = v[1].rotate_left(17) ^ v[2];
    v[2] = v[2].rotate_left(32);
}

/// Bob Jenkins' lookup3 with a seed of 64 bits, as PostgreSQL's `hashtextextended` computes it on a little-endian machine.
pub(crate) fn lookup3(bytes: &[u8], seed: u64) -> u64 {
    // The length is added as a number of 32 bits there, too.
    let start = 0x9e37_79b9_u32.wrapping_add(bytes.len() as u32).wrapping_add(3_923_095);
    let mut state = [start; 3];
    if seed != 0 {
        state[0] = state[0].wrapping_add((seed >> 32) as u32);
        state[1] = state[1].wrapping_add(seed as u32);
        mix(&mut state);
    }
    let blocks = bytes.chunks_exact(12);
    // Of the last block's third word the lowest byte is the length's, so that only three bytes are left in it.
    let rest = blocks.remainder();
    let mut last = [0; 12];
    let (words, end) = rest.split_at(rest.len().min(8));
    last[..words.len()].copy_from_slice(words);
    last[9..9 + end.len()].copy_from_slice(end);
    for block in blocks {
        add(&mut state, block);
        mix(&mut state);
    }
    add(&mut state, &last);
    let [mut a, mut b, mut c] = state;
    c = (c ^ b).wrapping_sub(b.rotate_left(14));
    a = (a ^ c).wrapping_sub(c.rotate_left(11));
    b = (b ^ a).wrapping_sub(a.rotate_left(25));
    c = (c ^ b).wrapping_sub(b.rotate_left(16));
    a = (a ^ c).wrapping_sub(c.rotate_left(4));
    b = (b ^ a).wrapping_sub(a.rotate_left(14));
    c = (c ^ b).wrapping_sub(b.rotate_left(24));
    u64::from(b) << 32 | u64::from(c)
}

/// Adds twelve bytes as three words.
fn add(state: &mut [u32; 3], block: &[u8]) {
    for (word, bytes) in state.iter_mut().zip(block.chunks_exact(4)) {
        let bytes = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        *word = word.wrapping_add(bytes);
    }
}

fn mix([a, b, c]: &mut [u32; 3]) {
    let step = |a: &mut u32, b: &u32, c: &mut u32, by| {
        *a = a.wrapping_sub(*c) ^ c.rotate_left(by);
        *c = c.wrapping_add(*b);
    };
    step(a, b, c, 4);
    step(b, c, a, 6);
    step(c, a, b, 8);
    step(a, b, c, 16);
    step(b, c, a, 19);
    step(c, a, b, 4);
}

#[cfg(test)]
mod tests {
    use std::hash::Hasher;

    use super::*;

    /// As PostgreSQL 15 computes them.
    #[test]
    fn lookup3_is_the_server_s() {
        let text = b"The quick brown fox jumps over the lazy dog";
        let cases = [
            (0, 0, -6_939_563_903_564_495_251_i64),
            (1, 1, 9_068_873_005_106_454_511),
            (7, 0, -2_752_675_330_521_770_124),
            (8, 0, -1_544_529_330_263_215_465),
            (9, 1, 113_343_595_792_182_449),
            (11, -5, 8_052_436_482_427_375_232),
            (12, 0, -9_210_305_663_925_663_560),
            (13, 1, -5_306_421_320_277_656_927),
            (24, -5, 4_830_770_536_114_178_356),
            (43, -5, 7_529_360_071_005_071_258),
        ];
        for (length, seed, hash) in cases {
            let found = lookup3(&text[..length], i64::cast_unsigned(seed));
            assert_eq!(found.cast_signed(), hash, "{length} bytes, seed {seed}");
        }
    }

    #[test]
    fn crc32_is_the_known_one() {
        assert_eq!(crc32([]), 0);
        assert_eq!(crc32(*b"123456789"), 0xcbf4_3926);
    }

    /// std's default hasher is the same function today; should it change, this test is what has to go.
    #[test]
    fn sip13_is_std_s() {
        for length in 0..40_u8 {
            let bytes: Vec<u8> = (0..length).map(|byte| byte.wrapping_mul(37)).collect();
            let mut hasher = std::hash::DefaultHasher::new();
            hasher.write(&bytes);
            assert_eq!(sip13(&bytes), hasher.finish(), "{length} bytes");
        }
    }
}
