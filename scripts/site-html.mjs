/** What is wrong in the HTML of the built site: links and anchors that lead nowhere, formulas that are no formulas. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';

const attributes = /<(?:a|link|script|img)\b[^>]*?\s(?:href|src)=(?:"([^"]*)"|([^\s">]+))/g;
const identities = /\s(?:id|name)=(?:"([^"]*)"|([^\s">]+))/g;
const plain = (text) => text.replaceAll('&amp;', '&').replaceAll('&#x27;', "'");

/**
 * API pages are English only, but the menu of languages stands on them too: the Chinese addresses lead to the
 * English pages.
 */
export function leadToEnglishApi(build, base = '/') {
  const pages = readdirSync(join(build, 'api'), { recursive: true })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('index.html'));
  for (const page of pages) {
    const address = `${base}api/${page.slice(0, -'index.html'.length)}`;
    const target = join(build, 'zh-Hans/api', page);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(
      target,
      `<!doctype html><html lang="zh-Hans"><meta charset="utf-8"><title>API</title>` +
        `<meta name="robots" content="noindex"><meta http-equiv="refresh" content="0; url=${address}">` +
        `<p>API 页面只有英文：<a href="${address}">${address}</a></p></html>\n`,
    );
  }
}

/** @param base path that the site is served under, with a slash at both ends */
export function htmlFaults(build, base = '/') {
  const pages = readdirSync(build, { recursive: true })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.html'));
  const texts = new Map(pages.map((page) => [page, readFileSync(join(build, page), 'utf8')]));
  const anchors = new Map();
  const anchorsOf = (page) => {
    if (!anchors.has(page)) {
      const found = texts.get(page)?.matchAll(identities) ?? [];
      anchors.set(page, new Set([...found].map(([, quoted, bare]) => plain(quoted ?? bare))));
    }
    return anchors.get(page);
  };
  const faults = [];
  let links = 0;
  for (const [page, html] of texts) {
    // A formula that KaTeX cannot read becomes red text, not an error.
    if (html.includes('katex-error')) faults.push(`${page}: a formula that KaTeX cannot read`);
    const wanted = new Set([...html.matchAll(attributes)].map(([, a, b]) => plain(a ?? b)));
    for (const link of wanted) {
      const { pathname, hash, origin } = new URL(link, `http://site${base}${page}`);
      // A page that is not there has no translation either; scripts put its real address there.
      const own = page.endsWith('404.html') && pathname.endsWith('/404/');
      if (origin !== 'http://site' || own) continue;
      links++;
      const path = decodeURIComponent(pathname);
      const inside = path.startsWith(base) ? path.slice(base.length) : undefined;
      const file =
        inside === '' || inside?.endsWith('/') ? posix.join(inside, 'index.html') : inside;
      if (file === undefined || !existsSync(join(build, file))) {
        faults.push(`${page}: a link to ${link}, which is not there`);
      } else if (
        hash &&
        texts.has(file) &&
        !anchorsOf(file).has(decodeURIComponent(hash.slice(1)))
      ) {
        faults.push(`${page}: a link to ${link}, where nothing has that name`);
      }
    }
  }
  return { faults, links, pages: pages.length };
}
