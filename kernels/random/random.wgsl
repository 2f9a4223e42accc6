// Counter-based random numbers, for other kernels to include (random.ts has the same in TypeScript).
// philox(counter, key) gives four words that depend on counter and key alone: Philox 4×32-10 of
// Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".

// The 64-bit product of two words, as (low, high); WGSL has none.
fn wideProduct(x: u32, y: u32) -> vec2u {
  let low = (x & 0xffffu) * (y & 0xffffu);
  let middle = (x >> 16u) * (y & 0xffffu) + (low >> 16u);
  let other = (x & 0xffffu) * (y >> 16u) + (middle & 0xffffu);
  return vec2u(x * y, (x >> 16u) * (y >> 16u) + (middle >> 16u) + (other >> 16u));
}

fn philox(counter: vec4u, key: vec2u) -> vec4u {
  var c = counter;
  var k = key;
  for (var round = 0u; round < 10u; round++) {
    let a = wideProduct(0xd2511f53u, c.x);
    let b = wideProduct(0xcd9e8d57u, c.z);
    c = vec4u(b.y ^ c.y ^ k.x, b.x, a.y ^ c.w ^ k.y, a.x);
    k += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}

// In [0, 1), a multiple of 2^-24, exact in f32.
fn uniform01(word: u32) -> f32 {
  return f32(word >> 8u) * 0x1p-24;
}
