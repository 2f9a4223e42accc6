import { openModel } from '@attune/model';
import { expect, test } from 'vitest';
import { findTargets, modulePaths, namedTargets, type TargetOptions } from './targets.ts';

const fixtures = new URL('../fixtures', import.meta.url).pathname;
const { config } = await openModel(`${fixtures}/families/llama`);
const tied = { ...config, tieWordEmbeddings: true };
const paths = (options: TargetOptions) => findTargets(config, options).map(({ path }) => path);

test('modules are those with tensors and those around them; a tied output layer is one', () => {
  expect(modulePaths(config).slice(0, 6)).toEqual([
    'model',
    'model.embed_tokens',
    'model.layers.0',
    'model.layers.0.input_layernorm',
    'model.layers.0.self_attn',
    'model.layers.0.self_attn.q_proj',
  ]);
  expect(modulePaths(config)).not.toContain('model.layers');
  expect(modulePaths(tied)).toContain('lm_head');
});

test("without names PEFT's default for the family is adapted", () => {
  expect(namedTargets(config, null)).toEqual(['q_proj', 'v_proj']);
  expect(paths({})).toEqual(paths({ targetModules: ['q_proj', 'v_proj'] }));
});

test.each<[string, TargetOptions, string, RegExp]>([
  [
    'a misspelt name among others',
    { targetModules: ['q_proj', 'v_porj'] },
    'no-target-modules',
    /v_porj.*called/,
  ],
  [
    'the embedding',
    { targetModules: ['q_proj', 'embed_tokens'] },
    'bad-target-modules',
    /embed_tokens.*no linear/,
  ],
  ['a norm', { targetModules: ['q_proj', 'norm'] }, 'bad-target-modules', /model\.norm.*no linear/],
  [
    'a module that holds layers',
    { targetModules: ['mlp'] },
    'bad-target-modules',
    /layers\.0\.mlp.*no linear/,
  ],
  [
    'the output layer',
    { targetModules: ['q_proj', 'lm_head'] },
    'bad-target-modules',
    /output layer lm_head/,
  ],
  [
    'a pattern that takes a norm too',
    { targetModules: '.*norm|.*q_proj' },
    'bad-target-modules',
    /norm.*no linear/,
  ],
  ['a pattern of nothing', { targetModules: '.*qproj' }, 'no-target-modules', /matches none/],
  ['a pattern that is none', { targetModules: '(' }, 'bad-target-modules', /not closed/],
  [
    'layers that there are not',
    { targetModules: ['q_proj'], layersToTransform: 9 },
    'no-target-modules',
    /narrowed by layers_to_transform/,
  ],
  [
    'all of them excluded',
    { targetModules: ['q_proj'], excludeModules: ['q_proj'] },
    'no-target-modules',
    /narrowed by exclude_modules/,
  ],
])('%s is refused', (_, options, code, message) => {
  try {
    findTargets(config, options);
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({ code });
    expect((error as Error).message).toMatch(message);
  }
});

test('whole paths are adapted in every layer, names in those that are counted', () => {
  const first = 'model.layers.0.self_attn.q_proj';
  const options = { targetModules: [first, 'v_proj'], layersToTransform: [1] };
  expect(paths(options)).toEqual([first, 'model.layers.1.self_attn.v_proj']);
  const counted = { targetModules: ['q_proj'], layersToTransform: 1, layersPattern: 'layers' };
  expect(paths(counted)).toEqual(['model.layers.1.self_attn.q_proj']);
  expect(() => paths({ ...counted, layersPattern: ['blocks'] })).toThrow(/matches none/);
});

test('a module that trains whole gets no LoRA, nor does anything in it', () => {
  const options = { targetModules: ['q_proj', 'up_proj'], modulesToSave: ['layers.0.mlp'] };
  expect(paths(options)).toEqual([
    'model.layers.0.self_attn.q_proj',
    'model.layers.1.self_attn.q_proj',
    'model.layers.1.mlp.up_proj',
  ]);
});

test("Python's pattern for some layers is read as Python reads it", () => {
  const pattern = String.raw`(?P<at>model\.layers\.1)\.(?i:MLP)\.(gate|up)_proj\Z`;
  expect(paths({ targetModules: pattern })).toEqual([
    'model.layers.1.mlp.gate_proj',
    'model.layers.1.mlp.up_proj',
  ]);
});
