import { expect, it } from 'vitest';
import { screenRegex } from './regex-screen.ts';

const published = {
  'GPT-2': "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
  'Llama 3':
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  o200k:
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}",
  'digits in threes': '\\p{N}{1,3}(?=(?:\\p{N}{3})*(?!\\p{N}))',
  Bloom: ' ?[^(\\s|[.,!?…。，、।۔،])]+',
  DeepSeek:
    '[!"#$%&\'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+',
};

it.each(Object.entries(published))('the pattern of %s passes', (_, pattern) => {
  expect(() => screenRegex(pattern)).not.toThrow();
});

it.each([
  '(a+)+$',
  '(?:a*)*b',
  '(a|a)*$',
  '(a|ab)+c',
  '(a?){40}a',
  '(?:x{2,3})+y',
  '([a-z]+\\s?)+',
  '((a)|b)+',
  '(?<n>a+)+',
  'a*a*a*a*b',
  'a{0,900}a{0,900}a{0,900}a{0,900}b',
  '(x)\\1',
  `${'a'.repeat(20_000)}`,
])('a pattern that can run for ever is refused: %s', (pattern) => {
  expect(() => screenRegex(pattern)).toThrow(/regular expression/);
});
