  // Answers; the options of every pair loss: β, which score, its power (pair-loss.forward.wgsl).
  count: u32, beta: f32, score: u32, power: f32,
