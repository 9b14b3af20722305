// Compare: predictions follow typing, old ones are dimmed, and a comparison becomes a picture.
(() => {
  const PAUSE = 500; // ms after the last key
  const SLOW = 1500; // ms; where an answer took longer, typing alone asks for none
  const find = (selector) => document.querySelector(selector);
  let timer = 0;
  let started = 0;
  let isSlow = false;

  const dim = () => {
    for (const id of ["#compare-answers", "#why"]) find(id)?.classList.add("s-stale");
  };
  const isBusy = () => Boolean(find("#compare-answers .s-waiting:not([data-large])"));

  document.addEventListener("input", (event) => {
    if (event.target.closest?.("#options, #compare-label")) dim();
    if (event.target.closest?.("#why-method")) find("#why")?.classList.add("s-stale");
    if (!event.target.closest?.("#compare-text")) return;
    dim();
    const noLabel = find('#compare-label input[type="radio"]');
    if (event.isTrusted && noLabel && !noLabel.checked) noLabel.click(); // it was the old text's
    clearTimeout(timer);
    if (isSlow) return;
    timer = setTimeout(() => {
      if (event.target.value.trim() && !isBusy()) find("#compare-button").click();
    }, PAUSE);
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest?.("#compare-button, .s-chips")) started = performance.now();
    if (event.target.closest?.(".s-picture")) savePicture();
  });

  // What arrives is current; how long it took decides whether typing alone asks again.
  const watch = () => {
    const panel = find("#panel-compare");
    if (!panel) return void setTimeout(watch, 200);
    new MutationObserver((changes) => {
      const isNew = (id) => changes.some((change) => change.target.closest(id));
      for (const id of ["#compare-answers", "#why"]) {
        if (isNew(id)) find(id)?.classList.remove("s-stale");
      }
      if (started && isNew("#compare-answers") && !isBusy()) {
        isSlow = performance.now() - started > SLOW;
        started = 0;
      }
    }).observe(panel, { childList: true, subtree: true });
  };
  document.addEventListener("DOMContentLoaded", watch);

  // The axis as a picture of 1200 × 630, drawn from what the page shows.
  const savePicture = () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 1200, height: 630 });
    const pen = canvas.getContext("2d");
    const style = getComputedStyle(document.documentElement);
    const color = (name) => style.getPropertyValue(`--s-${name}`).trim();
    const font = style.getPropertyValue("--s-font");
    const write = (text, x, y, { size = 22, weight = 400, ink = "ink", align = "left", room } = {}) => {
      pen.font = `${weight} ${size}px ${font}`;
      pen.fillStyle = color(ink);
      pen.textAlign = align;
      pen.fillText(text, x, y, room);
    };
    pen.fillStyle = color("paper");
    pen.fillRect(0, 0, 1200, 630);
    const text = find("#compare-text textarea").value.trim();
    write(text.length > 110 ? `“${text.slice(0, 107)}…”` : `“${text}”`, 60, 84, { size: 32, weight: 650, room: 1080 });
    const [left, width] = [300, 560];
    write("− negative", left, 140, { size: 18, ink: "negative" });
    write("+ positive", left + width, 140, { size: 18, ink: "positive", align: "right" });
    const rows = [...document.querySelectorAll("#compare-answers .s-axis-row")].slice(0, 6);
    const step = Math.min(92, 400 / Math.max(1, rows.length));
    rows.forEach((row, i) => {
      const y = 190 + i * step;
      write(row.querySelector("strong").textContent, 60, y + 7, { size: 24, weight: 650, room: 220 });
      pen.strokeStyle = color("line");
      pen.lineWidth = 2;
      pen.beginPath(); pen.moveTo(left, y); pen.lineTo(left + width, y); pen.stroke();
      pen.strokeStyle = color("soft");
      pen.beginPath(); pen.moveTo(left + width / 2, y - step / 2); pen.lineTo(left + width / 2, y + step / 2); pen.stroke();
      const dots = [...row.querySelectorAll("[data-dot]")];
      const place = (dot) => left + (parseFloat(dot.getAttribute("x")) / 100) * width;
      const first = dots.find((dot) => dot.classList.contains("s-zero-shot"));
      for (const dot of dots) {
        if (!first || dot === first) continue;
        pen.strokeStyle = color("soft");
        pen.lineWidth = 3;
        pen.beginPath(); pen.moveTo(place(first), y); pen.lineTo(place(dot), y); pen.stroke();
      }
      for (const dot of dots) {
        const ink = dot.classList.contains("s-negative") ? "negative" : "positive";
        pen.beginPath(); pen.arc(place(dot), y, 10, 0, 7);
        pen.fillStyle = dot === first ? color("paper") : color(ink);
        pen.strokeStyle = color(ink);
        pen.lineWidth = 4;
        pen.fill(); pen.stroke();
        write(dot.querySelector("text").textContent, place(dot), y - 18, { size: 17, weight: 600, ink, align: "center" });
      }
      const said = [...row.querySelectorAll(".s-axis-verdict > span")].map((own) => own.textContent.replace(/\s+/g, " ").trim());
      write(said[0] ?? "", left + width + 30, y + 7, { size: 20, room: 250 });
    });
    write(`○ ${document.querySelector(".s-untrained")?.textContent.trim() ?? "zero-shot"}   ● fine-tuned`, 60, 600, { size: 18, ink: "soft" });
    write("Sentiment, side by side", 1140, 600, { size: 20, weight: 650, align: "right" });
    canvas.toBlob((blob) => {
      const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: "comparison.png" });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    });
  };
})();
