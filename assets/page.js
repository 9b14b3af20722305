// Runs in the head of the page, before anything is drawn.
(() => {
  const page = document.documentElement;
  const query = new URLSearchParams(window.location.search);

  // Light or dark, as Gradio will choose once it has loaded: ?__theme= counts for more than the
  // system.
  const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
  const showScheme = () => {
    const asked = query.get("__theme");
    const preferred = prefersDark.matches ? "dark" : "light";
    page.dataset.scheme = ["light", "dark"].includes(asked) ? asked : preferred;
  };
  prefersDark.addEventListener("change", showScheme);
  showScheme();

  // ?view=projector enlarges the page on a screen of any size.
  page.classList.toggle("s-projector", query.get("view") === "projector");

  // Gradio's text boxes know Shift-Enter only; people expect Ctrl-Enter (Command-Enter on a Mac).
  document.addEventListener("keydown", (event) => {
    const sends = event.key === "Enter" && (event.ctrlKey || event.metaKey);
    if (sends && event.target.closest("#compare-text")) {
      document.querySelector("#compare-button").click();
    }
  });
})();
