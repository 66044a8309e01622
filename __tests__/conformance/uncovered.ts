/** Why no test compares an exchange with the emulator: names by reason. */
export const UNCOVERED: Readonly<Record<string, readonly string[]>> = {
  'the action never deletes or aborts a cluster, so the emulator cannot': [
    'aks: aks-delete',
    'aks: aks-delete-2023',
    'aks: aks-abort-post',
    'aks: aks-abort-poll-1',
    'aks: aks-abort-poll-2',
    'aks: aks-abort-operationresult',
    'aks: aks-get-after-abort',
  ],
  'the action never creates a cluster of AKS Automatic, so the emulator cannot': ['aks: aks-create-automatic-put'],
  'a fault of the service or the cluster that the emulator does not have: scenarios give this answer in its place': [
    'aks: aks-create-put-500-unwrapped',
    'errors: GetVnetError, PUT of a cluster while the service fails on its own network call; the client may retry',
    'errors: KubernetesOperationError, AKS does not reach the API server of the cluster',
    'errors: OriginalEtagNotExpect, another writer (a controller) preempts a running operation; the cluster ends Failed',
    'errors: KubernetesPerformanceError, no node has room for the command pod (requests 200m CPU, 500Mi)',
  ],
  'the emulator has no limits of requests: scenarios answer with 429 in its place': [
    'errors: Throttled, too many requests of one kind on one vault',
    'errors: SubscriptionRequestsThrottled, too many reads (writes, deletes) of one caller in one subscription',
    'errors: SubscriptionRequestsThrottled, the limit of the storage behind ARM per operation (2022 to 2025)',
    'errors: ResourceRequestsThrottled, a limit that a provider set for one action',
    'errors: headers of a 429 that a provider (App Service) gave through ARM',
  ],
  'an example of the specification, of a cluster or vault with settings of its own: recordings of the same request are compared':
    [
      'aks: aks-get-example',
      'aks: aks-create-example-201',
      'aks: aks-update-example-200',
      'vaults: vault-create-example-201',
      'vaults: vault-create-example-200',
    ],
  'an example of the specification that contradicts the recordings, where a command is 202 until it ends': [
    'aks: aks-run-command-example-200',
  ],
  'the action never asks for pages of secrets by their size': [
    'keyvault: secret-list-page-1',
    'keyvault: secret-list-page-2',
  ],
  'the action never changes, backs up, restores or purges a secret, and its roles could not': [
    'keyvault: secret-update-disable',
    'keyvault: secret-backup',
    'keyvault: secret-restore',
    'keyvault: secret-versions-after-restore',
    'keyvault: deleted-secret-purge',
    'keyvault: deleted-secret-purge-2022',
  ],
  'the action never purges a vault': ['vaults: deleted-vault-purge', 'vaults: deleted-vault-purge-result'],
  'the recording was shortened to the lists whose order it is about: a scenario has lists in another order': [
    'graph: application: create with everything, then read (order of lists)',
  ],
  'the action creates service principals by POST': ['graph: service principal: upsert, created or existed'],
  'the action always names the type of deleted items, and the answer was not seen': [
    'graph: deleted items: list without a type',
  ],
  'of registrations for personal accounts; those of the action are for one tenant': [
    'graph: personal accounts: application not there yet, 409',
  ],
  'the action never removes scopes or roles of a registration': ['graph: scope or role still enabled'],
  'the code until 2023, in whose place 700211, 700212 and 700213 are compared': [
    'entra: AADSTS70021 no matching federated credential (old, one code for all)',
  ],
  'policies of a tenant, issuers and kinds of clients that the emulator does not have: tests give these answers in its place':
    [
      'entra: AADSTS7002381 tenant wants an enterprise claim',
      'entra: AADSTS501661 issuer metadata not readable',
      'entra: AADSTS700025 public client sent a secret',
    ],
  'a person signs in, by password or by a code: the action never does': [
    'entra: AADSTS50076 multi-factor needed',
    'entra: AADSTS70016 device code pending',
  ],
  'people see a page in the browser instead, which tests of signing in look at': [
    'entra: AADSTS65001 no consent',
    'entra: AADSTS50011 redirect URI not registered',
  ],
  'the action never signs in by a certificate': ['entra: token: client_credentials with a certificate assertion'],
  'subscriptions of the emulator are of one tenant: a scenario gives this answer in its place': [
    'errors: LinkedAuthorizationFailed, the linked resource is in a subscription of another tenant',
  ],
  'for callers that the action never is, a first-party service or one that acts for a person: scenarios give these answers in their place':
    [
      'errors: Forbidden, ForbiddenByPolicy, access policies say the caller only acts on behalf of a user (compound identity)',
      'errors: Forbidden, AccessDenied, Caller is a first-party service that is not trusted, or a personal account; text begins "Access denied to first party service."',
    ],
  'of keys, of a template deployment, or of Microsoft.Compute: the action never asks for these': [
    'errors: ForbiddenByRbac, a key made through ARM while the caller lacks the data action',
    'errors: InvalidTemplateDeployment, RequestDisallowedByPolicy, the same refusal inside a template deployment: RequestDisallowedByPolicy is a detail',
    'errors: PreconditionFailed, If-Match with an old etag, for comparison',
    'errors: OperationNotAllowed, the same lack of cores as Compute itself says it: code OperationNotAllowed, wrapped, not QuotaExceeded',
  ],
  'the code until about 2022 or 2024 for what is compared under its new one': [
    'errors: KubernetesOperationError, until 2022 the code of the same failure: the command pod did not start within 30 s',
    'errors: QuotaExceeded, create or scale with too few cores in the subscription (2020 to about 2024; newer: ErrCode_InsufficientVCPUQuota)',
    'errors: AgentPoolK8sVersionNotSupported, create with a Kubernetes version that is not offered (2019 to about 2022)',
  ],
  'every region of the emulator is open to the subscription: a scenario gives this answer in its place': [
    'errors: RequestDisallowedByAzure, a region that the subscription may not use',
  ],
};
