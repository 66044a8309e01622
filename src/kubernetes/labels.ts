import { type JsonRecord, stringAt } from '../lib/json.ts';

/** On every object that this action creates itself, without Helm. */
export const MANAGED_BY = 'headlamp-aks-entra';
export const LABELS = { 'app.kubernetes.io/managed-by': MANAGED_BY, 'app.kubernetes.io/part-of': 'headlamp' } as const;

const KEY = 'app.kubernetes.io/managed-by';

export const isOwn = (object: JsonRecord) => stringAt(object, 'metadata', 'labels', KEY) === MANAGED_BY;
