/** A template that cannot be read or run, in the words of the Python exception of that case. */
export class TemplateFault extends Error {
  /** Python's class of the exception: TypeError, UndefinedError, … */
  readonly kind: string;

  constructor(kind: string, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** What `raise_exception` of a template throws, for instance on turns that do not alternate. */
export class TemplateRefusal extends Error {}

export function typeError(message: string): TemplateFault {
  return new TemplateFault('TypeError', message);
}

export function valueError(message: string): TemplateFault {
  return new TemplateFault('ValueError', message);
}
