// Times on a page of the Hub, as the clock of whoever looks at it has them.
"use strict";

for (const one of document.querySelectorAll("time[data-local]")) {
  const style = { dateStyle: "medium", timeStyle: "short" };
  one.textContent = new Date(one.dateTime).toLocaleString(document.documentElement.lang, style);
}
