// Four k of one row of a, for variants that do not read a transposed a by fours.

fn fourK(at: u32, stride: u32, left: u32) -> vec4f {
#if TRANSPOSE_A
  let v = vec4f(a[at], a[at + stride], a[at + 2u * stride], a[at + 3u * stride]);
#else
  let v = fourOfA(at);
#endif
#if ODD_K
  return select(vec4f(), v, vec4u(0u, 1u, 2u, 3u) < vec4u(left));
#else
  return v;
#endif
}
