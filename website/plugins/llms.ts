import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LoadContext, Plugin } from '@docusaurus/types';

interface Page {
  readonly permalink: string;
  readonly title: string;
  readonly description: string;
  readonly source: string;
}

/** `llms.txt`, the list of pages, and `llms-full.txt`, their Markdown with the shaders that they show. */
export default function llms({ siteDir, siteConfig, i18n }: LoadContext): Plugin {
  const pages: Page[] = [];
  return {
    name: 'attune-llms',
    async allContentLoaded({ allContent }) {
      const all = allContent['docusaurus-plugin-content-docs'] ?? {};
      for (const id of ['default', 'kernels']) {
        const content = all[id] as { loadedVersions: { docs: Page[] }[] } | undefined;
        pages.push(...(content?.loadedVersions.flatMap(({ docs }) => docs) ?? []));
      }
    },
    async postBuild({ outDir }) {
      if (i18n.currentLocale !== i18n.defaultLocale) return;
      const lines = [`# ${siteConfig.title}`, '', `> ${siteConfig.tagline}`, ''];
      const texts: string[] = [];
      for (const page of [...pages].sort((a, b) => a.permalink.localeCompare(b.permalink))) {
        const url = new URL(page.permalink.replace(/\/?$/, '/'), siteConfig.url).href;
        lines.push(`- [${page.title}](${url}): ${page.description}`);
        texts.push(
          `# ${page.title}\n\n${url}\n\n${await plain(page.source.replace('@site', siteDir))}`,
        );
      }
      await writeFile(join(outDir, 'llms.txt'), `${lines.join('\n')}\n`);
      await writeFile(join(outDir, 'llms-full.txt'), `${texts.join('\n\n---\n\n')}\n`);
    },
  };
}

/** The page's Markdown: front matter and imports away, the shaders that it imports written out. */
async function plain(file: string): Promise<string> {
  const text = await readFile(file, 'utf8');
  const folder = join(file, '..');
  const shaders = [...text.matchAll(/^import \w+ from '(\.[^']+\.wgsl)';$/gm)].map(
    ([, path]) => path!,
  );
  const body = text
    .replace(/^---\n[\s\S]*?\n---\n/, '')
    .replace(/^import .*;$\n?/gm, '')
    .trim();
  const sources = await Promise.all(
    shaders.map(async (path) => `\`\`\`wgsl\n${await readFile(join(folder, path), 'utf8')}\`\`\``),
  );
  return [body, ...sources].join('\n\n');
}
