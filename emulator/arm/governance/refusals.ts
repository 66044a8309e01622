import type { Exchange } from '../../server/exchange.ts';
import { ArmError, conflict } from '../request/errors.ts';
import { isWithin } from '../state/assignments.ts';
import type { DenyPolicy, Governance } from '../state/governance.ts';

const READS = /^(GET|HEAD|OPTIONS)$/;

/** @throws ArmError ReadOnlyDisabledSubscription, ScopeLocked, RequestDisallowedByPolicy */
export function refuseGoverned(
  { locks, subscriptions, policies }: Governance,
  { method, url }: Exchange,
  action: string,
  scope: string,
): void {
  if (READS.test(method) || url.pathname.endsWith('/checkNameAvailability')) return;
  const subscription = scope.split('/')[2]?.toLowerCase() ?? '';
  if (/^(Disabled|Warned)$/.test(subscriptions.get(subscription) ?? ''))
    throw conflict(
      'ReadOnlyDisabledSubscription',
      `The subscription '${subscription}' is disabled and therefore marked as read only. You cannot perform any write actions on this subscription until it is re-enabled.`,
    );
  const locked = [...locks].find(
    ([id, level]) => isWithin(scope, id) && (level === 'ReadOnly' || method === 'DELETE'),
  )?.[0];
  const operation = method === 'DELETE' ? 'delete' : 'write';
  if (locked !== undefined)
    throw conflict(
      'ScopeLocked',
      `The scope '${scope}' cannot perform ${operation} operation because following scope(s) are locked: '${locked}'. Please remove the lock and try again.`,
    );
  const policy = policies.find((one) => one.action === action && isWithin(scope, one.scope));
  if (policy) throw disallowed(policy, scope.split('/').at(-1) ?? '');
}

function disallowed({ name, scope }: DenyPolicy, resource: string): ArmError {
  const assignment = { name, id: `${scope}/providers/Microsoft.Authorization/policyAssignments/${name}` };
  const definition = { name, id: `${scope}/providers/Microsoft.Authorization/policyDefinitions/${name}` };
  const identifiers = JSON.stringify([{ policyAssignment: assignment, policyDefinition: definition }]);
  const evaluated = {
    result: 'True',
    expressionKind: 'Field',
    expression: 'name',
    path: 'name',
    expressionValue: resource,
  };
  const info = {
    evaluationDetails: { evaluatedExpressions: [{ ...evaluated, targetValue: resource, operator: 'Equals' }] },
    policyDefinitionId: definition.id,
    policyDefinitionName: name,
    policyDefinitionDisplayName: name,
    policyDefinitionEffect: 'Deny',
    policyAssignmentId: assignment.id,
    policyAssignmentName: name,
    policyAssignmentDisplayName: name,
    policyAssignmentScope: scope,
    policyAssignmentParameters: { effect: { value: 'Deny' } },
  };
  return new ArmError(
    403,
    'RequestDisallowedByPolicy',
    `Resource '${resource}' was disallowed by policy. Policy identifiers: '${identifiers}'.`,
    { target: resource, additionalInfo: [{ type: 'PolicyViolation', info }] },
  );
}
