// dTable[v] += scale · Σ of dy[t] over the tokens t with ids[t] - start = v, in the order of the tokens.
//
// ids     [tokens] i32
// links   [tokens, 2] i32: (next token of the same id or -1, first of its chain: 1 or 0)
// dy      [tokens, width] f32; width is in vec4f where it divides by 4
// dTable  [vocabulary, width] f32, zeroed or holding an earlier gradient
//
// Parallel plan: one element (of four numbers where possible) of dy an invocation. Only the first token
// of a chain works: it follows the chain, in chunks of 32 so that rounding stays small.

#include "elements.wgsl"

struct Params { count: u32, width: u32, start: i32, scale: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ids: array<i32>;
@group(0) @binding(2) var<storage, read> links: array<vec2i>;
@group(0) @binding(3) var<storage, read> dy: array<Element>;
@group(0) @binding(4) var<storage, read_write> dTable: array<Element>;

fn each(i: u32) {
  let first = i / params.width;
  let column = i % params.width;
  if (links[first].y == 0) {
    return;
  }
  var sum = Element(0.0);
  var token = i32(first);
  while (token >= 0) {
    var part = Element(0.0);
    for (var n = 0; n < 32 && token >= 0; n++) {
      part += dy[u32(token) * params.width + column];
      token = links[token].x;
    }
    sum += part;
  }
  dTable[u32(ids[first] - params.start) * params.width + column] += params.scale * sum;
}
