/** Names of the code that symbols of the page's formulas stand for: `\\htmlData{sym=name}{…}`. */
export function symbolsOf(code: HTMLElement): string[] {
  const symbols = articleOf(code).querySelectorAll<HTMLElement>('[data-sym]');
  return [...new Set([...symbols].map(({ dataset }) => dataset.sym!))];
}

const articleOf = (code: HTMLElement) => code.closest('article') ?? document.body;

/** Hovering a symbol of a formula marks its name in the code. Returns what undoes it. */
export function tieSymbols(code: HTMLElement): () => void {
  const article = articleOf(code);
  for (const symbol of article.querySelectorAll<HTMLElement>('[data-sym]')) {
    symbol.title = symbol.dataset.sym!;
  }
  const follow = (event: Event) => {
    const symbol = (event.target as Element).closest<HTMLElement>('[data-sym], [data-mark]');
    mark(code, symbol?.dataset.sym ?? symbol?.dataset.mark);
  };
  article.addEventListener('mouseover', follow);
  return () => article.removeEventListener('mouseover', follow);
}

/** Marks a name everywhere in the code; no name takes the marks away. */
export function mark(code: HTMLElement, name: string | undefined): void {
  if (!('highlights' in CSS)) return;
  if (name) CSS.highlights.set('symbol', new Highlight(...occurrences(code, name)));
  else CSS.highlights.delete('symbol');
}

function occurrences(code: HTMLElement, name: string): Range[] {
  const words = new RegExp(`(?<![\\w.])(?:${name.replaceAll('.', '\\.')})(?!\\w)`, 'g');
  const ranges: Range[] = [];
  const walker = document.createTreeWalker(code, NodeFilter.SHOW_TEXT, (node) =>
    node.parentElement!.closest('[data-mark]')
      ? NodeFilter.FILTER_REJECT
      : NodeFilter.FILTER_ACCEPT,
  );
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (const match of node.nodeValue!.matchAll(words)) {
      const range = new Range();
      range.setStart(node, match.index);
      range.setEnd(node, match.index + match[0].length);
      ranges.push(range);
    }
  }
  return ranges;
}
