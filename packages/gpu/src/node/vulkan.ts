// How Dawn and wgpu find Vulkan on Linux: the loader libvulkan.so.1, and driver manifests (ICDs) that the
// loader reads each time an instance is created. Built-in modules come through process.getBuiltinModule,
// so that bundlers of pages find nothing to resolve in here.
const fs = () => process.getBuiltinModule('node:fs');
const path = () => process.getBuiltinModule('node:path');
const os = () => process.getBuiltinModule('node:os');

/** The folders that the Vulkan loader searches, in its order. */
export function manifestFolders(env: NodeJS.ProcessEnv = process.env): string[] {
  const { join } = path();
  const home = env.HOME ?? '';
  const list = (value: string | undefined, otherwise: string) =>
    (value || otherwise).split(':').filter(Boolean);
  const roots = [
    env.XDG_CONFIG_HOME || (home && join(home, '.config')),
    ...list(env.XDG_CONFIG_DIRS, '/etc/xdg'),
    '/etc',
    env.XDG_DATA_HOME || (home && join(home, '.local/share')),
    ...list(env.XDG_DATA_DIRS, '/usr/local/share:/usr/share'),
  ];
  return roots.filter((root) => root !== '').map((root) => join(root as string, 'vulkan/icd.d'));
}

/** Every installed driver manifest. */
export function manifests(env: NodeJS.ProcessEnv = process.env): string[] {
  const { join } = path();
  return manifestFolders(env).flatMap((folder) => {
    try {
      const names = fs().readdirSync(folder);
      return names.filter((name) => name.endsWith('.json')).map((name) => join(folder, name));
    } catch {
      return [];
    }
  });
}

export const lavapipeManifest = (): string | undefined =>
  manifests().find((file) => /^lvp_icd.*\.json$/.test(path().basename(file)));

/** Whether the user has chosen drivers through the loader's own variables. */
export const driversChosen = (): boolean =>
  Boolean(process.env.VK_DRIVER_FILES || process.env.VK_ICD_FILENAMES);

/**
 * Loads a shared library so that a later dlopen of its soname finds it, without LD_LIBRARY_PATH and
 * without starting the process anew. Node complains that it is no add-on and closes it;
 * RTLD_NODELETE keeps it. `name` is a path, or a bare soname that the system's search path has.
 */
export function preload(name: string): boolean {
  const nodelete = 0x1000;
  const { RTLD_NOW, RTLD_GLOBAL } = os().constants.dlopen;
  try {
    process.dlopen({ exports: {} }, name, RTLD_NOW | RTLD_GLOBAL | nodelete);
    return true;
  } catch (error) {
    return /self-register/.test(String(error));
  }
}

/**
 * Runs `work` with environment variables that native code reads, then puts the old ones back, so that
 * processes started later do not inherit them.
 */
export async function withEnvironment<T>(
  variables: Record<string, string>,
  work: () => Promise<T>,
): Promise<T> {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  try {
    return await work();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

/** Older loaders know only VK_ICD_FILENAMES. */
export const onlyDriver = (manifest: string): Record<string, string> => ({
  VK_DRIVER_FILES: manifest,
  VK_ICD_FILENAMES: manifest,
});
