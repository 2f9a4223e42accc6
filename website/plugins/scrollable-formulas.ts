interface Node {
  properties?: Record<string, unknown>;
  children?: Node[];
}

const ariaLabel = process.env.DOCUSAURUS_CURRENT_LOCALE === 'zh-Hans' ? '公式' : 'formula';

/** Wide formulas scroll by themselves, so the keyboard must reach them. */
export function scrollableFormulas() {
  return (tree: Node): void => {
    const visit = (node: Node) => {
      const names = node.properties?.className;
      if (Array.isArray(names) && names.includes('katex-display')) {
        Object.assign(node.properties!, { tabIndex: 0, role: 'group', ariaLabel });
      }
      node.children?.forEach(visit);
    };
    visit(tree);
  };
}
