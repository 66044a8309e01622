/** What an input is if it is not given; action.yml says the same. Inputs that are not here have no default. */
export const DEFAULTS = {
  mode: 'deploy',
  'auth-type': 'oidc',
  environment: 'AzureCloud',
  'enable-azure-rbac': 'false',
  'cluster-access': 'auto',
  url: 'http://localhost:8000',
  'grant-admin-consent': 'auto',
  'secret-lifetime': '90d',
  'rotate-before': '30d',
  rotate: 'auto',
  chart: 'https://kubernetes-sigs.github.io/headlamp/#headlamp',
  'chart-version': '0.45.0',
  'release-name': 'headlamp-oidc',
  namespace: 'headlamp',
  'wait-timeout': '10m',
  'local-admin': 'warn',
  verify: 'true',
  'create-cluster': 'false',
  'create-key-vault': 'false',
  'node-vm-size': 'Standard_D2s_v5',
  'node-count': '2',
  parallel: '8',
} as const;

export type DefaultedInput = keyof typeof DEFAULTS;
