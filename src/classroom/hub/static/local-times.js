// Show the times on a page of the Hub in the time zone of the browser.
"use strict";

for (const one of document.querySelectorAll("time[data-local]")) {
  const style = { dateStyle: "medium", timeStyle: "short" };
  one.textContent = new Date(one.dateTime).toLocaleString(document.documentElement.lang, style);
}
