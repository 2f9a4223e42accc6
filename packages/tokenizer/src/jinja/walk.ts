export type Node = { type: string } & Record<string, unknown>;

/** The nodes that lie in a part of a template, not those inside them. */
export function* childrenOf(value: unknown): Generator<Node> {
  if (Array.isArray(value)) for (const item of value) yield* childrenOf(item);
  else if (typeof value === 'object' && value !== null) {
    if ('type' in value) yield value as Node;
    else for (const field of Object.values(value)) yield* childrenOf(field);
  }
}

/** Whether the statements read a name anywhere. */
export function reads(nodes: unknown, name: string): boolean {
  for (const node of childrenOf(nodes)) {
    if (node.type === 'Name' && node.name === name) return true;
    if (Object.values(node).some((field) => reads(field, name))) return true;
  }
  return false;
}
