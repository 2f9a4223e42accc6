interface Node {
  properties?: Record<string, unknown>;
  children?: Node[];
}

/** Wide formulas scroll by themselves, so the keyboard must reach them. */
export function scrollableFormulas() {
  return (tree: Node): void => {
    const visit = (node: Node) => {
      const names = node.properties?.className;
      if (Array.isArray(names) && names.includes('katex-display')) {
        Object.assign(node.properties!, { tabIndex: 0, role: 'group', ariaLabel: 'formula' });
      }
      node.children?.forEach(visit);
    };
    visit(tree);
  };
}
