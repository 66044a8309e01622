import type { TokenVerifier } from '../entra/caller.ts';
import type { HeadlampServer } from '../headlamp/server.ts';
import type { Clock } from '../lib/clock.ts';
import type { JsonObject } from '../lib/json.ts';
import { createCertificateAuthority } from '../server/certificates.ts';
import type { Dispatch } from '../server/dispatch.ts';
import type { Answer, CertificateAuthority, Exchange, Service } from '../server/exchange.ts';
import { parseAddress } from './address.ts';
import { type Admission, createAdmission } from './admission.ts';
import { answerObjects } from './api.ts';
import { authenticate } from './authentication.ts';
import { authorize, createAuthorizer } from './authorization.ts';
import type { ClusterSettings, KubernetesFactory, RealApiServer } from './contract.ts';
import { seedDefaults } from './defaults.ts';
import { runDeployments } from './deployments.ts';
import { answerDiscovery } from './discovery.ts';
import { type Route, routeOf } from './ingress.ts';
import type { NodeSettings } from './kubelet.ts';
import { createPods, type Pods } from './pods.ts';
import { resourceOf } from './resources.ts';
import { proxy } from './service-proxy.ts';
import { errorAnswer, KubernetesError, noSuchResource, notFound } from './status.ts';
import { createStore, nameOf, namespaceOf } from './store.ts';

/** One cluster, for tests and demos to inspect and prepare. */
export interface EmulatedCluster {
  readonly nodes: NodeSettings;
  readonly admission: Admission;
  get(kind: string, namespace: string, name: string): JsonObject | undefined;
  list(kind: string, namespace?: string): readonly JsonObject[];
  /** Creates or replaces an object directly, without authorization. */
  put(kind: string, object: JsonObject): void;
  remove(kind: string, namespace: string, name: string): void;
  /** The Headlamp servers of all pods that are ready. */
  headlamps(): readonly HeadlampServer[];
}

export interface Kubernetes {
  readonly service: Service;
  /** The clusters' ingress controllers and gateways. */
  readonly ingress: Service;
  readonly factory: KubernetesFactory;
  cluster(fqdn: string): EmulatedCluster;
}

interface ApiServer extends EmulatedCluster {
  readonly authority: CertificateAuthority;
  isReachable(): boolean;
  route(host: string): Route | undefined;
  answer(request: Exchange): Promise<Answer>;
}

export interface KubernetesParts {
  readonly clock: Clock;
  readonly verifier: TokenVerifier;
  readonly dispatch: Dispatch;
  readonly realApiServer?: RealApiServer | undefined;
}

/** The API servers of all clusters, each with its own host name and certificate authority. */
export function createKubernetes(parts: KubernetesParts): Kubernetes {
  const servers = new Map<string, ApiServer>();
  const find = (host: string) => {
    const found = servers.get(host);
    if (found === undefined) throw new Error(`There is no cluster at ${host}.`);
    return found;
  };
  const routeTo = (host: string) => {
    for (const server of servers.values()) {
      const route = server.route(host);
      if (route) return { ...route, authority: server.authority };
    }
    return undefined;
  };
  return {
    cluster: find,
    ingress: {
      name: 'ingress',
      serves: (host) => routeTo(host) !== undefined,
      authority: (host) => {
        const route = routeTo(host);
        return route?.hasCertificate === false ? route.authority : undefined;
      },
      writes: () => false,
      answer: async (request) => routeTo(request.url.hostname)?.answer(request) ?? { status: 404 },
    },
    factory: {
      create: async (options) => {
        const authority =
          parts.realApiServer?.authority ??
          (await createCertificateAuthority(`ca of ${options.fqdn}`.slice(0, 60), parts.clock));
        servers.set(options.fqdn, createApiServer({ ...parts, ...options, authority }));
        return { fqdn: options.fqdn, authority };
      },
    },
    service: {
      name: 'kubernetes',
      serves: (host) => servers.get(host)?.isReachable() ?? false,
      authority: (host) => servers.get(host)?.authority,
      passthrough: () => parts.realApiServer?.address,
      writes: ({ method, url }) =>
        !['GET', 'HEAD', 'OPTIONS'].includes(method) &&
        !url.pathname.includes('/selfsubject') &&
        url.searchParams.get('dryRun') !== 'All',
      answer: (request) => find(request.url.hostname).answer(request),
    },
  };
}

type ServerParts = KubernetesParts &
  Parameters<KubernetesFactory['create']>[0] & { readonly authority: CertificateAuthority };

function createApiServer({
  clock,
  verifier,
  dispatch,
  version,
  settings,
  azureRolesOf,
  isReachable = () => true,
  authority,
  fqdn,
}: ServerParts): ApiServer {
  const store = createStore(clock);
  seedDefaults(store);
  const nodes: NodeSettings = {
    readyAfter: 150,
    isPullable: (image) => /^ghcr\.io\/headlamp-k8s\/headlamp:v0\.\d+\.\d+$/.test(image),
    fits: () => true,
  };
  const pods = createPods(store, clock, nodes, { dispatch, now: clock.now, apiServer: `https://${fqdn}` });
  const admission = createAdmission();
  runDeployments(store, clock, admission);
  const authorizer = createAuthorizer(store, settings, azureRolesOf);

  async function answer(request: Exchange): Promise<Answer> {
    refuseStopped(settings());
    const user = await authenticate(request, settings(), authority, verifier);
    const { pathname } = request.url;
    const known =
      request.method === 'GET' ? answerDiscovery(pathname, request.headers['accept'] ?? '', version) : undefined;
    if (known) return known;
    const address = parseAddress(pathname);
    if (address === undefined) throw noSuchResource();
    if (address.subresource === 'proxy' || address.subresource === 'log') {
      authorize(authorizer, user, 'get', address);
      return address.subresource === 'proxy'
        ? proxy(request, address, store, pods)
        : podLog(address.namespace, address.name, pods);
    }
    return answerObjects({ request, address, user, store, authorizer, admission });
  }
  function podLog(namespace: string, name: string, running: Pods): Answer {
    const pod = store.get(resourceOf('Pod'), namespace, name);
    if (pod === undefined) throw notFound(resourceOf('Pod'), name);
    return { status: 200, headers: { 'content-type': 'text/plain' }, body: running.log(pod) };
  }
  return {
    authority,
    isReachable,
    route: (host) => routeOf(host, store, pods),
    nodes,
    admission,
    answer: (request) =>
      answer(request).catch((error: unknown) => {
        if (error instanceof KubernetesError) return errorAnswer(error);
        throw error;
      }),
    get: (kind, namespace, name) => store.get(resourceOf(kind), namespace, name),
    list: (kind, namespace = '') => store.list(resourceOf(kind), namespace),
    put: (kind, object) => {
      if (store.get(resourceOf(kind), namespaceOf(object), nameOf(object))) store.update(resourceOf(kind), object);
      else store.create(resourceOf(kind), object);
    },
    remove: (kind, namespace, name) => store.remove(resourceOf(kind), namespace, name),
    headlamps: () => store.list(resourceOf('Pod'), '').flatMap((pod) => pods.server(pod) ?? []),
  };
}

function refuseStopped({ powerState }: ClusterSettings): void {
  if (powerState === 'Stopped') throw new KubernetesError(503, 'ServiceUnavailable', 'the cluster is stopped');
}
