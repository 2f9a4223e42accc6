import { bottleneckPresets, nonLinearities } from '@attune/peft';
import { expect, test } from 'vitest';
import { peftKeys } from './peft-keys.ts';

test('the placements and functions of bottleneck adapters are all that there are', () => {
  const choices = (name: string) => peftKeys.find((key) => key.name === name)!.choices;
  expect(choices('adapter_config')).toEqual(Object.keys(bottleneckPresets));
  expect(choices('non_linearity')).toEqual(nonLinearities);
});
