import { translate } from '@docusaurus/Translate';
import look from '@easyops-cn/docusaurus-search-local/dist/client/client/theme/SearchBar/SearchBar.module.css';
import { type ComponentType, useCallback, useEffect, useRef, useState } from 'react';

/** The plugin's search, which weighs as much as a page, once somebody turns to the box or comes from a result. */
export default function SearchBar() {
  const [Search, setSearch] = useState<ComponentType>();
  const place = useRef<HTMLDivElement>(null);
  /** What stood in the plain box when the real one took its place. */
  const left = useRef<{ text: string; focused: boolean }>(undefined);
  const load = useCallback(() => {
    void import('@theme-original/SearchBar').then(({ default: Loaded }) => {
      const box = place.current?.querySelector('input');
      if (box) left.current ??= { text: box.value, focused: document.activeElement === box };
      setSearch(() => Loaded);
    });
  }, []);
  useEffect(() => {
    if (new URLSearchParams(location.search).has('_highlight')) load();
    const shortcut = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key === 'k' && !left.current) {
        event.preventDefault();
        place.current?.querySelector('input')?.focus();
      }
    };
    document.addEventListener('keydown', shortcut);
    return () => document.removeEventListener('keydown', shortcut);
  }, [load]);
  useEffect(() => {
    const box = place.current?.querySelector('input');
    if (!Search || !left.current || !box) return;
    if (left.current.text) {
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')!.set!.call(
        box,
        left.current.text,
      );
      box.dispatchEvent(new Event('input', { bubbles: true }));
    }
    if (left.current.focused) box.focus();
  }, [Search]);
  return (
    <div ref={place}>
      {Search ? (
        <Search />
      ) : (
        <div className={`navbar__search ${look.searchBarContainer}`} dir="ltr">
          <svg
            aria-hidden="true"
            className={look.searchIcon}
            focusable="false"
            viewBox="0 0 16 16"
            fill="none"
            stroke="currentColor"
            strokeWidth="1.6"
          >
            <circle cx="6" cy="6" r="5" />
            <path d="m9.8 9.8 5 5" />
          </svg>
          <input
            aria-label="Search"
            placeholder={translate({ id: 'theme.SearchBar.label', message: 'Search' })}
            className={`navbar__search-input ${look.searchInput}`}
            onFocus={load}
            onMouseEnter={load}
          />
        </div>
      )}
    </div>
  );
}
