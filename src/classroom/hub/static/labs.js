// The Hub's list of labs: stops one, and leaves one that is shared, at a button.
"use strict";

{
  const { base_url: base, xsrf_token: token } = window.jhdata;
  const trouble = document.getElementById("labs-error");

  async function end(button, address) {
    button.disabled = true;
    trouble.hidden = true;
    const answer = await fetch(`${base}api/users/${address}`, {
      method: "DELETE",
      headers: { "X-XSRFToken": token },
    }).catch(() => null);
    if (answer?.ok) {
      window.location.reload();
      return;
    }
    const said = await answer?.json().catch(() => null);
    trouble.textContent = said?.message ?? trouble.dataset.noAnswer;
    trouble.hidden = false;
    button.disabled = false;
  }

  for (const button of document.querySelectorAll("[data-stop]")) {
    const name = encodeURIComponent(button.dataset.stop);
    button.addEventListener("click", () => end(button, `${name}/server`));
  }
  const me = encodeURIComponent(document.getElementById("labs").dataset.me);
  for (const button of document.querySelectorAll("[data-leave]")) {
    const owner = encodeURIComponent(button.dataset.leave);
    button.addEventListener("click", () => end(button, `${me}/shared/${owner}/`));
  }
}
