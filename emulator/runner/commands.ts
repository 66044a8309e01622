import {
  ANNOTATIONS_PER_TYPE,
  type Annotation,
  type AnnotationType,
  isAnnotation,
  toAnnotation,
} from './annotations.ts';
import { parseCommand, REGISTERED, trim, type WorkflowCommand } from './command-grammar.ts';
import { createMasks, type Masks } from './masks.ts';

/** A command that the runner obeyed, and the line that it was read from. */
export interface ObeyedCommand extends WorkflowCommand {
  readonly line: string;
}

/** What a runner makes of the lines of a job's steps.
 * https://github.com/actions/runner/blob/main/src/Runner.Worker/ActionCommandManager.cs */
export interface CommandManager {
  readonly masks: Masks;
  /** Reads one line of standard output or standard error. */
  take(line: string): void;
  /** Ends a step. Masks and stopped commands last to the end of the job. */
  endStep(): StepCommands;
}

export interface StepCommands {
  /** In order. */
  readonly obeyed: readonly ObeyedCommand[];
  /** The lines of the log, masked. */
  readonly log: readonly string[];
  readonly annotations: readonly Annotation[];
  readonly outputs: Readonly<Record<string, string>>;
  readonly state: Readonly<Record<string, string>>;
  /** Why the runner fails the step, whatever its process ends with. */
  readonly failures: readonly string[];
}

interface Step {
  echo: boolean;
  readonly obeyed: ObeyedCommand[];
  readonly log: string[];
  readonly annotations: Annotation[];
  readonly outputs: Record<string, string>;
  readonly state: Record<string, string>;
  readonly failures: string[];
}

interface Session {
  readonly masks: Masks;
  /** Resumes commands while they are stopped. */
  stopToken: string | undefined;
  step: Step;
}

/** Commands whose line echo does not show. */
const SILENT: ReadonlySet<string> = new Set(['add-mask', 'debug', 'warning', 'error', 'notice']);
const LONGEST_PLAIN_TOKEN = 6;

/** @param debug whether the job runs with step debug logging */
export function createCommandManager({ debug = false } = {}): CommandManager {
  const session: Session = { masks: createMasks(), stopToken: undefined, step: newStep(debug) };
  return {
    masks: session.masks,
    take: (line) => takeLine(session, line, debug),
    endStep: () => {
      const { echo: _, ...ended } = session.step;
      session.step = newStep(debug);
      return ended;
    },
  };
}

function newStep(echo: boolean): Step {
  return { echo, obeyed: [], log: [], annotations: [], outputs: {}, state: {}, failures: [] };
}

function takeLine(session: Session, line: string, debug: boolean): void {
  const { stopToken } = session;
  const names = stopToken === undefined ? REGISTERED : new Set([...REGISTERED, stopToken.toLowerCase()]);
  const command = line.includes('##[') || line.includes('::') ? parseCommand(line, names) : undefined;
  if (command === undefined || (stopToken !== undefined && command.name !== stopToken.toLowerCase())) {
    print(session, line.replace(/##\[(?=(?:start|end)-action)/, '##[\\'));
    return;
  }
  if (stopToken !== undefined) {
    session.stopToken = undefined;
    print(session, line);
    return;
  }
  session.step.obeyed.push({ ...command, line });
  if (command.name === 'stop-commands') {
    stop(session, command.data, line);
    return;
  }
  if (session.step.echo && !SILENT.has(command.name)) print(session, line);
  try {
    obey(session, command, debug);
  } catch (error) {
    fail(session, `Unable to process command '${SILENT.has(command.name) ? command.name : line}' successfully.`);
    fail(session, error instanceof Error ? error.message : String(error));
  }
}

/** A bad token is no failed command: it ends the reading of the step's output. */
function stop(session: Session, token: string, line: string): void {
  if (token === '' || token.toLowerCase() === 'pause-logging' || REGISTERED.has(token.toLowerCase())) {
    fail(
      session,
      'You cannot use a endToken that is an empty string, the string "pause-logging", or another workflow command.',
    );
    return;
  }
  session.stopToken = token;
  if (token.length > LONGEST_PLAIN_TOKEN) session.masks.add(token);
  print(session, line);
}

function obey(session: Session, command: WorkflowCommand, debug: boolean): void {
  const { name, data } = command;
  if (isAnnotation(name)) annotate(session, name, data, command.properties);
  else if (name === 'debug') printDebug(session, data, debug);
  else OTHERS[name]?.(session, command);
}

/** Problem matchers are not modelled: they do nothing. */
const OTHERS: Readonly<Record<string, (session: Session, command: WorkflowCommand) => void>> = {
  'add-mask': (session, { data }) => addMask(session, data),
  'set-env': refuse,
  'add-path': refuse,
  'set-output': ({ step }, command) => {
    step.outputs[required(command)] = command.data;
  },
  'save-state': ({ step }, command) => {
    step.state[required(command)] = command.data;
  },
  echo: ({ step }, { data }) => {
    step.echo = echoValue(data);
  },
  group: (session, { data }) => print(session, `##[group]${data}`),
  endgroup: (session) => print(session, '##[endgroup]'),
};

function refuse(_session: Session, { name }: WorkflowCommand): void {
  throw new Error(
    `The \`${name}\` command is disabled. Please upgrade to using Environment Files or opt into unsecure command execution by setting the \`ACTIONS_ALLOW_UNSECURE_COMMANDS\` environment variable to \`true\`.`,
  );
}

function printDebug(session: Session, data: string, debug: boolean): void {
  if (debug) for (const line of data.split(/\r\n|\r|\n/)) print(session, `##[debug]${line}`);
}

function addMask(session: Session, data: string): void {
  if (trim(data) === '')
    annotate(session, 'warning', "Can't add secret mask for empty string in ##[add-mask] command.");
  else session.masks.addLines(data);
  if (session.step.echo) print(session, '::add-mask::***');
}

function required({ name, properties }: WorkflowCommand): string {
  const value = properties.get('name');
  if (value === undefined) throw new Error(`Required field 'name' is missing in ##[${name}] command.`);
  return value;
}

function echoValue(data: string): boolean {
  const value = trim(data).toLowerCase();
  if (value === 'on' || value === 'off') return value === 'on';
  throw new Error(`Invalid echo command value. Possible values can be: 'on', 'off'. Current value is: '${data}'.`);
}

function fail(session: Session, reason: string): void {
  session.step.failures.push(session.masks.apply(reason));
  annotate(session, 'error', reason);
}

function annotate(
  session: Session,
  type: AnnotationType,
  message: string,
  properties: WorkflowCommand['properties'] = new Map(),
): void {
  const { step, masks } = session;
  print(session, `##[${type}]${message}`);
  if (step.annotations.filter((annotation) => annotation.type === type).length < ANNOTATIONS_PER_TYPE)
    step.annotations.push(toAnnotation(type, masks.apply(message), properties));
}

function print({ step, masks }: Session, text: string): void {
  step.log.push(masks.apply(text));
}
