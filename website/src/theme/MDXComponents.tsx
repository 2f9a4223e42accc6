import MDXComponents from '@theme-original/MDXComponents';
import FieldMap from '../field/FieldMap';

/** What every page may use without an import. */
export default { ...MDXComponents, FieldMap };
