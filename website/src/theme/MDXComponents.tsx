import MDXComponents from '@theme-original/MDXComponents';
import File from '../architecture/File';
import Layers from '../architecture/Layers';
import Step from '../architecture/Step';
import ErrorCodes from '../errors/ErrorCodes';
import FieldMap from '../field/FieldMap';
import Keys from '../keys/Keys';
import Figure from '../live/Figure';
import Run from '../live/Run';
import Sources from '../live/Sources';
import Train from '../live/Train';

/** What every page may use without an import. */
export default {
  ...MDXComponents,
  ErrorCodes,
  FieldMap,
  Figure,
  File,
  Keys,
  Layers,
  Run,
  Sources,
  Step,
  Train,
};
