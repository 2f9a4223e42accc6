import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Mesa's software driver, where the system has it: the path of its Vulkan manifest. */
export function lavapipeDriver() {
  for (const folder of [
    '/usr/share/vulkan/icd.d',
    '/etc/vulkan/icd.d',
    '/usr/local/share/vulkan/icd.d',
  ]) {
    const manifests = existsSync(folder) ? readdirSync(folder) : [];
    const name = manifests.find((file) => /^lvp_icd.*\.json$/.test(file));
    if (name) return join(folder, name);
  }
}

/** A part of the tests that cannot run here: one skip that names what is missing. */
export function skippedPart(part, missing) {
  console.warn(`The ${part} tests are SKIPPED: ${missing}.`);
  return {
    passed: 0,
    failed: 0,
    skipped: 1,
    skips: [`all ${part} tests: ${missing}`],
    failures: [],
  };
}
