// TensorFlow.js: a product of matrices, and the training step of the benchmark's GPT.

export async function tensorflow() {
  const loaded = await import('@tensorflow/tfjs');
  const tf = loaded.default ?? loaded;
  await import('@tensorflow/tfjs-backend-webgpu');
  await tf.setBackend('webgpu');
  await tf.ready();
  const backend = tf.backend();
  const finished = async () => {
    if (backend.commandEncoder) {
      backend.endComputePassEncoder();
      backend.submitQueue();
    }
    await backend.device.queue.onSubmittedWorkDone();
  };
  return {
    name: 'TensorFlow.js 4.22.0',
    async product(a, b, [m, n, k]) {
      const x = tf.tensor2d(a, [m, k]);
      const y = tf.tensor2d(b, [k, n]);
      let last;
      return {
        async run() {
          last?.dispose();
          last = tf.matMul(x, y);
          await finished();
        },
        result: async () => Float32Array.from(await last.data()),
        dispose() {
          for (const tensor of [last, x, y]) tensor.dispose();
        },
      };
    },
    trainer: (model) => trainer(tf, model, finished),
  };
}

/** The benchmark's GPT, eager (there is no other way), with its own Adam, whose epsilon is set to ours. */
async function trainer(tf, { gpt, adam, weights, batch }, finished) {
  const { vocabulary, length, rows, width, heads, layers, eps } = gpt;
  const tokens = rows * length;
  const p = Object.fromEntries(
    [...weights].map(([name, { shape, data }]) => [name, tf.variable(tf.tensor(data, shape))]),
  );
  const ids = tf.oneHot(tf.tensor1d(batch.ids, 'int32'), vocabulary).toFloat();
  const targets = tf.oneHot(tf.tensor1d(batch.targets, 'int32'), vocabulary).toFloat();
  const future = Float32Array.from({ length: length * length }, (_, i) =>
    i % length > Math.floor(i / length) ? -1e9 : 0,
  );
  const mask = tf.tensor(future, [1, 1, length, length]);

  const norm = (x, name) => {
    const { mean, variance } = tf.moments(x, -1, true);
    const plain = x.sub(mean).div(variance.add(eps).sqrt());
    return plain.mul(p[`${name}.weight`]).add(p[`${name}.bias`]);
  };
  const cubic = (x) => x.add(x.mul(x).mul(x).mul(0.044715)).mul(Math.sqrt(2 / Math.PI));
  const gelu = (x) => x.mul(0.5).mul(cubic(x).tanh().add(1));
  const linear = (x, name) => tf.matMul(x.reshape([tokens, x.shape.at(-1)]), p[name]);
  const split = (x) => x.reshape([rows, length, heads, width / heads]).transpose([0, 2, 1, 3]);

  function loss() {
    let x = tf.matMul(ids, p.tokens).reshape([rows, length, width]).add(p.positions);
    for (let i = 0; i < layers; i++) {
      const a = norm(x, `${i}.norm1`);
      const [q, k, v] = ['q', 'k', 'v'].map((name) => split(linear(a, `${i}.${name}`)));
      const scores = tf.matMul(q, k, false, true).mul(1 / Math.sqrt(width / heads));
      const seen = tf.matMul(tf.softmax(scores.add(mask)), v).transpose([0, 2, 1, 3]);
      x = x.add(linear(seen.reshape([tokens, width]), `${i}.o`).reshape(x.shape));
      const up = linear(norm(x, `${i}.norm2`), `${i}.up`);
      x = x.add(linear(gelu(up), `${i}.down`).reshape(x.shape));
    }
    const logits = linear(norm(x, 'norm'), 'head');
    return tf
      .logSoftmax(logits)
      .mul(targets)
      .sum()
      .mul(-1 / tokens);
  }

  const optimizer = tf.train.adam(adam.lr, adam.beta1, adam.beta2, adam.eps);
  return {
    async step() {
      const value = optimizer.minimize(loss, true);
      const [read] = await value.data();
      value.dispose();
      await finished();
      return read;
    },
    dispose() {
      optimizer.dispose();
      for (const tensor of [...Object.values(p), ids, targets, mask]) tensor.dispose();
    },
  };
}
