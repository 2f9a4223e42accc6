import useDocusaurusContext from '@docusaurus/useDocusaurusContext';

/** A file or folder of the repository by its path from the root; a link where the repository's address is known. */
export default function File({ path }: { path: string }) {
  const { siteConfig } = useDocusaurusContext();
  const repository = siteConfig.customFields?.repository as string | undefined;
  const name = <code>{path}</code>;
  return repository ? <a href={`${repository}/blob/main/${path}`}>{name}</a> : name;
}
