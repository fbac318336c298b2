/* The page People: shows who may be in, and has the Hub's own API add, change and remove them.
   Rooms and groups are the file's: it shows them. Labs it has started, stopped and deleted. */
(() => {
  "use strict";
  const SECONDS = 5;
  const { base_url: base, xsrf_token: token } = window.jhdata;
  const page = document.getElementById("classroom-people");
  const part = (name) => document.getElementById(`people-${name}`);
  const words = JSON.parse(document.getElementById("classroom-words").textContent);
  let people = [];
  let rooms = [];
  let groups = [];
  let labs = [];
  const drawn = {};

  /** Return a sentence in the page's language, its values put in. */
  function say(name, values = {}) {
    return words[name].replace(/{(\w+)}/g, (_, value) => values[value]);
  }

  /** Ask the Hub's API; an error has the Hub's sentence. */
  async function ask(method, path, body) {
    const answer = await fetch(`${base}api/${path}`, {
      method,
      headers: { "X-XSRFToken": token, "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const said = await answer.text();
    if (!answer.ok) {
      let sentence = "";
      try {
        sentence = JSON.parse(said).message;
      } catch {
        // no JSON: the front answered
      }
      throw new Error(sentence || say("no-answer", { status: answer.status }));
    }
    return said ? JSON.parse(said) : null;
  }

  function complain(error) {
    part("error").textContent = error.message;
    part("error").hidden = false;
  }

  /** Do something, and show what has become of it. */
  async function act(work) {
    part("error").hidden = true;
    try {
      await work();
    } catch (error) {
      complain(error);
      part("error").scrollIntoView({ block: "center" }); // the button may be far below
    }
    await load();
  }

  function element(tag, text, name) {
    const made = document.createElement(tag);
    made.textContent = text;
    if (name) made.className = name;
    return made;
  }

  function button(text, label, work) {
    const made = element("button", text, "btn btn-sm btn-outline-secondary ms-1");
    made.type = "button";
    made.setAttribute("aria-label", label);
    made.addEventListener("click", async () => {
      made.disabled = true;
      await act(work);
      made.disabled = false;
    });
    return made;
  }

  function ago(seen) {
    if (!seen) return say("never");
    const minutes = Math.floor((Date.now() - Date.parse(seen)) / 60000);
    const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });
    if (minutes < 1) return say("just-now");
    if (minutes < 60) return words.format(-minutes, "minute");
    if (minutes < 1440) return words.format(-Math.floor(minutes / 60), "hour");
    return words.format(-Math.floor(minutes / 1440), "day");
  }

  /** Name somebody, or something that the file names, with what they may do in a room. */
  function withRole(name, role) {
    return `${name} (${say(role)})`;
  }

  /** List to which rooms somebody belongs, as what, and to which groups. */
  function belongs(one) {
    const entered = rooms
      .filter((room) => Object.hasOwn(room.members, one.name))
      .map((room) => withRole(room.name, room.members[one.name]));
    const everywhere = one.tutor && rooms.length > 0;
    const theirs = groups.filter((group) => group.members.includes(one.name));
    const said = [
      ...(everywhere ? [say("all-rooms")] : entered),
      ...theirs.map((group) => say("group", { name: group.name })),
    ];
    const made = document.createElement("td");
    if (said.length > 0) {
      const list = element("ul", "", "list-unstyled mb-0");
      list.append(...said.map((text) => element("li", text)));
      made.append(list);
    }
    return made;
  }

  const at = (name) => `users/${encodeURIComponent(name)}`;

  function row(one) {
    const made = document.createElement("tr");
    const name = element("td", one.shown);
    if (one.shown.toLowerCase() !== one.name) name.append(element("small", ` ${one.name}`, "text-body-secondary"));
    if (one.tutor) name.append(" ", element("span", say("tutor"), "badge text-bg-primary"));
    const seen = element("td", ago(one.seen));
    if (one.seen) seen.title = new Date(one.seen).toLocaleString(document.documentElement.lang);
    const doing = element("td", "", "text-end text-nowrap");
    if (one.name === page.dataset.me) {
      doing.append(element("span", say("you"), "text-body-secondary"));
    } else {
      doing.append(
        one.tutor
          ? button(say("no-longer-tutor"), say("make-no-longer-tutor", { name: one.shown }), () => ask("PATCH", at(one.name), { admin: false }))
          : button(say("make-tutor"), say("make-person-tutor", { name: one.shown }), () => ask("PATCH", at(one.name), { admin: true })),
        button(say("remove"), say("remove-person", { name: one.shown }), async () => {
          if (window.confirm(say("remove-sure", { name: one.shown }))) {
            await ask("DELETE", at(one.name));
          }
        }),
      );
    }
    const where = rooms.length + groups.length > 0 ? [belongs(one)] : [];
    made.append(name, element("td", one.source), seen, element("td", one.here ? say("yes") : ""), ...where, doing);
    return made;
  }

  /** Show who belongs to a room or a group, and what else the file names there. */
  function members(names, others) {
    const made = element("td", names.join(", ") || say("nobody"));
    if (others.length > 0) {
      made.append(element("small", say("also-named", { names: others.join(", ") }), "d-block text-body-secondary"));
    }
    return made;
  }

  function heading(name) {
    const made = element("th", name);
    made.scope = "row";
    return made;
  }

  function link(text, label, address) {
    const made = element("a", text, "btn btn-sm btn-outline-secondary ms-1");
    made.href = address;
    made.setAttribute("aria-label", label);
    return made;
  }

  const server = (lab) => `users/${encodeURIComponent(lab.user)}/server`;

  /** Make the buttons that stop and delete a lab. */
  function ending(lab, called) {
    if (lab.pending) return [];
    const stop = button(say("stop"), say("stop-lab", { lab: called }), () => ask("DELETE", server(lab)));
    const remove = button(say("delete"), say("delete-lab", { lab: called }), async () => {
      if (window.confirm(say("delete-sure", { lab: called, number: lab.number }))) {
        await ask("DELETE", `classroom/labs/${lab.number}`);
      }
    });
    return [...(lab.running ? [stop] : []), ...(lab.number === null ? [] : [remove])];
  }

  /** Make the link that opens a room, which starts one that doesn't run, and what ends it. */
  function door(room) {
    const made = element("td", "", "text-end text-nowrap");
    if (room.address) {
      const label = say(room.running ? "open-room" : "start-room", { name: room.name });
      made.append(link(say(room.running ? "open" : "start"), label, room.address));
    }
    const lab = labs.find((one) => one.kind === "room" && one.name === room.name);
    if (lab) made.append(...ending(lab, say("room", { name: room.name })));
    return made;
  }

  /** Make what opens, starts, stops and deletes a lab of somebody's own, or a closed room. */
  function doing(lab, called) {
    const made = element("td", "", "text-end text-nowrap");
    if (lab.pending) return made;
    if (lab.address && lab.running) {
      made.append(link(say("open"), say("open-lab", { lab: called }), lab.address));
    } else if (lab.address) {
      made.append(button(say("start"), say("start-lab", { lab: called }), () => ask("POST", server(lab))));
    }
    made.append(...ending(lab, called));
    return made;
  }

  /** Show the labs that are not in the list of rooms: people's own, and rooms that are closed. */
  function showLabs(shown) {
    const open = new Set(rooms.map((room) => room.name));
    const listed = labs.filter((lab) => lab.kind !== "room" || !open.has(lab.name));
    part("labs").hidden = listed.length === 0;
    part("lab-list").replaceChildren(
      ...listed.map((lab) => {
        const made = document.createElement("tr");
        const closed = lab.kind === "room";
        const called = closed ? say("room", { name: lab.name }) : say("lab-of", { name: shown(lab.name) });
        const here = lab.here.map(shown).join(", ") || say("nobody");
        const state = lab.pending ? say("pending") : closed ? say("closed") : say("not-running");
        made.append(heading(called), element("td", lab.running ? here : state), doing(lab, called));
        return made;
      }),
    );
  }

  function showRooms(shown) {
    part("rooms").hidden = rooms.length === 0;
    part("room-list").replaceChildren(
      ...rooms.map((room) => {
        const made = document.createElement("tr");
        const inside = Object.entries(room.members).map(([name, role]) => withRole(shown(name), role));
        const others = Object.entries(room.named).map(([name, role]) => withRole(name, role));
        const here = room.here.map(shown).join(", ") || say("nobody");
        made.append(
          heading(room.name),
          members(inside, others),
          element("td", room.running ? here : say("not-running")),
          door(room),
        );
        return made;
      }),
    );
  }

  function showGroups(shown) {
    part("groups").hidden = groups.length === 0;
    part("group-list").replaceChildren(
      ...groups.map((group) => {
        const made = document.createElement("tr");
        made.append(heading(group.name), members(group.members.map(shown), group.named));
        return made;
      }),
    );
  }

  /** Show rooms, groups, and where they are changed; nothing of it where there are none. */
  function showPlaces(lines) {
    const names = new Map(people.map((one) => [one.name, one.shown]));
    const shown = (name) => names.get(name) ?? name;
    showRooms(shown);
    showLabs(shown);
    showGroups(shown);
    part("also").hidden = [...rooms, ...groups].every((one) => Object.keys(one.named).length === 0);
    part("lines").textContent = lines;
    part("change").hidden = lines === "";
  }

  function show() {
    const wanted = part("search").value.trim().toLowerCase();
    const fits = (one) => `${one.shown} ${one.name}`.toLowerCase().includes(wanted);
    const inside = people.filter((one) => !one.removed);
    const out = people.filter((one) => one.removed);
    const here = inside.filter((one) => one.here).length;
    part("summary").textContent = say("summary", { count: inside.length, here });
    part("belong").hidden = rooms.length + groups.length === 0;
    part("list").replaceChildren(...inside.filter(fits).map(row));
    part("removed").hidden = out.length === 0;
    part("out").replaceChildren(
      ...out.filter(fits).map((one) => {
        const made = element("li", `${one.name} `);
        made.append(button(say("let-in"), say("let-person-in", { name: one.name }), () => ask("POST", "users", { usernames: [one.name] })));
        return made;
      }),
    );
  }

  /** Draw a part if what it shows has changed: a new table takes the focus from a button of it. */
  function drawIfNew(name, values, draw) {
    const key = JSON.stringify(values);
    if (drawn[name] === key) return;
    drawn[name] = key;
    draw();
  }

  async function load() {
    try {
      const found = await ask("GET", "classroom/people");
      people = found.people;
      rooms = found.rooms ?? [];
      groups = found.groups ?? [];
      labs = found.labs ?? [];
      const lines = found.lines ?? "";
      const roles = rooms.map((room) => [room.name, room.members]);
      const names = people.map((one) => [one.name, one.shown]);
      drawIfNew("people", [people, roles, groups], show);
      drawIfNew("places", [rooms, groups, labs, lines, names], () => showPlaces(lines));
    } catch (error) {
      complain(error);
    }
  }

  part("add").addEventListener("submit", (event) => {
    event.preventDefault();
    const names = part("names")
      .value.split(new RegExp(page.dataset.between))
      .map((name) => name.trim())
      .filter(Boolean);
    act(async () => {
      if (names.length === 0) return;
      await ask("POST", "users", { usernames: names, admin: part("as-tutors").checked });
      part("names").value = "";
      part("as-tutors").checked = false;
    });
  });
  part("search").addEventListener("input", show);
  load();
  setInterval(() => {
    if (!document.hidden) load();
  }, SECONDS * 1000);
})();
