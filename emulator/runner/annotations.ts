import type { WorkflowCommand } from './command-grammar.ts';

export type AnnotationType = 'error' | 'warning' | 'notice';

/** A message on the run's page. */
export interface Annotation {
  readonly type: AnnotationType;
  /** Masked, then cut. */
  readonly message: string;
  readonly title?: string;
  readonly file?: string;
  readonly line?: number;
  readonly endLine?: number;
  readonly col?: number;
  readonly endColumn?: number;
}

/** How many of each type a step may have; later ones are in the log alone. */
export const ANNOTATIONS_PER_TYPE = 10;
const MESSAGE_LIMIT = 4096;

export function isAnnotation(name: string): name is AnnotationType {
  return name === 'error' || name === 'warning' || name === 'notice';
}

export function toAnnotation(type: AnnotationType, message: string, properties: WorkflowCommand['properties']) {
  const [title, file] = [properties.get('title'), properties.get('file')];
  return {
    type,
    message: message.slice(0, MESSAGE_LIMIT),
    ...(title !== undefined && { title }),
    ...(file !== undefined && { file }),
    ...position(properties),
  } satisfies Annotation;
}

type Position = Pick<Annotation, 'line' | 'endLine' | 'col' | 'endColumn'>;

/** Lines and columns that contradict each other are dropped. */
function position(properties: WorkflowCommand['properties']): Position {
  const number = (name: string) => {
    const value = properties.get(name);
    return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
  };
  const endLine = number('endline');
  const endColumn = number('endcolumn');
  const line = number('line') ?? endLine;
  const col = number('col') ?? endColumn;
  const severalLines = line !== undefined && endLine !== undefined && line !== endLine;
  return {
    ...(line !== undefined && (endLine === undefined || endLine >= line) && given({ line, endLine })),
    ...(line !== undefined && !severalLines && isAscending(col, endColumn) && given({ col, endColumn })),
  };
}

const isAscending = (start: number | undefined, end: number | undefined) =>
  start === undefined || end === undefined || end >= start;

function given<T extends Readonly<Record<string, number | undefined>>>(values: T) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
