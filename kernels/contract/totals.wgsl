// What a workgroup finds out together: the total and the largest of its lanes' values, in a fixed order.
// A kernel that includes this declares `alias Sum`, f32 or a vector of it, and `const SIZE`, the lanes of a workgroup.
//
// COOPERATIVE: lanes work together, halving their number each time; without it each invocation is alone, as on
// a software adapter, where a barrier costs more than it saves.

#if COOPERATIVE
const LANES = u32(SIZE);
var<workgroup> parts: array<Sum, LANES>;

// Both begin with a barrier: the last call's result may still be read.
fn total(lane: u32, value: Sum) -> Sum {
  workgroupBarrier();
  parts[lane] = value;
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    if (lane < half) {
      parts[lane] += parts[lane + half];
    }
    workgroupBarrier();
  }
  return parts[0];
}

fn largest(lane: u32, value: Sum) -> Sum {
  workgroupBarrier();
  parts[lane] = value;
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    if (lane < half) {
      parts[lane] = max(parts[lane], parts[lane + half]);
    }
    workgroupBarrier();
  }
  return parts[0];
}
#else
const LANES = 1u;
fn total(lane: u32, value: Sum) -> Sum { return value; }
fn largest(lane: u32, value: Sum) -> Sum { return value; }
#endif
