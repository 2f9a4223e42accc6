// jax-js: a product of matrices, and the training step of the benchmark's GPT.

export async function jax(devices) {
  const library = await import('@jax-js/jax');
  await library.init('webgpu');
  library.defaultDevice('webgpu');
  const device = devices.at(-1);
  const { numpy: np, jit } = library;
  return {
    name: 'jax-js 0.1.25 (jit)',
    async product(a, b, [m, n, k]) {
      const x = np.array(a).reshape([m, k]);
      const y = np.array(b).reshape([k, n]);
      const multiply = jit((p, q) => np.matmul(p, q));
      let last;
      return {
        async run() {
          last?.dispose();
          last = multiply(x.ref, y.ref);
          await last.blockUntilReady();
          await device.queue.onSubmittedWorkDone();
        },
        result: async () => Float32Array.from(await last.ref.data()),
        dispose() {
          for (const array of [last, x, y]) array.dispose();
        },
      };
    },
    trainer: (model) => trainer(library, model, () => device.queue.onSubmittedWorkDone()),
  };
}

/**
 * The benchmark's GPT under jit: forward, gradient and Adam in one traced function.
 * The embedding is a product with one-hot rows: in this version the gradient of a lookup fails under jit.
 */
async function trainer(library, { gpt, adam, weights, batch }, finished) {
  const { numpy: np, nn, jit, valueAndGrad, tree } = library;
  const { vocabulary, length, rows, width, heads, layers } = gpt;
  const split = [rows, length, heads, width / heads];

  const norm = (p, x, name) => nn.standardize(x).mul(p[`${name}.weight`]).add(p[`${name}.bias`]);

  function loss(p, ids, targets) {
    let x = np
      .matmul(nn.oneHot(ids, vocabulary), p.tokens)
      .reshape([rows, length, width])
      .add(p.positions);
    for (let i = 0; i < layers; i++) {
      const a = norm(p, x.ref, `${i}.norm1`);
      const q = np.matmul(a.ref, p[`${i}.q`]).reshape(split);
      const k = np.matmul(a.ref, p[`${i}.k`]).reshape(split);
      const v = np.matmul(a, p[`${i}.v`]).reshape(split);
      const seen = nn.dotProductAttention(q, k, v, { isCausal: true });
      x = x.add(np.matmul(seen.reshape([rows, length, width]), p[`${i}.o`]));
      const up = np.matmul(norm(p, x.ref, `${i}.norm2`), p[`${i}.up`]);
      x = x.add(np.matmul(nn.gelu(up), p[`${i}.down`]));
    }
    const logits = np.matmul(norm(p, x, 'norm'), p.head).reshape([rows * length, vocabulary]);
    const chosen = nn.logSoftmax(logits).mul(nn.oneHot(targets, vocabulary));
    return chosen.sum().mul(-1 / (rows * length));
  }

  const gradients = valueAndGrad(loss);
  const step = jit((state, ids, targets) => {
    const [value, g] = gradients(tree.ref(state.p), ids, targets);
    const [p, m, v] = [{}, {}, {}];
    for (const name of Object.keys(state.p)) {
      const first = state.m[name].mul(adam.beta1).add(g[name].ref.mul(1 - adam.beta1));
      const second = state.v[name].mul(adam.beta2).add(np.square(g[name]).mul(1 - adam.beta2));
      m[name] = first.ref;
      v[name] = second.ref;
      const down = np.sqrt(second.mul(state.unbias.v.ref)).add(adam.eps);
      p[name] = state.p[name].sub(first.mul(state.unbias.m.ref).mul(adam.lr).div(down));
    }
    state.unbias.m.dispose();
    state.unbias.v.dispose();
    return { value, p, m, v };
  });

  const tensors = (fill) =>
    Object.fromEntries(
      [...weights].map(([name, { shape, data }]) => [name, np.array(fill(data)).reshape(shape)]),
    );
  const zeros = (data) => new Float32Array(data.length);
  let state = { p: tensors((data) => data), m: tensors(zeros), v: tensors(zeros) };
  const ids = np.array(batch.ids, { dtype: np.int32 });
  const targets = np.array(batch.targets, { dtype: np.int32 });
  let t = 0;
  return {
    async step() {
      t++;
      const unbias = {
        m: np.array([1 / (1 - adam.beta1 ** t)]),
        v: np.array([1 / (1 - adam.beta2 ** t)]),
      };
      const { value, ...next } = step({ ...state, unbias }, ids.ref, targets.ref);
      state = next;
      const [read] = await value.data();
      await finished();
      return read;
    },
    dispose() {
      for (const part of Object.values(state)) tree.dispose(part);
      ids.dispose();
      targets.dispose();
    },
  };
}
