import { type JsonRecord, stringAt } from '../lib/json.ts';

/** On every object that this action creates itself, without Helm. */
export const MANAGED_BY = 'headlamp-aks-entra';
export const MANAGED_BY_LABEL = 'app.kubernetes.io/managed-by';
export const LABELS = { [MANAGED_BY_LABEL]: MANAGED_BY, 'app.kubernetes.io/part-of': 'headlamp' } as const;

export const isOwn = (object: JsonRecord) => stringAt(object, 'metadata', 'labels', MANAGED_BY_LABEL) === MANAGED_BY;
