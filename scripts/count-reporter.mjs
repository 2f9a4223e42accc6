// A vitest reporter for scripts/test.mjs: counts, failures, and why a test was skipped (vitest's own JSON
// report lacks the reason, and the failures of hooks). Writes to the file named in ATTUNE_REPORT.
import { writeFileSync } from 'node:fs';

export default class CountReporter {
  onTestRunEnd(modules, unhandled) {
    const result = { passed: 0, failed: 0, skipped: 0, skips: [], failures: [] };
    const fail = (name, errors) => {
      result.failed++;
      result.failures.push(`${name}: ${errors[0]?.message?.split('\n')[0] ?? 'failed'}`);
    };
    for (const module of modules) {
      const file = module.relativeModuleId;
      if (module.errors().length) fail(file, module.errors());
      for (const suite of module.children.allSuites()) {
        if (suite.errors().length) fail(`${file}: ${suite.fullName}`, suite.errors());
      }
      for (const test of module.children.allTests()) {
        const { state, errors, note } = test.result();
        if (state === 'passed') result.passed++;
        else if (state === 'failed') fail(`${file}: ${test.fullName}`, errors);
        else {
          result.skipped++;
          result.skips.push(`${file}: ${test.fullName}${note ? ` [${note}]` : ''}`);
        }
      }
    }
    if (unhandled.length) fail('outside any test', unhandled);
    writeFileSync(process.env.ATTUNE_REPORT, JSON.stringify(result));
  }
}
