// Moves decoding on by one token: keeps what was sampled, and makes it the next input.
//
// sampled   [rows] i32, logps [rows] f32: what `sample` gave
// ids, positions, lengths  [rows] i32: the next step's token, its position, and the keys it will see
// historyIds, historyLogps [steps, rows]; count [1] u32: tokens kept so far
// One invocation does it all: a batch has few rows, and the count must move once.

struct Params { rows: u32, steps: u32 }

@group(0) @binding(0) var<storage, read> sampled: array<i32>;
@group(0) @binding(1) var<storage, read> logps: array<f32>;
@group(0) @binding(2) var<storage, read_write> ids: array<i32>;
@group(0) @binding(3) var<storage, read_write> positions: array<i32>;
@group(0) @binding(4) var<storage, read_write> lengths: array<i32>;
@group(0) @binding(5) var<storage, read_write> historyIds: array<i32>;
@group(0) @binding(6) var<storage, read_write> historyLogps: array<f32>;
@group(0) @binding(7) var<storage, read_write> count: array<u32>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(1)
fn main() {
  let at = count[0];
  for (var row = 0u; row < params.rows; row++) {
    if (at < params.steps) {
      historyIds[at * params.rows + row] = sampled[row];
      historyLogps[at * params.rows + row] = logps[row];
    }
    ids[row] = sampled[row];
    positions[row] += 1;
    lengths[row] += 1;
  }
  count[0] = at + 1u;
}
