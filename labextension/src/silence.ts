/**
 * Have the page ask the server for nothing more, until it is loaded anew.
 *
 * JupyterLab and its extensions ask again and again, each by means of its own, and most can't be
 * told to stop. The browser can: a policy that comes later holds from then on.
 */
export function silence(): void {
  const policy = document.createElement('meta');
  policy.httpEquiv = 'Content-Security-Policy';
  policy.content = "connect-src 'none'";
  document.head.append(policy);
  // JupyterLab would ask whether to leave what isn't saved: there is no way to save it from here.
  window.addEventListener('beforeunload', (event) => event.stopImmediatePropagation(), true);
}
