/** The part of Docusaurus' sidebar items that matters here. */
interface Item {
  readonly type: string;
  readonly id?: string;
  readonly label?: string;
  readonly link?: { readonly type: string; readonly id?: string };
  readonly items?: readonly Item[];
}

const losses = process.env.DOCUSAURUS_CURRENT_LOCALE === 'zh-Hans' ? '损失' : 'Losses';

/** Folders of kernels are families; readers want one list of all pages, and the many losses as one entry. */
// biome-ignore lint/suspicious/noExplicitAny: Docusaurus does not export the types of its sidebars
export async function flatSidebar({ defaultSidebarItemsGenerator, ...given }: any) {
  const flat = (items: readonly Item[]): Item[] =>
    items.flatMap((item) => {
      if (item.type !== 'category') return [item];
      const own = item.link?.type === 'doc' ? [{ type: 'doc', id: item.link.id! }] : [];
      const inside = [...own, ...flat(item.items ?? [])];
      return item.label === 'losses' ? [{ ...item, label: losses, items: inside }] : inside;
    });
  return flat(await defaultSidebarItemsGenerator(given));
}
