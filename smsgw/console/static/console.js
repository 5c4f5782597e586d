// Colours as the device prefers, and the keyboard. Every page is whole without this file.
"use strict";
const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
const paint = () => { if (root.dataset.theme === "auto") root.dataset.bsTheme = dark.matches ? "dark" : "light"; };
dark.addEventListener("change", paint);
paint();

const walk = (step) => {
  const rows = [...document.querySelectorAll("[data-row]")];
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const row = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
  if (row) { row.tabIndex = -1; row.focus(); }
};
const press = (key) => {
  const one = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  one?.closest("details")?.setAttribute("open", "");
  if (one) one.matches("input, select, textarea") ? one.focus() : one.click();
  return Boolean(one);
};
const open = () => document.activeElement?.closest("[data-row]")?.querySelector("a[href]")?.click();
const KEYS = { j: () => walk(1), k: () => walk(-1), o: open, r: () => press("r") || location.reload() };

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
  if (KEYS[event.key]) KEYS[event.key]();
  else if (!press(event.key)) return;
  event.preventDefault();
});

// A live list: its rows are asked for again while the tab is seen, and replaced where one of them has changed.
const follow = (line) => {
  const rows = document.getElementById(line.dataset.into);
  const [said, button] = line.querySelectorAll("[data-said]");
  const swap = (one) => { [one.textContent, one.dataset.said] = [one.dataset.said, one.textContent]; };
  const look = async () => {
    if (document.hidden || line.classList.contains("paused") || rows.querySelector(":checked")) return;
    const answer = await fetch(`${line.dataset.live}${line.dataset.live.includes("?") ? "&" : "?"}stand=${line.dataset.stand}`);
    if (answer.status !== 200 || answer.redirected) return;
    const chosen = document.activeElement?.closest("[data-row]")?.id;
    rows.innerHTML = await answer.text();
    line.dataset.stand = answer.headers.get("X-Stand");
    const row = chosen && document.getElementById(chosen);
    if (row) { row.tabIndex = -1; row.focus(); }
  };
  button.addEventListener("click", () => { line.classList.toggle("paused"); swap(said); swap(button); });
  line.hidden = false;
  setInterval(() => look().catch(() => {}), 2000);
};
addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-live]").forEach(follow));

// A second press within a moment is the same press: an act is sent once.
const sent = new WeakMap();
document.addEventListener("submit", (event) => {
  if (!event.target.closest(".act")) return;
  if (event.timeStamp - (sent.get(event.target) ?? -Infinity) < 3000) event.preventDefault();
  else sent.set(event.target, event.timeStamp);
});
