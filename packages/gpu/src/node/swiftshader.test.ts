import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cacheFolders, unpackSwiftShader } from './swiftshader.ts';

const linux = process.platform === 'linux' && process.arch === 'x64';
const kept = process.env.XDG_CACHE_HOME;
let cache: string;

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'attune-test-'));
  process.env.XDG_CACHE_HOME = cache;
});

afterEach(() => {
  if (kept === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = kept;
  rmSync(cache, { recursive: true, force: true });
});

test.runIf(linux)('the carried SwiftShader is unpacked once and leaves nothing beside it', () => {
  const { loader, manifest } = unpackSwiftShader();
  expect(loader.startsWith(cache)).toBe(true);
  expect(readFileSync(loader).subarray(0, 4)).toEqual(Buffer.from('\x7fELF', 'latin1'));
  const { library_path } = JSON.parse(readFileSync(manifest, 'utf8')).ICD;
  expect(existsSync(join(manifest, '..', library_path))).toBe(true);
  const before = statSync(loader).mtimeMs;
  expect(unpackSwiftShader()).toEqual({ loader, manifest });
  expect(statSync(loader).mtimeMs).toBe(before);
  expect(readdirSync(join(cache, 'attune'))).toHaveLength(1);
});

test.runIf(linux)('a folder from which a cleaner has taken a file is unpacked again', () => {
  const { loader, manifest } = unpackSwiftShader();
  rmSync(loader);
  expect(unpackSwiftShader()).toEqual({ loader, manifest });
  expect(existsSync(loader)).toBe(true);
  expect(readdirSync(join(cache, 'attune'))).toHaveLength(1);
});

test.runIf(linux)('where the cache cannot be written, the temporary folder serves', () => {
  process.env.XDG_CACHE_HOME = '/dev/null';
  const home = process.env.HOME;
  process.env.HOME = '/dev/null';
  try {
    expect(unpackSwiftShader().loader.startsWith(tmpdir())).toBe(true);
  } finally {
    if (home === undefined) delete process.env.HOME;
    else process.env.HOME = home;
  }
});

test('the cache is the user’s own: XDG_CACHE_HOME, ~/.cache, then a private temporary folder', () => {
  const folders = cacheFolders({ XDG_CACHE_HOME: '/c', HOME: '/h' });
  expect(folders.slice(0, 2)).toEqual([join('/c', 'attune'), join('/h', '.cache/attune')]);
  expect(folders[2]).toMatch(/attune-(\d+|user)$/);
  expect(cacheFolders({ HOME: '/h' })[0]).toBe(join('/h', '.cache/attune'));
});
