import { expect, test } from 'vitest';
import * as kernels from '../../index.ts';
import { dpoLosses } from './dpo-losses.ts';

test('every loss folder of the DPO family stands under its name in TRL', () => {
  const named = Object.entries(dpoLosses).map(([name, { name: operation }]) => {
    const camel = name.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
    expect(operation).toBe(`dpo${camel}`);
    return operation;
  });
  const exported = Object.keys(kernels).filter((name) => /^dpo[A-Z]\w*Reference$/.test(name));
  expect(named.map((name) => `${name}Reference`).sort()).toEqual(exported.sort());
});
