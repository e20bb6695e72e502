// The page of a lecture: builds the slides from deck.json, asks the server for pictures, and moves through them.
"use strict";

const $ = (selector, within = document) => within.querySelector(selector);
const channel = new BroadcastChannel(`lecture ${location.port}`); // between the slides and the presenter's window

/** An element with attributes, properties that start with "on", and children; a string child is text. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "html") element.innerHTML = value;
    else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter(child => child != null));
  return element;
}

/* One class a kind of slide. Each has an element, a number of steps, and what happens when it is shown. */

/** Words; a fold of the notebook stays closed until it is asked for, and one is open at a time. */
class Words {
  constructor(slide) {
    this.element = make("section", { class: `slide ${slide.kind}` }, ...this.build(slide));
    this.folds = [...this.element.querySelectorAll("details")];
    this.element.addEventListener("toggle", () => fitAll(this.element), true);
  }
  build({ html }) { return [make("div", { class: "fit", html })]; }
  show() { fitAll(this.element); }
  hide() { this.unfold(-1); }
  next() { return this.unfold(this.folds.findLastIndex(fold => fold.open) + 1); }
  back() {
    const open = this.folds.findIndex(fold => fold.open);
    this.unfold(open - 1);
    return open >= 0;
  }
  answer() { this.next() || this.unfold(-1); }
  /** Opens one fold and closes the others; false if there is none of that number. */
  unfold(number) {
    if (number >= this.folds.length) return false;
    this.folds.forEach((fold, i) => { fold.open = i === number; });
    return true;
  }
}

class Title extends Words {
  build({ title, lead }) { return [make("h1", {}, title), make("p", { html: lead })]; }
}

class Program extends Words {
  constructor(slide) { super({ ...slide, kind: "program" }); }
  build({ code, printed }) {
    return [make("div", { class: "fit" }, make("pre", {}, code), printed ? make("pre", { class: "printed" }, printed) : null)];
  }
}

/** A question to vote on. Its answer is a slide of its own, and is not in the page before it is asked for. */
class Vote extends Words {
  build(slide) {
    const body = make("div", { class: "fit" }, make("h2", { html: slide.question }), slide.scale ? this.number(slide) : this.choices(slide));
    body.append(make("button", { class: "reveal", onclick: () => lecture.next() }, "Reveal"));
    this.begin();
    return [body];
  }
  /** Before anybody has voted. */
  begin() {
    this.vote = null;
    this.write();
  }
  answer() { lecture.next(); }
  choices({ choices }) {
    const buttons = choices.map(choice => make("button", { onclick: () => {
      this.vote = this.vote === choice ? null : choice;
      this.write();
    } }, choice));
    this.write = () => buttons.forEach((button, i) => button.setAttribute("aria-pressed", choices[i] === this.vote));
    return make("ul", { class: "choices", "aria-label": "Choices" }, ...buttons.map(button => make("li", {}, button)));
  }
  number({ scale }) {
    const said = make("output");
    const range = make("input", { type: "range", min: scale.low, max: scale.high, step: scale.step, "aria-label": "The room's guess", oninput: () => {
      this.vote = Number(range.value);
      this.write();
    } });
    this.write = () => {
      if (this.vote === null) range.value = (scale.low + scale.high) / 2;
      said.textContent = this.vote === null ? `${written(scale.low)} to ${written(scale.high)} ${scale.unit}` : `${written(this.vote)} ${scale.unit}`;
      range.setAttribute("aria-valuetext", said.textContent);
    };
    return make("div", { class: "number" }, range, said);
  }
}

class Answer extends Words {
  constructor(slide, vote) {
    super({ ...slide, kind: "answer" });
    this.slide = slide;
    this.vote = vote;
  }
  build() { return []; }
  show() {
    const { question, choices, truth, scale, because, working } = this.slide;
    const drawn = scale ? this.line() : make("ul", { class: "choices" }, ...choices.map(choice => this.row(choice, truth)));
    this.element.replaceChildren(make("div", { class: "fit" }, make("h2", { html: question }), drawn,
      because ? make("p", { class: "because", html: because }) : null, working ? make("pre", { class: "working" }, working) : null));
    super.show();
  }
  hide() { this.element.replaceChildren(); }
  row(choice, truth) {
    const voted = choice === this.vote.vote;
    const said = [choice === truth ? "✓ true" : null, voted ? "the room" : null].filter(Boolean).join(" · ");
    return make("li", {}, make("div", { class: `${choice === truth ? "true" : ""} ${voted ? "voted" : ""}` }, make("span", {}, choice), make("small", {}, said)));
  }
  line() {
    const { scale, truth, truth_words } = this.slide, guess = this.vote.vote;
    const low = Math.min(scale.low, truth), high = Math.max(scale.high, truth);
    const place = value => `${100 * (value - low) / (high - low)}%`;
    const line = make("div", { class: "line" }, ...[low, high].map(end => make("i", { style: `left: ${place(end)}` }, written(end))));
    const mark = (name, value, words) => line.append(make("span", { class: name, style: `left: ${place(value)}` }),
      make("b", { class: name, style: `left: clamp(5em, ${place(value)}, 100% - 5em)` }, words));
    mark("truth", truth, `✓ ${truth_words}`);
    if (guess !== null) mark("guess", guess, `the room: ${written(guess)} ${scale.unit}`);
    return line;
  }
}

/** A figure with its controls. A move asks the server for a picture; moves that come in between drop out. */
class Picture {
  constructor(slide) {
    this.slide = slide;
    this.image = make("canvas", { role: "img", "aria-label": slide.about, style: `--aspect: ${1 / slide.aspect}` });
    this.says = make("p", { class: "says", role: "status", "aria-live": "polite" });
    this.ask = make("div", { class: "ask" });
    this.controls = slide.controls.map(control => new Control(control, () => this.draw()));
    const reset = this.controls.length ? make("button", { onclick: () => this.reset() }, "Reset") : null;
    const panel = make("div", { class: "controls" }, ...this.controls.map(control => control.element), reset);
    this.element = make("section", { class: `slide picture ${slide.aspect > 0.565 ? "tall" : ""}` }, this.ask, this.image, panel, this.says);
    this.question = 0;
    this.open = false;
    this.settings = 0;
  }
  get one() { return this.slide.questions[this.question]; }
  show() {
    this.draw();
    this.write();
  }
  hide() { this.open = false; this.question = 0; this.settings = 0; }
  /** A question, its answer with each of its settings, the next question: as far as a clicker goes. */
  next() {
    if (!this.one?.settings[this.settings]) return this.turn(1);
    this.answer();
    return true;
  }
  back() { return this.turn(this.open ? 0 : -1); }
  turn(by) {
    if (!this.slide.questions[this.question + by]) return false;
    this.question += by;
    this.open = false;
    this.settings = 0;
    this.write();
    return true;
  }
  /** As in the notebook before anybody has moved a control. */
  begin() { this.controls.forEach((control, i) => control.set(this.slide.controls[i].start)); }
  write() {
    const text = !this.one ? "" : this.open ? `<span class="a">${this.one.answer}</span>` : this.one.question;
    this.ask.innerHTML = text;
    fitAll(this.element);
  }
  /** The answer, with the controls where it shows; once more for its next setting, and then closed. */
  answer() {
    if (!this.one?.answer) return;
    const setting = this.one.settings[this.settings];
    this.open = Boolean(setting);
    this.settings = setting ? this.settings + 1 : 0;
    if (setting) this.set(setting);
    this.write();
  }
  reset() {
    this.begin();
    this.draw();
  }
  set(positions) {
    positions.forEach((position, i) => this.controls[i].set(position));
    this.draw();
  }
  get width() { return Math.min(Math.max(Math.round(this.image.clientWidth * devicePixelRatio), 100), 4000); } // what the server draws
  async draw() {
    this.wanted = `frame?figure=${this.slide.figure}&width=${this.width}&at=${this.controls.map(control => control.position).join()}`;
    if (this.busy) return;
    this.busy = true;
    while (this.drawn !== this.wanted) {
      const asked = this.wanted;
      try {
        await this.fetch(asked);
        this.drawn = asked;
      } catch (error) {
        this.tell(`The lecture's program does not answer: ${error.message}`, true);
        if (this === lecture.now.shown) await new Promise(done => setTimeout(done, 1000));
        if (this !== lecture.now.shown) break; // asked for again when it is shown
      }
    }
    this.busy = false;
  }
  async fetch(address) {
    const answer = await fetch(address);
    if (!answer.ok) return this.tell(await answer.text(), true);
    const picture = await createImageBitmap(await answer.blob()); // a canvas shows it in a third of an <img>'s time
    this.image.getContext("bitmaprenderer").transferFromImageBitmap(picture);
    this.tell(decodeURIComponent(answer.headers.get("X-Sentence")), answer.headers.get("X-Failed") === "1");
  }
  tell(sentence, failed) {
    this.says.textContent = sentence;
    this.says.classList.toggle("failed", failed);
    fitAll(this.element);
  }
}

class Control {
  constructor({ kind, label, words, start }, moved) {
    this.kind = kind;
    this.words = words;
    this.output = kind === "slider" ? make("output") : null;
    const input = { oninput: () => { this.write(); moved(); } };
    this.input = kind === "slider" ? make("input", { type: "range", min: 0, max: words.length - 1, step: 1, ...input })
      : kind === "switch" ? make("input", { type: "checkbox", ...input })
      : make("select", input, ...words.map((word, i) => make("option", { value: i }, word)));
    const parts = kind === "switch" ? [this.input, ` ${label}`] : [label, this.output, this.input];
    this.element = make("label", {}, ...parts.filter(Boolean));
    this.set(start);
  }
  get position() { return this.kind === "switch" ? Number(this.input.checked) : Number(this.input.value); }
  set(position) {
    if (this.kind === "switch") this.input.checked = Boolean(position);
    else this.input.value = position;
    this.write();
  }
  write() {
    if (!this.output) return;
    this.output.textContent = this.words[this.position];
    this.input.setAttribute("aria-valuetext", this.words[this.position]);
  }
}

function fitAll(element) {
  const room = $(".fit", element);
  if (room) return fitBox(room);
  const ask = $(".ask", element);
  if (ask && !element.classList.contains("tall")) fitAsk(element, ask);
}

/** Type of a page of words: as large as the page can hold it. */
function fitBox(box) {
  const page = box.parentElement, style = getComputedStyle(page);
  const height = page.clientHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom);
  for (const wrapped of [false, true]) { // code keeps its lines if it can
    box.classList.toggle("wrap", wrapped);
    for (let size = 4.6; size >= 2.6; size -= 0.1) {
      box.style.fontSize = `calc(${size.toFixed(1)} * var(--u))`;
      if (box.scrollHeight <= height && box.scrollWidth <= box.clientWidth) return;
    }
  }
}

/** Type of a question: as large as question, picture and sentence can share the page. */
function fitAsk(element, ask) {
  element.classList.remove("long");
  for (let size = 4.6; size >= 2.6; size -= 0.1) {
    element.classList.toggle("long", size < 3.4);
    ask.style.fontSize = `calc(${size.toFixed(1)} * var(--u))`;
    if (element.scrollHeight <= element.clientHeight) return;
  }
}

/** A number as the sentences of the course write it. */
function written(number) {
  const text = String(number).replace("-", "−");
  return Math.abs(number) < 10000 ? text : text.replace(/\B(?=(\d{3})+$)/g, "\u00a0");
}

const KINDS = { title: Title, text: Words, code: Program, vote: Vote, picture: Picture };

class Lecture {
  constructor(deck) {
    document.title = deck.title;
    this.deck = deck;
    this.slides = []; // what is shown, a vote's answer included
    for (const slide of deck.slides) {
      const shown = new KINDS[slide.kind](slide);
      this.slides.push({ shown, slide });
      if (slide.kind === "vote") this.slides.push({ shown: new Answer(slide, shown), slide, answer: true });
    }
    $("#slides").append(...this.slides.map(({ shown }) => shown.element));
    this.slides.forEach(({ shown }, i) => {
      shown.element.setAttribute("aria-label", `${i + 1}: ${this.name(i)}`);
      shown.element.tabIndex = -1;
    });
    $("#overview ol").append(...this.slides.map((_, i) => make("li", {}, make("button", { onclick: () => this.go(i) }, this.name(i)))));
    if (!this.address()) sessionStorage.removeItem("started"); // of the last lecture
    this.go(this.address());
  }
  /** As if nobody had been here: first page, controls and votes at their start, clock at 0. */
  begin() {
    this.slides.forEach(({ shown }) => shown.begin?.());
    sessionStorage.removeItem("started");
    this.go(0);
  }
  address() { return Math.min(Math.max(Number(location.hash.slice(1)) - 1 || 0, 0), this.slides.length - 1); }
  name(i) {
    const { slide, answer } = this.slides[i], text = name(slide);
    return (answer ? "Answer: " : "") + (text.length > 60 ? `${text.slice(0, 58)}…` : text);
  }
  go(i) {
    if (i < 0 || i >= this.slides.length) return;
    document.querySelectorAll("dialog").forEach(dialog => dialog.close());
    document.activeElement?.blur();
    if (this.i !== undefined) {
      this.now.shown.element.classList.remove("now");
      this.now.shown.hide?.();
    }
    this.i = i;
    if (i > 0) sessionStorage.started ??= Date.now(); // outlives a reload, and the presenter's window
    this.now.shown.element.classList.add("now");
    this.now.shown.show();
    this.now.shown.element.focus(); // Tab goes on from here, not from a control of the slide before
    this.now.shown.element.blur();
    this.slides[i + 1]?.shown.draw?.(); // the next picture is ready when it is wanted
    history.replaceState(null, "", `#${i + 1}`);
    $("#place").textContent = `${i + 1} / ${this.slides.length}`;
    document.querySelectorAll("#overview button").forEach((button, k) => {
      button.toggleAttribute("aria-current", k === i);
      button.autofocus = k === i;
    });
    this.announce();
  }
  get now() { return this.slides[this.i]; }
  next() { this.turn(this.now.shown.next?.(), this.i + 1); }
  back() { this.turn(this.now.shown.back?.(), this.i - 1); }
  turn(within, otherwise) {
    document.querySelectorAll("dialog").forEach(dialog => dialog.close());
    if (within) this.announce(); else this.go(otherwise);
  }
  announce() { channel.postMessage({ at: this.i, question: this.now.shown.question ?? 0, started: Number(sessionStorage.started) || null }); }
  code() {
    if (!this.now.slide.code || this.now.slide.kind !== "picture") return;
    const dialog = $("#code");
    $("pre", dialog).textContent = this.now.slide.code;
    dialog.open ? dialog.close() : dialog.showModal();
  }
  /** What a key does, beside what the control with the focus does with it; false if it does nothing. */
  press(key, focused) {
    const open = $("dialog[open]"), black = document.body.classList, leave = () => focused.blur();
    const actions = {
      PageDown: () => this.next(), PageUp: () => this.back(), Escape: leave,
      a: () => this.now.shown.answer?.(), r: () => this.now.shown.reset?.(), c: () => this.code(),
      o: () => toggle("#overview"), "?": () => toggle("#keys"), p: () => window.open("?presenter", "presenter", "width=1000,height=700"),
      f: () => document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen(),
      b: () => black.add("black"), ".": () => black.add("black"), n: () => this.begin(),
    };
    if (focused.matches("input[type=range], select")) actions.Enter = leave; // Escape leaves the full screen, too
    const moves = { ArrowRight: () => this.next(), ArrowDown: () => this.next(), ArrowLeft: () => this.back(), ArrowUp: () => this.back(),
      " ": () => this.next(), Home: () => this.go(0), End: () => this.go(this.slides.length - 1) };
    const action = actions[key.length === 1 ? key.toLowerCase() : key] ?? (open || uses(focused, key) ? undefined : moves[key]);
    if (!action || (open && key === "Escape")) return false;
    if (black.contains("black")) black.remove("black"); else action();
    return true;
  }
}

/** Whether a control does something of its own with a key that turns pages elsewhere. */
function uses(control, key) {
  const presses = control.matches("select, button, summary, [type=checkbox]") && key === " ";
  return presses || (control.matches("select, [type=range]") && key !== " ");
}

/** What a slide is called in a list: its heading, its question, or what it shows. */
function name(slide) {
  const words = make("div", { html: slide.title ?? slide.question ?? slide.questions?.[0]?.question ?? slide.about ?? slide.html });
  words.querySelectorAll("math[display=block]").forEach(formula => formula.remove()); // its letters alone say nothing
  return slide.kind === "code" ? slide.code.split("\n")[0] : ($("h1, h2, h3", words) ?? words).textContent.trim();
}

function toggle(selector) {
  const dialog = $(selector);
  dialog.open ? dialog.close() : dialog.showModal();
}

/** The second window: notes, clock, what comes next, and the answers. */
class Presenter {
  constructor(deck) {
    document.title = `Notes: ${deck.title}`;
    document.body.className = "presenter";
    this.slides = deck.slides.flatMap(slide => slide.kind === "vote" ? [slide, { ...slide, answer: true }] : [slide]);
    this.started = null; // when the first page was left
    this.clock = make("div", { class: "clock" });
    this.body = make("div", { "aria-live": "polite" });
    document.body.replaceChildren(this.clock, this.body);
    setInterval(() => this.tick(), 500);
    this.show({ at: 0, question: 0, started: null });
  }
  tick() {
    const seconds = Math.floor((Date.now() - (this.started ?? Date.now())) / 1000), pad = number => String(number).padStart(2, "0");
    this.clock.textContent = `${pad(Math.floor(seconds / 60))}:${pad(seconds % 60)}`;
  }
  show({ at, question, started }) {
    this.started = started;
    this.tick();
    const slide = this.slides[at], next = this.slides[at + 1], one = slide.questions?.[question];
    const due = this.slides.slice(0, at + 1).reduce((sum, slide) => sum + (slide.answer ? 0 : slide.minutes), 0);
    const truth = slide.kind === "vote" ? `${slide.truth_words ?? slide.truth}. ${slide.because}` : one?.answer;
    this.body.replaceChildren(
      make("h1", { html: `${at + 1} / ${this.slides.length} ${one?.question ?? ""}` }, one ? "" : name(slide)),
      make("p", { class: "note" }, slide.note ?? ""),
      truth ? make("p", { class: "secret", html: `Answer: ${truth}` }) : "",
      make("p", {}, due ? `Done with it at minute ${due}.` : ""),
      make("p", { class: "next" }, next ? `Next: ${next.answer ? "the answer" : name(next)}` : "This is the last slide."));
  }
}

const FROM_AFAR = /^(Arrow(Right|Left|Up|Down)|Page(Down|Up)|Home|End|[ .abcnor])$/i; // keys of the presenter's window that work in the slides

let lecture;

async function start() {
  const deck = await (await fetch("deck.json")).json();
  if (location.search === "?presenter") {
    const presenter = new Presenter(deck);
    channel.onmessage = ({ data }) => data.at !== undefined && presenter.show(data);
    channel.postMessage({ here: true });
    addEventListener("keydown", event => {
      if (event.ctrlKey || event.metaKey || event.altKey || !FROM_AFAR.test(event.key)) return;
      channel.postMessage({ key: event.key });
      event.preventDefault();
    });
    return;
  }
  lecture = new Lecture(deck);
  channel.onmessage = ({ data }) => data.key ? lecture.press(data.key, document.body) : data.here && lecture.announce();
  addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (lecture.press(event.key, document.activeElement)) event.preventDefault();
  });
  addEventListener("resize", () => lecture.now.shown.show());
  addEventListener("hashchange", () => lecture.go(lecture.address()));
}

start();
