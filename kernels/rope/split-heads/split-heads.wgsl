// Queries, keys and values that one product computed side by side, taken apart; if ROTATE, q and k are turned by
// their position on the way (rope.forward.wgsl has the formula); v is copied. If JOIN, the gradient: turned back
// and put together again. If CACHE, one token of each sequence, whose keys and values go to its position in caches
// k, v [tokens, capacity, kvHeads · D]; outside the capacity nowhere.
//
// qkv             [tokens, (heads + 2 · kvHeads) · D] f32: the heads of q, of k, of v
// q               [tokens, heads · D] f32
// k, v            [tokens, kvHeads · D] f32
// cosines, sines  [positions, D/2] f32, if ROTATE
// positions       [tokens] i32, if ROTATE or CACHE; below 0 (padding) counts as 0
//
// Four neighbouring pairs are one element where D/2 divides by 4.
//
// Parallel plan: one pair (i, i + D/2) of one head of one token an invocation (or four pairs).

#include "elements.wgsl"

struct Params { count: u32, heads: u32, kvHeads: u32, half: u32, capacity: i32 }

@group(0) @binding(0) var<uniform> params: Params;
#if ROTATE
@group(0) @binding(1) var<storage, read> cosines: array<Element>;
@group(0) @binding(2) var<storage, read> sines: array<Element>;
#endif
#if POSITIONS
@group(0) @binding(3) var<storage, read> positions: array<i32>;
#endif
#if JOIN
@group(0) @binding(4) var<storage, read_write> qkv: array<Element>;
@group(0) @binding(5) var<storage, read> q: array<Element>;
@group(0) @binding(6) var<storage, read> k: array<Element>;
@group(0) @binding(7) var<storage, read> v: array<Element>;
#else
@group(0) @binding(4) var<storage, read> qkv: array<Element>;
@group(0) @binding(5) var<storage, read_write> q: array<Element>;
@group(0) @binding(6) var<storage, read_write> k: array<Element>;
@group(0) @binding(7) var<storage, read_write> v: array<Element>;
#endif

// Pair i (low, high) of a head of `token`, turned by its angle times `direction`.
fn turn(low: Element, high: Element, token: u32, i: u32, direction: f32) -> array<Element, 2> {
#if ROTATE
  let angle = u32(max(positions[token], 0)) * params.half + i;
  let c = cosines[angle];
  let s = sines[angle] * direction;
  return array<Element, 2>(low * c - high * s, high * c + low * s);
#else
  return array<Element, 2>(low, high);
#endif
}

// The first row of keys or values of a token, counted in heads.
fn rowOf(token: u32) -> u32 {
#if CACHE
  return (token * u32(params.capacity) + u32(positions[token])) * params.kvHeads;
#else
  return token * params.kvHeads;
#endif
}

fn each(pair: u32) {
  let half = params.half;
  let all = params.heads + 2u * params.kvHeads;
  let i = pair % half;
  let head = pair / half % all;
  let token = pair / half / all;
  let packed = pair / half * half * 2u + i;
#if JOIN
  if (head < params.heads) {
    let at = (token * params.heads + head) * half * 2u + i;
    let back = turn(q[at], q[at + half], token, i, -1.0);
    qkv[packed] = back[0];
    qkv[packed + half] = back[1];
  } else if (head < params.heads + params.kvHeads) {
    let at = (token * params.kvHeads + head - params.heads) * half * 2u + i;
    let back = turn(k[at], k[at + half], token, i, -1.0);
    qkv[packed] = back[0];
    qkv[packed + half] = back[1];
  } else {
    let at = (token * params.kvHeads + head - params.heads - params.kvHeads) * half * 2u + i;
    qkv[packed] = v[at];
    qkv[packed + half] = v[at + half];
  }
#else
  let low = qkv[packed];
  let high = qkv[packed + half];
  let turned = turn(low, high, token, i, 1.0);
  if (head < params.heads) {
    let at = (token * params.heads + head) * half * 2u + i;
    q[at] = turned[0];
    q[at + half] = turned[1];
    return;
  }
#if CACHE
  if (positions[token] < 0 || positions[token] >= params.capacity) {
    return;
  }
#endif
  if (head < params.heads + params.kvHeads) {
    let at = (rowOf(token) + head - params.heads) * half * 2u + i;
    k[at] = turned[0];
    k[at + half] = turned[1];
  } else {
    let at = (rowOf(token) + head - params.heads - params.kvHeads) * half * 2u + i;
    v[at] = low;
    v[at + half] = high;
  }
#endif
}
