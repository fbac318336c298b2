// The page of a lab that is stopping: it tries to go where the person wanted to go. While the lab
// stops, the Hub answers with this page again; then it starts the lab.

(() => {
  const BEAT = 1500;
  const own = document.getElementById("classroom-stopping").dataset.lab;
  const asked = new URLSearchParams(window.location.search).get("next") ?? own;
  // Never to another site: anybody can write such an address.
  const there = URL.canParse(asked, window.location.href) && new URL(asked, window.location.href);
  const next = there && there.origin === window.location.origin ? there.href : own;
  window.setTimeout(() => window.location.replace(next), BEAT);
})();
