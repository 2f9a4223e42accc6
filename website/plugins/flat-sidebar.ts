/** The part of Docusaurus' sidebar items that matters here. */
interface Item {
  readonly type: string;
  readonly id?: string;
  readonly link?: { readonly type: string; readonly id?: string };
  readonly items?: readonly Item[];
}

/** Folders of kernels are families; readers want one list of all pages. */
// biome-ignore lint/suspicious/noExplicitAny: Docusaurus does not export the types of its sidebars
export async function flatSidebar({ defaultSidebarItemsGenerator, ...given }: any) {
  const flat = (items: readonly Item[]): Item[] =>
    items.flatMap((item) => {
      if (item.type !== 'category') return [item];
      const own = item.link?.type === 'doc' ? [{ type: 'doc', id: item.link.id! }] : [];
      return [...own, ...flat(item.items ?? [])];
    });
  return flat(await defaultSidebarItemsGenerator(given));
}
