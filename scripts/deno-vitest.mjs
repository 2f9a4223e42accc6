// What `import … from 'vitest'` means in Deno: vitest itself needs Node, but its runner and its
// assertions are plain modules. scripts/deno.mjs bundles this in vitest's place.

import {
  GLOBAL_EXPECT,
  getState,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from '@vitest/expect';
import { startTests } from '@vitest/runner';
import * as chai from 'chai';

export {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  it,
  onTestFinished,
  suite,
  test,
} from '@vitest/runner';

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);

export const assert = chai.assert;
export const expect = Object.assign((value, message) => {
  const state = getState(expect);
  setState({ assertionCalls: state.assertionCalls + 1 }, expect);
  return chai.expect(value, message);
}, chai.expect);
expect.getState = () => getState(expect);
expect.setState = (state) => setState(state, expect);
setState(
  { assertionCalls: 0, isExpectingAssertions: false, expectedAssertionsNumber: null },
  expect,
);
globalThis[GLOBAL_EXPECT] = expect;

const config = {
  root: '/',
  setupFiles: [],
  name: 'deno',
  passWithNoTests: true,
  testNamePattern: undefined,
  allowOnly: false,
  sequence: { seed: 0, hooks: 'stack', setupFiles: 'list' },
  chaiConfig: undefined,
  maxConcurrency: 1,
  testTimeout: 120_000,
  hookTimeout: 120_000,
  retry: 0,
  includeTaskLocation: false,
  tags: [],
  tagsFilter: undefined,
  strictTags: false,
};

const leaves = (task) => (task.type === 'test' ? [task] : task.tasks.flatMap(leaves));

/** Files and suites whose own errors (a hook's, an import's) are no test's. */
const suitesOf = (task) => (task.type === 'test' ? [] : [task, ...task.tasks.flatMap(suitesOf)]);

/** Runs test files, `{path: () => import(path)}`; prints each and returns the counts and names. */
export async function runFiles(files) {
  const result = { passed: 0, failed: 0, skipped: 0, skips: [], failures: [] };
  for (const [path, load] of Object.entries(files)) {
    const began = performance.now();
    const runner = { config, importFile: load };
    const [file] = await startTests([path], runner);
    const counts = { passed: 0, failed: 0, skipped: 0 };
    const fail = (name, problems) => {
      counts.failed++;
      result.failures.push(`${path}: ${name}: ${problems[0]?.message?.split('\n')[0] ?? 'failed'}`);
      for (const error of problems) {
        const lines = (error.stack ?? error.message).split('\n');
        console.log(
          `  ✗ ${name}\n    ${lines.filter((line) => !/@vitest.runner/.test(line)).join('\n')}`,
        );
      }
    };
    for (const suite of suitesOf(file)) {
      if (suite.result?.errors?.length) fail(suite.name, suite.result.errors);
    }
    for (const test of leaves(file)) {
      const name = [...ancestors(test), test.name].join(' > ');
      const { state, errors, note } = test.result ?? {};
      if (state === 'pass') counts.passed++;
      else if (state === 'fail') fail(name, errors ?? []);
      else {
        counts.skipped++;
        result.skips.push(`${path}: ${name}${note ? ` [${note}]` : ''}`);
      }
    }
    for (const key of Object.keys(counts)) result[key] += counts[key];
    console.log(
      `${counts.failed ? '✗' : '✓'} ${path} (${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped) ${Math.round(performance.now() - began)} ms`,
    );
  }
  return result;
}

function ancestors(test) {
  const names = [];
  for (let suite = test.suite; suite; suite = suite.suite) names.unshift(suite.name);
  return names;
}
