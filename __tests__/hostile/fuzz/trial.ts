import type { StepResult } from '../../../emulator/runner/runner.ts';
import type { Answer, Exchange } from '../../../emulator/server/exchange.ts';
import { type Field, fieldsOf, requestOf, titleOf, withField } from './fields.ts';
import { judge, type Problem } from './judge.ts';
import type { Mode } from './mode.ts';
import { HEADER_PAYLOADS, inject, PAYLOADS } from './payloads.ts';
import type { FuzzWorld } from './world.ts';

/** A field with what it is filled with. */
export interface Injection {
  readonly field: Field;
  readonly turn: number;
}

export interface TrialResult {
  readonly problems: readonly Problem[];
  /** What the run got to see. */
  readonly delivered: readonly Injection[];
}

/** All fields that an undisturbed run gets answers with. */
export async function enumerateFields(world: FuzzWorld, mode: Mode): Promise<readonly Field[]> {
  const fields = new Map<string, Field>();
  const stop = world.emulator.rewrites.add((exchange, answer) => {
    for (const field of fieldsOf(exchange, answer)) fields.set(titleOf(field), field);
    return undefined;
  });
  await mode.run(world, 0);
  stop();
  return [...fields.values()];
}

/** Gives a run hostile answers, and judges it. */
export async function runTrial(
  world: FuzzWorld,
  mode: Mode,
  injections: readonly Injection[],
  turn: number,
): Promise<TrialResult> {
  const delivered = new Set<Injection>();
  const stop = world.emulator.rewrites.add((exchange, answer) => {
    const due = injections.filter(({ field }) => isFor(field, exchange, answer));
    if (due.length === 0) return undefined;
    for (const injection of due) delivered.add(injection);
    return due.reduce((current, injection) => hostile(exchange, current, injection), answer);
  });
  world.emulator.requests.clear();
  const result: StepResult = await mode.run(world, turn);
  stop();
  return { problems: await judge(world, result), delivered: [...delivered] };
}

const isFor = (field: Field, exchange: Exchange, { status }: Answer) =>
  field.status === status && field.request === requestOf(exchange);

function hostile(exchange: Exchange, answer: Answer, { field, turn }: Injection): Answer {
  if (field.part === 'failure') return refusal(exchange, Number(field.path[0]), turn);
  const payloads = field.part === 'header' ? HEADER_PAYLOADS : PAYLOADS;
  const payload = payloads[turn % payloads.length] ?? '';
  // Each payload comes in the text's place and behind it, in turn.
  return withField(answer, field, (text) => inject(text, payload, Math.floor(turn / payloads.length)));
}

/** In the form of every service at once: a message that repeats what was sent, at changing distances from its start. */
function refusal(exchange: Exchange, status: number, turn: number): Answer {
  const filler = '-'.repeat((turn * 37) % 320);
  const payload = PAYLOADS[turn % (PAYLOADS.length - 1)] ?? '';
  const message = `${payload} ${filler}${sentBy(exchange)}`;
  const body = {
    kind: 'Status',
    code: status,
    message,
    error: { code: 'Refused', message },
    error_description: message,
  };
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

/** From the first secret on, if there is one. */
function sentBy({ body, headers }: Exchange): string {
  const sent = body.toString();
  const at = sent.search(/client_secret=|client_assertion=|"value":|OIDC_CLIENT_SECRET/);
  return at < 0 ? `${headers['authorization'] ?? ''} ${sent}` : sent.slice(at);
}
