/** The name of a namespace, a Service or a Deployment, as Kubernetes allows it. */
export const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
