"use strict";
/* One rater's answers to one sheet. Everything stays in this browser until the CSV is downloaded. */

const { sheet, questions, trials, pictures, checks, beside } = JSON.parse(document.getElementById("data").textContent);
const COLUMNS = ["sheet", "rater", "token", "trial", "question", "answer", "seconds", "time"];
const NAME = /^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._-]{0,39}$/u;
const PLACE = `rating-sheet/${sheet}`;
const at = (id) => document.getElementById(id);

let rater = "";
let answers = {}; // "trial:question" to [answer, seconds, time], trials counted from 1
let trial = 0; // trials.length is the end
let active = 0; // the question that a digit answers
let since = 0;
let isKept = true;

/* An attention check asks one question alone, with the answers of the first. */
const askedAt = (number) => {
  const check = checks[trials[number]];
  return check ? [{ ...questions[0], name: "attention", asked: check.asked }] : questions;
};
const keyOf = (number, question) => `${number + 1}:${question.name}`;
const isOpen = (number) => askedAt(number).some((question) => !(keyOf(number, question) in answers));
/* A question about the small picture waits for those before it, so that the picture sways no other answer. */
const mayAsk = (number) => {
  const asked = askedAt(trial);
  return !asked[number].beside || asked.slice(0, number).every((question) => keyOf(trial, question) in answers);
};
const firstOpen = () => { const found = trials.findIndex((_, number) => isOpen(number)); return found < 0 ? trials.length : found; };

function show(element, isShown) { element.hidden = !isShown; }

function tell(message) { at("trouble").textContent = message; show(at("trouble"), message !== ""); }

/* What is kept in the browser. */

function stored(place) {
  try { return localStorage.getItem(place); } catch { return null; }
}

function keep(place, value) {
  try {
    localStorage.setItem(place, value);
    return true;
  } catch {
    return false;
  }
}

function answersKeptOf(name) {
  let kept;
  try { kept = JSON.parse(stored(`${PLACE}/${name}`)); } catch { return {}; }
  const isAnswer = ([key, value]) => {
    const [number, asked] = key.split(":");
    if (!(number >= 1 && number <= trials.length)) return false;
    const question = askedAt(number - 1).find((each) => each.name === asked);
    return question && Array.isArray(value) &&
      question.answers.some(([word]) => word === value[0]);
  };
  return Object.fromEntries(Object.entries(kept ?? {}).filter(isAnswer));
}

const holdBack = (event) => event.preventDefault();
function warnOnClosing(isLossy) {
  if (isLossy) addEventListener("beforeunload", holdBack); else removeEventListener("beforeunload", holdBack);
}

function save() {
  isKept = keep(`${PLACE}/${rater}`, JSON.stringify(answers));
  warnOnClosing(!isKept);
  tell(isKept ? "" : "This browser does not keep your answers. Download the CSV before you close the page.");
}

/* The parts of the page. */

function render() {
  const done = trials.filter((_, number) => !isOpen(number)).length;
  at("count").textContent = `${done} of ${trials.length} done`;
  at("progress").max = trials.length;
  at("progress").value = done;
  show(at("start"), rater === "");
  for (const id of ["bar", "foot"]) show(at(id), rater !== "");
  at("rater").textContent = `Rater: ${rater}.`;
  show(at("trial"), rater !== "" && trial < trials.length);
  show(at("end"), rater !== "" && trial === trials.length);
  if (rater === "") return;
  if (trial === trials.length) renderEnd(trials.length - done); else renderTrial();
}

function renderTrial() {
  at("heading").textContent = `Face ${trial + 1} of ${trials.length}`;
  at("face").alt = `Face ${trial + 1}, to be judged`;
  const token = trials[trial];
  showIn(at("face"), pictures[checks[token]?.face ?? token]);
  const asked = askedAt(trial);
  const compared = asked.findIndex((question) => question.beside);
  show(at("reference"), compared >= 0 && token in beside && mayAsk(compared));
  if (!at("reference").hidden) showIn(at("reference"), pictures[beside[token]]);
  at("back").disabled = trial === 0;
  questions.forEach((_, number) => {
    const field = at(`question-${number}`);
    const question = asked[number];
    show(field, question !== undefined);
    if (!question) return;
    field.disabled = !mayAsk(number);
    field.querySelector("legend").textContent = question.asked;
    field.classList.toggle("active", number === active);
    const chosen = answers[keyOf(trial, question)]?.[0];
    for (const button of field.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.value === chosen));
    }
  });
}

function showIn(image, picture) {
  if (image.src !== picture) image.src = picture;
}

function renderEnd(left) {
  const faces = (number) => `${number} face${number === 1 ? "" : "s"}`;
  at("over").textContent = left ? `${faces(left)} left` : "All faces are done";
  at("left").textContent = left
    ? "Some questions are still open. You can answer them now or later, or download what there is."
    : "Thank you. Download the CSV, and send it to the person who gave you this page.";
  show(at("missing"), left > 0);
}

function buildQuestions() {
  questions.forEach((question, number) => {
    const field = document.createElement("fieldset");
    field.id = `question-${number}`;
    field.tabIndex = -1;
    field.addEventListener("focusin", () => { if (active !== number && mayAsk(number)) { active = number; renderTrial(); } });
    const legend = document.createElement("legend");
    const buttons = document.createElement("div");
    buttons.className = "answers";
    question.answers.forEach(([word, label], place) => {
      const digit = place === question.answers.length - 1 ? "0" : String(place + 1);
      const button = document.createElement("button");
      const key = document.createElement("kbd");
      key.textContent = digit;
      key.setAttribute("aria-hidden", "true");
      button.type = "button";
      button.value = word;
      button.dataset.digit = digit;
      button.append(key, label);
      button.addEventListener("click", () => choose(number, word));
      buttons.append(button);
    });
    field.append(legend, buttons);
    at("questions").append(field);
  });
}

/* What a rater does. */

function choose(number, word) {
  const now = performance.now();
  const asked = askedAt(trial);
  answers[keyOf(trial, asked[number])] = [word, ((now - since) / 1000).toFixed(2), new Date().toISOString()];
  since = now;
  save();
  const open = asked.findIndex((question) => !(keyOf(trial, question) in answers));
  active = open < 0 ? number : open;
  render();
  focusOn(open < 0 ? at("next") : at(`question-${open}`));
}

function focusOn(element) {
  element.focus({ preventScroll: true });
  element.scrollIntoView({ block: "nearest" });
}

function go(number) {
  trial = Math.max(0, Math.min(number, trials.length));
  since = performance.now();
  active = 0;
  if (trial < trials.length) {
    const open = askedAt(trial).findIndex((question) => !(keyOf(trial, question) in answers));
    active = Math.max(open, 0);
  }
  render();
  scrollTo(0, 0);
  at(trial < trials.length ? "heading" : "over").focus({ preventScroll: true });
}

function ask(step) {
  const { length } = askedAt(trial);
  do active = (active + step + length) % length; while (!mayAsk(active));
  renderTrial();
  focusOn(at(`question-${active}`));
}

function begin(name) {
  rater = name;
  answers = answersKeptOf(name);
  if (!keep(PLACE, name)) save();
  go(firstOpen());
}

function csv() {
  const lines = [COLUMNS.join(",")];
  trials.forEach((token, number) => {
    for (const question of askedAt(number)) {
      const given = answers[keyOf(number, question)];
      if (given) lines.push([sheet, rater, token, number + 1, question.name, ...given].join(","));
    }
  });
  return `${lines.join("\r\n")}\r\n`;
}

function download() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([csv()], { type: "text/csv;charset=utf-8" }));
  link.download = `ratings-${rater.replace(/[^\p{L}\p{M}\p{N}_-]+/gu, "-")}-${sheet}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  warnOnClosing(false);
}

at("who").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = at("name").value.trim().normalize("NFC");
  const isName = NAME.test(name);
  show(at("wrong"), !isName);
  at("wrong").textContent = isName ? "" : "Use letters, digits, spaces, dots and hyphens; a letter or digit first.";
  if (isName) begin(name); else at("name").focus();
});
at("other").addEventListener("click", () => { rater = ""; render(); at("name").value = ""; at("name").focus(); });
at("back").addEventListener("click", () => go(trial - 1));
at("next").addEventListener("click", () => go(trial + 1));
at("again").addEventListener("click", () => go(trial - 1));
at("missing").addEventListener("click", () => go(firstOpen()));
for (const id of ["download", "finish"]) at(id).addEventListener("click", download);

document.addEventListener("keydown", (event) => {
  if (rater === "" || event.ctrlKey || event.altKey || event.metaKey) return;
  const isAtEnd = trial === trials.length;
  const isOnButton = event.target.closest("button") !== null;
  const acts = {
    ArrowLeft: () => go(trial - 1),
    ArrowRight: () => { if (!isAtEnd) go(trial + 1); },
    ArrowUp: () => { if (!isAtEnd) ask(-1); },
    ArrowDown: () => { if (!isAtEnd) ask(1); },
    Enter: isOnButton || isAtEnd ? undefined : () => go(trial + 1),
  };
  const mayAnswer = /^\d$/.test(event.key) && !isAtEnd && !event.repeat;
  const answer = mayAnswer && at(`question-${active}`).querySelector(`[data-digit="${event.key}"]:enabled`);
  const act = answer ? () => choose(active, answer.value) : acts[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
addEventListener("storage", (event) => { // the same sheet in another tab
  if (rater !== "" && event.key === `${PLACE}/${rater}`) { answers = answersKeptOf(rater); render(); }
});

const LIST = new Intl.ListFormat("en", { type: "conjunction" });
at("purpose").textContent =
  `You will see ${trials.length} faces, one at a time, and say for each what you think: ` +
  `${LIST.format(questions.map((question) => question.name))}.`;
show(at("twice"), new Set(trials).size < trials.length);
show(at("checked"), Object.keys(checks).length > 0);
buildQuestions();
render();
const known = stored(PLACE) ?? "";
if (NAME.test(known)) begin(known); else at("name").focus();
