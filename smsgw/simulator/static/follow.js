// Keeps one part of a page as the server would draw it now: the part that says data-follow="yes".

const EVERY = 1000;

async function look() {
  const part = document.querySelector("[data-follow]");
  if (part.dataset.follow !== "yes") return;
  if (!document.hidden) await draw(part).catch(() => {}); // the gateway is being started anew, perhaps
  setTimeout(look, EVERY);
}

async function draw(part) {
  const answer = await fetch(location.href, { cache: "no-store" });
  if (!answer.ok) return;
  const drawn = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
  if (!drawn || drawn.outerHTML === part.outerHTML) return;
  const focused = document.activeElement?.getAttribute("href");
  part.replaceWith(drawn);
  if (focused) drawn.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
}

setTimeout(look, EVERY);
