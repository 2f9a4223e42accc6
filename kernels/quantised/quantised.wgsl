// Four neighbours in a row of WEIGHT, the elements from 4 · at on, as float32.
//
// WEIGHT  F16, BF16: array<vec2u>, two numbers a word
//         Q8_0, Q4_0, Q4_1, Q4_K: array<u32>: integers q, eight or four bits each, lowest bits first;
//         from word params.scales on what turns them back, for each block of 32:
//         Q8_0  d · q         d f16
//         Q4_0  d · (q - 8)   d f16
//         Q4_1  d · q + m     d, m f16
//         Q4_K  d · s · q - e · t, of 256 numbers: a word with d, e f16, then eight times s, t in a byte each
//         else array<vec4f>

#if F16
fn fourOfWEIGHT(at: u32) -> vec4f {
  let pair = WEIGHT[at];
  return vec4f(unpack2x16float(pair.x), unpack2x16float(pair.y));
}
#elif BF16
fn fourOfWEIGHT(at: u32) -> vec4f {
  let pair = WEIGHT[at];
  return bitcast<vec4f>(
    vec4u(pair.x << 16u, pair.x & 0xffff0000u, pair.y << 16u, pair.y & 0xffff0000u));
}
#elif Q8_0
fn fourOfWEIGHT(at: u32) -> vec4f {
  let word = WEIGHT[at];
  let q = vec4f(bitcast<vec4i>(vec4u(word << 24u, word << 16u, word << 8u, word)) >> vec4u(24u));
  return scaleOfWEIGHT(at / 8u).x * q;
}
#elif FOUR_BITS
fn fourOfWEIGHT(at: u32) -> vec4f {
  let word = WEIGHT[at / 2u] >> (16u * (at & 1u));
  let scale = scaleOfWEIGHT(at / 8u);
  return scale.x * vec4f((vec4u(word) >> vec4u(0u, 4u, 8u, 12u)) & vec4u(15u)) + scale.y;
}
#else
fn fourOfWEIGHT(at: u32) -> vec4f {
  return WEIGHT[at];
}
#endif

// A number of this block of 32 is scale.x · q + scale.y; no digit is lost.
#if Q8_0
fn scaleOfWEIGHT(block: u32) -> vec2f {
  return vec2f(unpack2x16float(WEIGHT[params.scales + block / 2u] >> ((block & 1u) * 16u)).x, 0.0);
}
#elif Q4_0
fn scaleOfWEIGHT(block: u32) -> vec2f {
  let d = unpack2x16float(WEIGHT[params.scales + block / 2u] >> ((block & 1u) * 16u)).x;
  return vec2f(d, -8.0 * d);
}
#elif Q4_1
fn scaleOfWEIGHT(block: u32) -> vec2f {
  return unpack2x16float(WEIGHT[params.scales + block]);
}
#elif FOUR_BITS
fn scaleOfWEIGHT(block: u32) -> vec2f {
  let group = params.scales + block / 8u * 5u;
  let own = WEIGHT[group + 1u + block / 2u % 4u] >> ((block & 1u) * 16u);
  return unpack2x16float(WEIGHT[group]) * vec2f(f32(own & 255u), -f32((own >> 8u) & 255u));
}
#endif
