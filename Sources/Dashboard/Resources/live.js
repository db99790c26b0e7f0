// Fetches this page again while it is looked at, and puts what changed in its place.
//
// What a page says is in its HTML; nothing is computed here. The answer is parsed into a document that runs
// nothing, and only parts that the page has already, by the name in data-live, take over what changed in theirs.

const everyMilliseconds = 5000;
const line = document.getElementById("live");
const button = document.getElementById("pause");
const state = document.getElementById("state");
let isPaused = false;
let hasEnded = false;
let isLooking = false;

function say(text) {
  if (state.textContent !== text) state.textContent = text;
}

// Whoever reads or marks something in a part should not lose it.
function isInUse(part) {
  const selection = document.getSelection();
  const isMarked = selection && !selection.isCollapsed && part.contains(selection.anchorNode);
  return isMarked || part.contains(document.activeElement);
}

function show(text) {
  const fresh = new DOMParser().parseFromString(text, "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const name = CSS.escape(part.getAttribute("data-live"));
    const other = fresh.querySelector(`[data-live="${name}"]`);
    if (!other || isInUse(part) || part.isEqualNode(other)) continue;
    const positions = [...part.querySelectorAll(".scroll")].map((box) => box.scrollLeft);
    part.replaceChildren(...[...other.childNodes].map((node) => document.importNode(node, true)));
    part.querySelectorAll(".scroll").forEach((box, place) => {
      box.scrollLeft = positions[place] ?? 0;
    });
  }
}

async function look() {
  if (isPaused || hasEnded || isLooking || document.visibilityState !== "visible") return;
  isLooking = true;
  try {
    const signal = AbortSignal.timeout(10000);
    const answer = await fetch(location.href, { cache: "no-store", credentials: "same-origin", signal });
    if (answer.status === 401) {
      hasEnded = true;
      button.hidden = true;
      say("The session ended. Ask for a new link with `valence-node dashboard`.");
      return;
    }
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    show(await answer.text());
    if (!isPaused) say("Kept up to date.");
  } catch {
    say("The node does not answer; what is shown may be old.");
  } finally {
    isLooking = false;
  }
}

button.addEventListener("click", () => {
  isPaused = !isPaused;
  button.textContent = isPaused ? "Go on" : "Pause";
  say(isPaused ? "Paused." : "Kept up to date.");
});
document.addEventListener("visibilitychange", look);
line.hidden = false;
say("Kept up to date.");
// One look after the other: a slow node is not asked twice at once.
for (;;) {
  await new Promise((resolve) => setTimeout(resolve, everyMilliseconds));
  await look();
}
