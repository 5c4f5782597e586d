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
