// The Models tab: which model is open, where the drawer is, and the address of both.
(() => {
  const nodes = () => document.querySelectorAll("#models-tree [data-open]");
  const find = (name) => [...nodes()].find((node) => node.dataset.open === name);
  const opened = () => [...nodes()].find((node) => node.getAttribute("aria-expanded") === "true");
  const link = (name) => window.sentimentLink({ tab: "models", model: name });
  let last = ""; // the model whose node gets the focus back when the drawer closes

  window.sentimentModels = {
    // Mark what was pressed, follow it with the address, and return the name of the model to show.
    press(pressed) {
      const isOpen = pressed.getAttribute("aria-expanded") === "true";
      const name = isOpen ? "" : pressed.dataset.open;
      last = name || opened()?.dataset.open || last;
      for (const node of nodes()) node.setAttribute("aria-expanded", String(node.dataset.open === name && name !== ""));
      link(name);
      return name;
    },
    // Bring the drawer, which on a phone stands below the tree, to who opened it.
    show() {
      window.requestAnimationFrame(() => {
        const drawer = document.querySelector("#models-drawer");
        if (!opened()) return find(last)?.focus();
        const heading = drawer?.querySelector("h2");
        drawer?.scrollTo?.({ top: 0 });
        heading?.focus({ preventScroll: true });
        const box = drawer?.getBoundingClientRect();
        if (box && box.top > window.innerHeight * 0.7) drawer.scrollIntoView({ block: "start" });
      });
    },
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.closest?.("#models-drawer, #models-tree")) {
      document.querySelector("#models-drawer .s-close")?.click();
    }
  });

  // The press on a tab writes its address without a model; an open one stays in it.
  document.addEventListener("click", (event) => {
    const tab = event.target.closest?.("#tabs > .tab-wrapper [role=tab]")?.dataset.tabId;
    if (tab === "models" && opened()) link(opened().dataset.open);
  });
})();
