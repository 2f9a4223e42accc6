import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { manifestFolders, manifests, preload, withEnvironment } from './vulkan.ts';

test('driver manifests are looked for where the Vulkan loader looks', () => {
  const folders = manifestFolders({ HOME: '/h', XDG_DATA_DIRS: '/a:/b' });
  for (const root of ['/h/.config', '/etc/xdg', '/etc', '/h/.local/share', '/a', '/b']) {
    expect(folders).toContain(join(root, 'vulkan/icd.d'));
  }
  expect(manifestFolders({})).toContain(join('/usr/share', 'vulkan/icd.d'));
});

test('only json files count as manifests, and missing folders as empty', () => {
  const root = mkdtempSync(join(tmpdir(), 'attune-test-'));
  const folder = join(root, 'vulkan/icd.d');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'lvp_icd.x86_64.json'), '{}');
  writeFileSync(join(folder, 'readme.txt'), '');
  const found = manifests({ HOME: root, XDG_DATA_DIRS: root, XDG_CONFIG_DIRS: '/nowhere' });
  expect(found.filter((file) => file.startsWith(root))).toEqual([
    join(folder, 'lvp_icd.x86_64.json'),
  ]);
  rmSync(root, { recursive: true });
});

test('environment variables are set for the native call and put back, also when it fails', async () => {
  process.env.ATTUNE_TEST_A = 'old';
  const seen = await withEnvironment({ ATTUNE_TEST_A: 'new', ATTUNE_TEST_B: 'b' }, async () => [
    process.env.ATTUNE_TEST_A,
    process.env.ATTUNE_TEST_B,
  ]);
  expect(seen).toEqual(['new', 'b']);
  const failing = withEnvironment({ ATTUNE_TEST_A: 'new' }, () => Promise.reject(new Error('no')));
  await expect(failing).rejects.toThrow('no');
  expect(process.env.ATTUNE_TEST_A).toBe('old');
  expect('ATTUNE_TEST_B' in process.env).toBe(false);
  delete process.env.ATTUNE_TEST_A;
});

test('preloading a library that is not there says so and throws nothing', () => {
  expect(preload('libattune-nowhere.so.9')).toBe(false);
});
