// rewards[places[r]] += scores[r]: each completion's score comes at one place of its own; none where that is negative.
//
// scores [count] f32;  places [count] i32, no two alike;  rewards [tokens] f32
//
// Parallel plan: a completion an invocation.

#include "elements.wgsl"

struct Params { count: u32, tokens: i32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> scores: array<f32>;
@group(0) @binding(2) var<storage, read> places: array<i32>;
@group(0) @binding(3) var<storage, read_write> rewards: array<f32>;

fn each(row: u32) {
  let place = places[row];
  if (place >= 0 && place < params.tokens) {
    rewards[place] += scores[row];
  }
}
