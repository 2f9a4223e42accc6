import MDXComponents from '@theme-original/MDXComponents';
import FieldMap from '../field/FieldMap';
import Figure from '../live/Figure';
import Run from '../live/Run';
import Sources from '../live/Sources';
import Train from '../live/Train';

/** What every page may use without an import. */
export default { ...MDXComponents, FieldMap, Figure, Run, Sources, Train };
