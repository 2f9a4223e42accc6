import { TemplateFault } from './fault.ts';
import { isFilter } from './filters.ts';
import { isTest } from './tests.ts';
import { childrenOf } from './walk.ts';

// These begin a frame of their own in Jinja, in which a name that is not known is an error again.
const frames = new Set([
  'For',
  'Macro',
  'CallBlock',
  'FilterBlock',
  'AssignBlock',
  'With',
  'Generation',
]);

/**
 * Looks for filters and tests that do not exist. Jinja lets them pass inside `if`, where they may
 * never be reached.
 *
 * @throws TemplateFault TemplateAssertionError
 */
export function checkNames(nodes: unknown, soft = false): void {
  for (const node of childrenOf(nodes)) {
    if (!soft) {
      const known = node.type === 'Filter' ? isFilter : node.type === 'Test' ? isTest : undefined;
      if (known && !known(String(node.name))) {
        const kind = node.type.toLowerCase();
        throw new TemplateFault(
          'TemplateAssertionError',
          `No ${kind} named '${String(node.name)}'.`,
        );
      }
    }
    const inner =
      node.type === 'If' || node.type === 'CondExpr' ? true : frames.has(node.type) ? false : soft;
    for (const [field, value] of Object.entries(node)) {
      checkNames(value, field === 'iterable' ? soft : inner);
    }
  }
}
