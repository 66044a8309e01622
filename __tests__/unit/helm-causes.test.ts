import { describe, expect, it } from 'vitest';
import { fixForHelm } from '../../src/helm/causes.ts';
import { problemIn } from '../../src/helm/cli.ts';

/** Words of Helm, and a part of what to do. */
const CAUSES: readonly (readonly [words: string, part: string])[] = [
  [
    'unable to build kubernetes objects from release manifest: resource mapping not found for name: "a" namespace: "" from "": no matches for kind "ServiceMonitor" in version "monitoring.coreos.com/v1"',
    'install what defines this kind',
  ],
  [
    'Unable to continue with install: Service "a" in namespace "b" exists and cannot be imported into the current release: invalid ownership metadata',
    'the object belongs to somebody else',
  ],
  [
    'cannot patch "a" with kind Deployment: Deployment.apps "a" is invalid: spec.selector: Invalid value: null: field is immutable',
    'kubectl --namespace apps delete KIND NAME',
  ],
  [
    'services is forbidden: User "x" cannot create resource "services" in API group "" in the namespace "apps"',
    'the permission that the API server names',
  ],
  [
    'UPGRADE FAILED: failed to create resource: the server is currently unable to handle the request (post services)',
    'the API server may be overloaded',
  ],
  ['helm upgrade did not finish within 180 seconds', 'look for what did not answer'],
  ['admission webhook "validation.gatekeeper.sh" denied the request: no', 'meet what the policy requires'],
];

describe('what to do about a failure of Helm', () => {
  it.each(CAUSES)('follows from its words: %s', (words, part) => {
    expect(String(fixForHelm(words, 'apps'))).toContain(part);
  });

  it('is not suggested for an error that is not known', () => {
    expect(fixForHelm('there are no turnips', 'apps')).toBeUndefined();
  });
});

describe('the error of Helm', () => {
  it('is shown without its warnings and without what its Kubernetes client logs', () => {
    const logged = 'E1127 12:00:49.182516   28989 round_tripper.go:63] CancelRequest not implemented';
    const stderr = `${logged}\nWARNING: Kubernetes configuration file is group-readable\nError: UPGRADE FAILED: it is late\n`;
    expect(problemIn(stderr)).toBe('UPGRADE FAILED: it is late');
  });

  it.each([
    [
      4,
      [
        'level=DEBUG msg="uninstall: deleting release" name=ui',
        'level=DEBUG msg="uninstall: Failed to delete release" error="[services \\"ui\\" is forbidden: no]"',
        'Error: failed to delete release: ui',
      ],
    ],
    [
      3,
      [
        'uninstall.go:106: [debug] uninstall: Deleting ui',
        'uninstall.go:128: [debug] uninstall: Failed to delete release: [services "ui" is forbidden: no]',
        'Error: failed to delete release: ui',
        'helm.go:86: [debug] failed to delete release: ui',
        'helm.sh/helm/v3/pkg/action.(*Uninstall).Run',
        '\thelm.sh/helm/v3/pkg/action/uninstall.go:129',
      ],
    ],
  ])('of Helm %i at an uninstall says why', (_, lines) => {
    const told = 'failed to delete release: ui: [services "ui" is forbidden: no]';
    expect(problemIn(`${lines.join('\n')}\n`)).toBe(told);
  });
});
