// Decorates the table of phones, which is whole without it: the conversations are asked for again while something
// moves, texts are sent without leaving the page, and a meter counts what is being typed.

import { measure } from "./gsm7.js";

const SOON = 600;
const LATER = 3000;
const AROUND = 14; // characters shown on either side of one that breaks GSM-7

const desk = document.querySelector("[data-rows]");
let timer;

function bottom(talk) {
  talk.scrollTop = talk.scrollHeight;
}

// Only what has changed is touched: a reader's place, a selection and what was read aloud stay as they are.
function merge(old, fresh) {
  const atBottom = old.scrollHeight - old.scrollTop - old.clientHeight < 48;
  const rows = old.querySelector("ol");
  const wanted = [...fresh.querySelectorAll("li")];
  const ids = new Set(wanted.map((row) => row.id));
  [...rows.children].filter((row) => !ids.has(row.id)).forEach((row) => row.remove());
  wanted.forEach((row, at) => {
    const there = document.getElementById(row.id);
    if (!there) rows.insertBefore(row, rows.children[at] ?? null);
    else if (there.outerHTML !== row.outerHTML) there.replaceWith(row);
  });
  old.dataset.moving = fresh.dataset.moving;
  if (atBottom) bottom(old);
}

function draw(html) {
  const drawn = new DOMParser().parseFromString(html, "text/html");
  drawn.querySelectorAll(".talk").forEach((fresh) => {
    const old = document.getElementById(fresh.id);
    if (old) merge(old, fresh);
  });
  return drawn;
}

async function fragment(url, options = {}) {
  const answer = await fetch(url, { ...options, headers: { "X-Fragment": "rows" }, cache: "no-store" });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  return draw(await answer.text());
}

function wait() {
  clearTimeout(timer);
  if (document.hidden) return;
  timer = setTimeout(look, desk.querySelector('[data-moving="yes"]') ? SOON : LATER);
}

async function look() {
  try {
    await fragment(desk.dataset.rows);
  } catch {
    // The gateway is being started anew, perhaps: the next look will tell.
  }
  wait();
}

async function send(event) {
  event.preventDefault();
  const form = event.currentTarget;
  const quick = event.submitter?.name === "quick";
  const body = new URLSearchParams(new FormData(form, event.submitter));
  try {
    const drawn = await fragment(form.action, { method: "POST", body });
    const told = show(form, drawn);
    if (!told && !quick) clear(form);
  } catch {
    form.removeEventListener("submit", send);
    form.requestSubmit(event.submitter); // the browser's own way shows what is wrong
  }
  bottom(form.closest(".phone").querySelector(".talk"));
  wait();
}

// The sentence about what could not be done, or nothing.
function show(form, drawn) {
  const here = form.closest(".phone").querySelector(".problem");
  const said = drawn.getElementById(here.id)?.textContent ?? "";
  here.textContent = said;
  here.hidden = !said;
  return said;
}

function clear(form) {
  const text = form.querySelector("textarea");
  text.value = "";
  text.dispatchEvent(new Event("input"));
  text.focus();
}

function byEnter(event) {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  event.currentTarget.form.requestSubmit(event.currentTarget.form.querySelector(".send"));
}

function meter(table, form) {
  const text = form.querySelector("textarea");
  const shown = form.querySelector(".meter");
  const count = () => tell(shown, measure(table, text.value), text.value, table);
  text.addEventListener("input", count);
  shown.hidden = false;
  count();
}

function tell(shown, size, text, table) {
  const word = desk.dataset;
  const [length, room, unit] =
    size.septets === null ? [size.units, table.single_ucs2, word.units] : [size.septets, table.single, word.septets];
  const segments = size.segments === 1 ? word.segment : word.segments;
  shown.querySelector(".count").textContent = `${length} / ${room} ${unit} · ${size.segments} ${segments}`;
  shown.classList.toggle("long", size.segments > 1);
  const bar = shown.querySelector("progress");
  bar.max = room;
  bar.value = Math.min(length, room);
  mark(shown.querySelector(".breaks"), size.breaks, text);
}

function mark(place, breaks, text) {
  if (!breaks) {
    place.replaceChildren();
    return;
  }
  const characters = [...text];
  const code = breaks.character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
  const found = Object.assign(document.createElement("mark"), { textContent: breaks.character });
  found.title = `U+${code}`;
  const before = characters.slice(Math.max(0, breaks.at - AROUND), breaks.at).join("");
  const after = characters.slice(breaks.at + 1, breaks.at + 1 + AROUND).join("");
  const context = document.createElement("bdi");
  context.append(before, found, after);
  place.replaceChildren(desk.dataset.breaks.replace("{at}", breaks.at + 1), " ", context, ` (U+${code})`);
}

const forms = [...document.querySelectorAll("form.write")];
forms.forEach((form) => {
  form.addEventListener("submit", send);
  form.querySelector("textarea").addEventListener("keydown", byEnter);
});
document.querySelectorAll(".talk").forEach(bottom);
document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : look()));
wait();

const table = await (await fetch(desk.dataset.gsm7)).json();
forms.forEach((form) => meter(table, form));
