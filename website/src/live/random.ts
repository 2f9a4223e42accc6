import {
  type HostArrays,
  type Operation,
  philox,
  randomText,
  shader,
  type Tensors,
  uniform01,
} from '@attune/kernels';

const source = shader(
  'random.page',
  `${randomText}
struct Params { count: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> counters: array<vec4u>;
@group(0) @binding(2) var<storage, read> key: array<u32>;
@group(0) @binding(3) var<storage, read_write> words: array<vec4u>;
@group(0) @binding(4) var<storage, read_write> fractions: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i < params.count) {
    words[i] = philox(counters[i], vec2u(key[0], key[1]));
    fractions[i] = uniform01(words[i].x);
  }
}`,
);

/** The generator as an operation, so that a page can run it: in Attune it is part of the kernels that draw. */
export const random: Operation<Tensors, Tensors, unknown> = {
  name: 'random',
  forward(recorder, { counters, key }) {
    const count = counters!.shape[0]!;
    const words = recorder.tensor('words', [count, 4], 'u32');
    const fractions = recorder.tensor('fractions', [count]);
    recorder.dispatch(source, {
      tensors: { counters: counters!, key: key!, words, fractions },
      params: { count },
      workgroups: Math.ceil(count / 64),
    });
    return { words, fractions };
  },
  reference: {
    forward({ counters, key }: HostArrays): HostArrays {
      const count = counters!.shape[0]!;
      const words = new Float64Array(4 * count);
      const fractions = new Float64Array(count);
      const [k0, k1] = key!.data as Uint32Array;
      for (let i = 0; i < count; i++) {
        const [a, b, c, d] = counters!.data.subarray(4 * i, 4 * i + 4);
        const drawn = philox([a!, b!, c!, d!], [k0!, k1!]);
        words.set(drawn, 4 * i);
        fractions[i] = uniform01(drawn[0]);
      }
      return {
        words: { shape: [count, 4], data: words },
        fractions: { shape: [count], data: fractions },
      };
    },
  },
};
