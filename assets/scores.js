// Scores and Examples: the address follows what is chosen, and the leaderboard is sorted.
(() => {
  const tabShown = () =>
    document.querySelector('#tabs > .tab-wrapper [role="tab"][aria-selected="true"]')?.dataset.tabId;

  // Write the address of a tab, unless another one was opened in the meantime.
  window.sentimentFollow = (tab, parameters) => {
    if (tabShown() === tab) window.sentimentLink({ tab, ...parameters });
  };

  window.sentimentScores = (data, a, b) => {
    window.sentimentFollow("scores", { data, a, b });
    for (const button of document.querySelectorAll("#scores-table .s-sets button")) {
      const name = button.closest("tr").dataset.model;
      button.setAttribute("aria-pressed", String(name === (button.dataset.side === "a" ? a : b)));
    }
  };

  window.sentimentExamples = (data, a, b, outcome, slice, search) => window.sentimentFollow(
    "examples", { data, a, b, outcome, slice: slice === "all texts" ? "" : slice, search });

  // The page keeps its place when a tab changes; what was asked for stands further down.
  window.sentimentLookAt = (selector) => {
    const part = document.querySelector(selector);
    if (!part) return;
    part.tabIndex = -1;
    part.focus({ preventScroll: true });
    part.scrollIntoView({ block: "center" });
  };

  // A press on a heading sorts the rows downwards, then upwards, then by backbone again.
  const valueOf = (row, place) => {
    const value = row.children[place]?.dataset.value ?? "";
    return value === "" || value === "nan" || value === "None" ? null : isNaN(value) ? value : Number(value);
  };
  const compare = (one, other) =>
    typeof one === "string" ? String(one).localeCompare(String(other)) : one - other;

  const sort = (table, place, direction) => {
    const rows = [...table.querySelectorAll("tbody tr:not(.s-group)")];
    rows.forEach((row, i) => {
      row.dataset.home ??= [...table.tBodies].indexOf(row.parentElement);
      row.dataset.order ??= i;
    });
    const isGrouped = direction === "none";
    const factor = direction === "descending" ? -1 : 1;
    const order = (one, other) => {
      if (isGrouped) return one.dataset.order - other.dataset.order;
      const [a, b] = [valueOf(one, place), valueOf(other, place)];
      if (a === null || b === null) return (a === null) - (b === null); // what is not known comes last
      return factor * compare(a, b);
    };
    for (const row of rows.sort(order)) {
      table.tBodies[isGrouped ? row.dataset.home : 0].append(row);
    }
    table.classList.toggle("s-sorted", !isGrouped);
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-sort]");
    if (!button) return;
    const heading = button.closest("th");
    const isText = button.dataset.sort === "model";
    const steps = isText ? ["ascending", "descending", "none"] : ["descending", "ascending", "none"];
    const next = steps[(steps.indexOf(heading.ariaSort) + 1) % steps.length];
    for (const other of heading.parentElement.children) other.removeAttribute("aria-sort");
    if (next !== "none") heading.setAttribute("aria-sort", next);
    sort(button.closest("table"), heading.cellIndex, next);
  });
})();
