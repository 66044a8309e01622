import type { Call } from '../request/call.ts';
import { ArmError, badRequest } from '../request/errors.ts';
import { isWithin, type RoleAssignment } from '../state/assignments.ts';
import { permits } from '../state/roles.ts';

const PREFIX = 'Microsoft.Authorization/roleAssignments';

/** The role assignment that a request creates or deletes. */
export type Requested = Pick<RoleAssignment, 'principalId'> & { readonly roleDefinitionId: string };

/**
 * Refuses a role assignment that the conditions on the caller's own roles do not allow.
 * https://learn.microsoft.com/azure/role-based-access-control/delegate-role-assignments-examples
 * @throws ArmError 403 AuthorizationFailed
 */
export function requireCondition(call: Call, verb: 'write' | 'delete', requested: Requested): void {
  const { state, caller, scope, directory } = call;
  const action = `${PREFIX}/${verb}`;
  const holders = [caller.objectId, ...directory.groupsOf(caller.objectId)];
  const allowed = [...state.assignments.all.values()]
    .filter((entry) => holders.includes(entry.principalId) && isWithin(scope, entry.scope))
    .filter(({ role }) => permits(state.roles.named(role), action))
    .some(({ condition }) => condition === undefined || parse(condition)(action, requested));
  if (allowed) return;
  const message = `The client '${caller.appId}' with object id '${caller.objectId}' has an authorization with ABAC condition that is not fulfilled to perform action '${action}' over scope '${scope}'.`;
  throw new ArmError(403, 'AuthorizationFailed', message);
}

/** @throws ArmError 400 for a condition that the emulator cannot evaluate */
export function refuseUnknownCondition(condition: string, version: string | undefined): void {
  if (version !== '2.0')
    throw badRequest('InvalidConditionVersion', `The condition version '${version}' is not valid.`);
  parse(condition);
}

type Condition = (action: string, requested: Requested) => boolean;

const TOKEN =
  /\s*(?:(\(|\)|!)|\b(AND|OR)\b|ActionMatches\s*\{'([^']+)'\}|@(Request|Resource)\[Microsoft\.Authorization\/roleAssignments:(RoleDefinitionId|PrincipalId)\]\s+ForAnyOfAnyValues:GuidEquals\s+\{([^{}]+)\})/y;

/** Terms that are joined by AND, OR and !, as the portal writes them for delegated role assignments. */
function parse(condition: string): Condition {
  const tokens = tokensOf(condition);
  const either = (): Condition => {
    const left = both();
    if (tokens[0] !== 'OR') return left;
    tokens.shift();
    const right = either();
    return (...request) => left(...request) || right(...request);
  };
  const both = (): Condition => {
    const left = term();
    if (tokens[0] !== 'AND') return left;
    tokens.shift();
    const right = both();
    return (...request) => left(...request) && right(...request);
  };
  const term = (): Condition => {
    const token = tokens.shift();
    if (typeof token === 'function') return token;
    if (token === '!') {
      const negated = term();
      return (...request) => !negated(...request);
    }
    if (token !== '(') throw invalid(condition);
    const inner = either();
    if (tokens.shift() !== ')') throw invalid(condition);
    return inner;
  };
  const whole = either();
  if (tokens.length > 0) throw invalid(condition);
  return whole;
}

function tokensOf(condition: string): (string | Condition)[] {
  const tokens: (string | Condition)[] = [];
  const pattern = new RegExp(TOKEN);
  while (condition.slice(pattern.lastIndex).trim() !== '') {
    const found = pattern.exec(condition);
    if (!found) throw invalid(condition);
    const [, sign, word, action, source, attribute, values = ''] = found;
    if (action !== undefined) tokens.push((wanted) => wanted.toLowerCase() === action.toLowerCase());
    else if (attribute !== undefined) tokens.push(oneOf(source, attribute, values));
    else tokens.push(sign ?? word ?? '');
  }
  return tokens;
}

/** @Request is what a write asks for, @Resource what a delete removes. */
function oneOf(source: string | undefined, attribute: string, values: string): Condition {
  const ids = values.split(',').map((id) => id.trim().toLowerCase());
  const verb = source === 'Request' ? 'write' : 'delete';
  return (action, { roleDefinitionId, principalId }) =>
    action === `${PREFIX}/${verb}` &&
    ids.includes((attribute === 'PrincipalId' ? principalId : roleDefinitionId).toLowerCase());
}

function invalid(condition: string): ArmError {
  return badRequest('InvalidCondition', `The emulator cannot evaluate the condition '${condition}'.`);
}
