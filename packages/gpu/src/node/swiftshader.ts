import { AttuneError } from '../error.ts';
import { readTar } from './tar.ts';

const fs = () => process.getBuiltinModule('node:fs');
const path = () => process.getBuiltinModule('node:path');

/** SwiftShader as it lies on the disk: a Vulkan loader, and the manifest that names the driver beside it. */
export interface SwiftShaderFiles {
  loader: string;
  manifest: string;
}

const needed = ['libvulkan.so.1', 'libvk_swiftshader.so', 'vk_swiftshader_icd.json'];
const packageName = '@sparticuz/chromium';

/**
 * Unpacks the SwiftShader that `@sparticuz/chromium` carries into the user's cache, once for each version.
 * The folder appears whole or not at all, whatever happens and however many processes try.
 *
 * @throws AttuneError `no-swiftshader` where the package is missing, or carries none for this machine
 */
export function unpackSwiftShader(): SwiftShaderFiles {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new AttuneError(
      'no-swiftshader',
      `${packageName} carries SwiftShader for Linux on x64; this is ${process.platform} on ${process.arch}.`,
      process.platform === 'linux'
        ? 'Install Mesa 24 or newer (mesa-vulkan-drivers), whose lavapipe computes on the CPU.'
        : 'Use --device auto or gpu.',
    );
  }
  const { archive, version } = findArchive();
  const failures: string[] = [];
  for (const cache of cacheFolders()) {
    try {
      return unpackInto(cache, archive, version);
    } catch (error) {
      if (error instanceof AttuneError) throw error;
      failures.push(`${cache}: ${(error as Error).message}`);
    }
  }
  throw new AttuneError(
    'no-swiftshader',
    `SwiftShader cannot be unpacked (${failures.join('; ')}).`,
    'Set XDG_CACHE_HOME to a folder that can be written.',
  );
}

function findArchive(): { archive: string; version: string } {
  const { createRequire } = process.getBuiltinModule('node:module');
  const { join } = path();
  try {
    const entry = createRequire(import.meta.url).resolve(packageName);
    const root = join(entry, '../..');
    const { version } = JSON.parse(fs().readFileSync(join(root, 'package.json'), 'utf8'));
    const archive = join(root, 'bin/swiftshader.tar.br');
    fs().accessSync(archive);
    return { archive, version };
  } catch (error) {
    throw new AttuneError(
      'no-swiftshader',
      `SwiftShader is wanted, but the npm package ${packageName} that carries it is not there.`,
      `Run: npm install ${packageName}`,
      { cause: error },
    );
  }
}

/** The user's cache; where that cannot be written, a folder of the user's own among the temporary files. */
export function cacheFolders(env: NodeJS.ProcessEnv = process.env): string[] {
  const { join } = path();
  const { tmpdir, homedir } = process.getBuiltinModule('node:os');
  const folders: string[] = [];
  if (env.XDG_CACHE_HOME) folders.push(join(env.XDG_CACHE_HOME, 'attune'));
  try {
    folders.push(join(env.HOME || homedir(), '.cache/attune'));
  } catch {
    // No home folder at all, as in some containers.
  }
  folders.push(join(tmpdir(), `attune-${process.getuid?.() ?? 'user'}`));
  return folders;
}

function unpackInto(cache: string, archive: string, version: string): SwiftShaderFiles {
  const { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } = fs();
  const { join } = path();
  const folder = join(cache, `swiftshader-${version}`);
  const files = { loader: join(folder, needed[0]!), manifest: join(folder, needed[2]!) };
  const whole = () => needed.every((name) => existsSync(join(folder, name)));
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  // Libraries are loaded from here: nobody else may have put them there.
  if (process.getuid && statSync(cache).uid !== process.getuid()) {
    throw new Error('belongs to another user');
  }
  if (whole()) return files;
  const { brotliDecompressSync } = process.getBuiltinModule('node:zlib');
  const staging = `${folder}.${process.pid}-${Date.now()}`;
  try {
    mkdirSync(staging);
    for (const { name, data } of readTar(brotliDecompressSync(readFileSync(archive)))) {
      if (needed.includes(name)) writeFileSync(join(staging, name), data, { mode: 0o755 });
    }
    if (!whole()) {
      rmSync(folder, { recursive: true, force: true });
      renameSync(staging, folder);
    }
  } catch (error) {
    if (!whole()) throw error; // else another process was first
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return files;
}
