// state[2] += 1: the next draw of the same seed is another one.
//
// state  [4] u32: seed (low, high), step, 0

@group(0) @binding(0) var<storage, read_write> state: array<u32, 4>;

@compute @workgroup_size(1)
fn main() {
  state[2] += 1u;
}
