// The slides of the lesson: which one is shown, the keys, and whether they fill the screen. The
// place stands on <html>, where the style sheet reads it; the server draws the chart for it.
(() => {
  const page = document.documentElement;
  const asked = Number(new URLSearchParams(window.location.search).get("step"));
  let order = []; // [step, part] of every slide, as the foot of the slides has it
  let index = 0;
  let opened = null; // step of the link, until the slides are there

  const find = (id) => document.getElementById(id);
  const isPresented = () => page.classList.contains("s-slides");

  const fit = () => {
    // Slides are laid out for 1280 x 720 and enlarged to the screen; smaller ones scroll.
    const zoom = Math.max(1, Math.min(window.innerWidth / 1280, window.innerHeight / 720));
    if (isPresented()) page.style.setProperty("--s-zoom", zoom.toFixed(3));
    else page.style.removeProperty("--s-zoom");
  };
  const link = () => {
    const step = window.sentimentLesson.step;
    window.sentimentLink(isPresented() ? { step: String(step) } : { tab: "lesson" });
  };
  const paint = () => {
    const foot = document.querySelector("#lesson-foot .s-foot");
    if (!foot || foot.dataset.shown === String(index)) return;
    order = JSON.parse(foot.dataset.slides);
    if (opened) index = order.findIndex(([step]) => step === opened);
    opened = null;
    const [step, part] = order[index];
    window.sentimentLesson.step = step;
    page.dataset.lessonStep = step;
    page.dataset.lessonPart = part;
    foot.dataset.shown = String(index);
    const said = `${index + 1} / ${order.length}`;
    foot.querySelectorAll(".s-dashes i").forEach((dash, i) => dash.classList.toggle("s-on", i <= index));
    foot.querySelector(".s-dashes").setAttribute("aria-label", said);
    foot.querySelector(".s-count").textContent = said;
    find("lesson-back").disabled = index === 0;
    find("lesson-next").disabled = index === order.length - 1;
  };
  const go = (by) => {
    const next = Math.min(Math.max(index + by, 0), order.length - 1);
    if (next === index) return;
    index = next;
    paint();
    find("lesson-move")?.click();
    link();
    if (!isPresented()) return;
    window.scrollTo(0, 0);
  };
  const present = (isOn) => {
    page.classList.toggle("s-slides", isOn);
    fit();
    link();
    window.scrollTo(0, 0);
  };
  // Predictions for another sentence than the one in the box are dimmed.
  const sentences = {}; // by step
  const dim = (current) => {
    for (const [step, sentence] of Object.entries(sentences)) {
      const answers = find(`lesson-answers-${step}`);
      if (answers) answers.toggleAttribute("data-stale", sentence !== current);
    }
  };
  document.addEventListener("input", (event) => {
    if (event.target.closest?.("#lesson-text")) dim(event.target.value);
  });
  const actions = {
    "lesson-start": () => present(true),
    "lesson-exit": () => present(false),
    "lesson-back": () => go(-1),
    "lesson-next": () => go(1),
    "lesson-print": () => window.print(),
    // What the slide is for: classify, reveal, check the guess.
    "lesson-run": () => [...find("lesson-screen").querySelectorAll("button.primary")]
      .find((own) => own.checkVisibility() && !own.disabled)?.click(),
    "lesson-notes": () => {
      const notes = [...document.querySelectorAll("#lesson-folds .s-fold-notes")].find((own) => own.checkVisibility());
      if (notes) notes.open = !notes.open;
    },
  };
  const keys = {
    ArrowLeft: "lesson-back", PageUp: "lesson-back", ArrowRight: "lesson-next", PageDown: "lesson-next",
    n: "lesson-notes", p: "lesson-print", Escape: "lesson-exit", Enter: "lesson-run",
  };
  const isShown = () => find("lesson-screen")?.checkVisibility();

  window.sentimentLesson = {
    step: 1,
    // Send the sentence to the models of the step that is shown.
    ask: () => [...document.querySelectorAll("[id^='lesson-ask-']")].find((own) => own.checkVisibility())?.click(),
    asked: (step, sentence) => {
      sentences[step] = sentence;
      dim(sentence);
      return sentence;
    },
    leave: () => { if (isPresented()) present(false); },
  };
  page.dataset.lessonStep = "1";
  page.dataset.lessonPart = "try";
  document.addEventListener("click", (event) => {
    const action = event.target.closest?.("[data-act]")?.dataset.act;
    actions[action]?.();
  });
  document.addEventListener("keydown", (event) => {
    if (!isShown() || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const isRun = event.key === "Enter" && event.target.closest?.("button, a, summary");
    if (isRun || (!isPresented() && event.key === "Escape")) return; // it does what has the focus
    const field = event.target.closest?.("input, textarea, select, [contenteditable], [role=listbox]");
    if (field) {
      if (event.key === "Escape") field.blur(); // a second press leaves the slides
      return;
    }
    const action = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    event.preventDefault();
    actions[action]();
  });
  window.addEventListener("resize", fit);

  document.addEventListener("DOMContentLoaded", () => {
    new MutationObserver(paint).observe(document.body, { childList: true, subtree: true });
  });
  // A link such as ?step=3 opens the slides; what is no step of the lesson changes nothing.
  const given = new URLSearchParams(window.location.search).get("step");
  if (String(asked) === given && asked >= 1 && asked <= 6) {
    opened = asked;
    window.sentimentLesson.step = asked;
    page.classList.add("s-slides");
    fit();
  }
})();
