import useDocusaurusContext from '@docusaurus/useDocusaurusContext';
import CodeBlock from '@theme/CodeBlock';
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { escaped, useServerMade } from '../code/server-made';
import { useText } from '../text';
import styles from './live.module.css';
import { mark, symbolsOf, tieSymbols } from './symbols';

const languages: Record<string, string> = {
  wgsl: 'wgsl',
  ts: 'typescript',
  mjs: 'javascript',
  yaml: 'yaml',
};
const languageOf = (file: string) => languages[file.split('.').at(-1)!] ?? 'text';

/** What is in the files: on the server it is given; in the page it stands in the HTML, else it is fetched. */
function useTexts(files: Record<string, string>, panels: () => Iterable<HTMLElement>) {
  const made = useServerMade();
  const [texts, setTexts] = useState<readonly string[]>();
  const given = Object.values(files).join('\n');
  // biome-ignore lint/correctness/useExhaustiveDependencies: the panels are those of the files
  useEffect(() => {
    if (made) {
      return setTexts([...panels()].map((panel) => panel.querySelector('code')!.textContent!));
    }
    let current = true;
    const loads = given.split('\n').map(async (address) => (await fetch(address)).text());
    void Promise.all(loads).then((all) => {
      if (current) setTexts(all.map((text) => text.trimEnd()));
    });
    return () => {
      current = false;
    };
  }, [made, given]);
  return __SERVER__ ? Object.values(files).map((text) => text.trimEnd()) : texts;
}

/** From the root of the repository. */
const pathOf = (folder: string, name: string) =>
  new URL(name, `file:///${folder}/`).pathname.slice(1);

/** The last name; with its package where two files share it. */
function tabOf(name: string, names: readonly string[]): string {
  const last = (path: string) => path.split('/').at(-1)!;
  if (names.filter((each) => last(each) === last(name)).length < 2) return last(name);
  const [first, second] = name.replace(/^(\.\.\/)+/, '').split('/');
  return `${first === 'packages' ? second : first}: ${last(name)}`;
}

/**
 * The real files of a page in tabs; symbols of its formulas mark their names in them. `files` holds texts on the
 * server and addresses in the page (plugins/bundling.ts).
 */
export default function Sources({
  folder,
  files,
}: {
  folder: string;
  files: Record<string, string>;
}) {
  const text = useText();
  const { siteConfig } = useDocusaurusContext();
  const repository = siteConfig.customFields?.repository as string | undefined;
  const names = Object.keys(files);
  const [open, setOpen] = useState(0);
  // Coloured code is three times the weight of plain code: only what was opened is coloured.
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set([0]));
  const show = (i: number) => {
    setOpen(i);
    setOpened((before) => new Set([...before, i]));
  };
  const id = useId();
  const root = useRef<HTMLDivElement>(null);
  const texts = useTexts(files, () =>
    root.current!.querySelectorAll<HTMLElement>('[role=tabpanel]'),
  );
  const [symbols, setSymbols] = useState<string[]>([]);
  useEffect(() => {
    setSymbols(symbolsOf(root.current!));
    return tieSymbols(root.current!);
  }, []);
  const onKey = (event: KeyboardEvent<HTMLDivElement>) => {
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!move) return;
    const next = (open + move + names.length) % names.length;
    show(next);
    document.getElementById(`${id}-tab-${next}`)?.focus();
  };
  return (
    <div className={styles.tabs} ref={root}>
      <div
        className={styles.tabList}
        role="tablist"
        aria-label={text({ en: 'Source files', zh: '源文件' })}
        onKeyDown={onKey}
      >
        {names.map((name, i) => (
          <button
            key={name}
            id={`${id}-tab-${i}`}
            type="button"
            role="tab"
            className={styles.tab}
            aria-selected={i === open}
            aria-controls={`${id}-panel-${i}`}
            tabIndex={i === open ? 0 : -1}
            onClick={() => show(i)}
          >
            {tabOf(name, names)}
          </button>
        ))}
      </div>
      {names.map((name, i) => (
        <div
          key={name}
          id={`${id}-panel-${i}`}
          role="tabpanel"
          aria-labelledby={`${id}-tab-${i}`}
          className={`${styles.sourcePanel} source-panel`}
          hidden={i !== open}
        >
          {opened.has(i) ? (
            <CodeBlock language={languageOf(name)}>{texts?.[i] ?? ''}</CodeBlock>
          ) : (
            <pre>
              <code
                suppressHydrationWarning
                // biome-ignore lint/security/noDangerouslySetInnerHtml: escaped; in the page the server's text stays
                dangerouslySetInnerHTML={{ __html: __SERVER__ ? escaped(texts?.[i] ?? '') : '' }}
              />
            </pre>
          )}
          <p className={styles.path}>
            {repository ? (
              <a href={`${repository}/blob/main/${pathOf(folder, name)}`}>{pathOf(folder, name)}</a>
            ) : (
              pathOf(folder, name)
            )}
          </p>
        </div>
      ))}
      {symbols.length > 0 && (
        <div className={styles.symbols}>
          {text({ en: 'Mark a symbol of the formulas:', zh: '标出公式中的符号：' })}{' '}
          {symbols.map((name) => (
            <button
              key={name}
              type="button"
              data-mark={name}
              onFocus={() => mark(root.current!, name)}
              onBlur={() => mark(root.current!, undefined)}
            >
              {name.replaceAll('|', ' | ')}
            </button>
          ))}
        </div>
      )}
      <noscript>
        <style>{'.source-panel[hidden] { display: block !important }'}</style>
      </noscript>
    </div>
  );
}
