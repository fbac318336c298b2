/**
 * Block all further requests of the page, until it is reloaded.
 *
 * JupyterLab and its extensions poll the server in different ways, and most can't be stopped. The
 * browser can: a policy that is added later applies from then on.
 */
export function silence(): void {
  const policy = document.createElement('meta');
  policy.httpEquiv = 'Content-Security-Policy';
  policy.content = "connect-src 'none'";
  document.head.append(policy);
  // JupyterLab would ask whether to leave unsaved changes, but they can't be saved any more.
  window.addEventListener('beforeunload', (event) => event.stopImmediatePropagation(), true);
}
