// The Hub's list of labs: stops one at a button.
"use strict";

{
  const { base_url: base, xsrf_token: token } = window.jhdata;
  const trouble = document.getElementById("labs-error");

  async function stop(button) {
    button.disabled = true;
    trouble.hidden = true;
    const name = encodeURIComponent(button.dataset.stop);
    const answer = await fetch(`${base}api/users/${name}/server`, {
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
    button.addEventListener("click", () => stop(button));
  }
}
