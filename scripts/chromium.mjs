// Finds a Chromium with WebGPU for the browser tests. On Linux x64 that is the one that the npm package
// @sparticuz/chromium carries with the libraries it needs, so that no system package is asked for.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cache = fileURLToPath(new URL('../node_modules/.cache/attune', import.meta.url));

/** As root Chromium needs --no-sandbox; without --enable-unsafe-webgpu SwiftShader is not offered. */
export const chromiumFlags = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-quic',
];

/** The package's files, unpacked once; the folder appears whole or not at all. */
async function unpack() {
  const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  const { version } = JSON.parse(readFileSync(join(entry, '../../package.json'), 'utf8'));
  const folder = join(cache, `chromium-${version}`);
  if (existsSync(folder)) return folder;
  const { inflate } = await import('@sparticuz/chromium');
  const staging = `${folder}.${process.pid}`;
  mkdirSync(staging, { recursive: true });
  const kept = process.env.TMPDIR;
  const archives = ['chromium.br', 'fonts.tar.br', 'swiftshader.tar.br', 'al2023.tar.br'];
  // inflate() takes its target from TMPDIR, which it reads before its first await.
  process.env.TMPDIR = staging;
  const pending = archives.map((name) => inflate(join(entry, '../../bin', name)));
  if (kept === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = kept;
  await Promise.all(pending);
  try {
    renameSync(staging, folder);
  } catch (error) {
    rmSync(staging, { recursive: true, force: true });
    if (!existsSync(folder)) throw error; // else another process was first
  }
  return folder;
}

/** The package's own settings look for its fonts where it would lie in the cloud: without a font every text is empty. */
function placeFonts(folder) {
  const places = [join(folder, 'fonts/fonts'), '/usr/share/fonts', '/usr/local/share/fonts'];
  writeFileSync(
    join(folder, 'fonts/fonts.conf'),
    `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
${places.map((place) => `  <dir>${place}</dir>`).join('\n')}
  <cachedir>${join(folder, 'fonts/cache')}</cachedir>
</fontconfig>
`,
  );
}

const starts = (path, env) =>
  spawnSync(path, ['--version'], { env: { ...process.env, ...env }, timeout: 60_000 }).status === 0;

/**
 * @returns {Promise<{executablePath: string, env: Record<string, string>} | {missing: string}>} the
 * program with the environment it needs, or a sentence that says why there is none. ATTUNE_CHROMIUM overrides.
 */
export async function findChromium() {
  const named = process.env.ATTUNE_CHROMIUM;
  if (named) {
    if (starts(named, {})) return { executablePath: named, env: {} };
    return { missing: `ATTUNE_CHROMIUM is ${named}, which does not start` };
  }
  const tried = [];
  if (process.platform === 'linux' && process.arch === 'x64') {
    try {
      const folder = await unpack();
      placeFonts(folder);
      const libraries = [join(folder, 'al2023/lib'), process.env.LD_LIBRARY_PATH];
      const env = {
        LD_LIBRARY_PATH: libraries.filter(Boolean).join(':'),
        FONTCONFIG_PATH: join(folder, 'fonts'),
      };
      const executablePath = join(folder, 'chromium');
      if (starts(executablePath, env)) return { executablePath, env };
      tried.push('the one of @sparticuz/chromium does not start here');
    } catch (error) {
      tried.push(`@sparticuz/chromium cannot be unpacked (${error.message})`);
    }
  }
  for (const path of installed()) {
    if (existsSync(path) || !path.includes('/')) {
      if (starts(path, {})) return { executablePath: path, env: {} };
    }
  }
  tried.push('no chromium or chrome is installed');
  return { missing: `no Chromium: ${tried.join('; ')}; name one in ATTUNE_CHROMIUM` };
}

function installed() {
  if (process.platform === 'darwin') {
    return ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];
  }
  if (process.platform === 'win32') {
    const folders = [
      process.env.PROGRAMFILES,
      process.env['PROGRAMFILES(X86)'],
      process.env.LOCALAPPDATA,
    ];
    return folders.filter(Boolean).map((at) => join(at, 'Google/Chrome/Application/chrome.exe'));
  }
  return ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
}

if (process.argv[1] && fileURLToPath(import.meta.url) === process.argv[1]) {
  console.log(JSON.stringify(await findChromium(), undefined, 2));
}
