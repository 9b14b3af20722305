// Runs in the head of the page, before anything is drawn.
(() => {
  const page = document.documentElement;
  const query = new URLSearchParams(window.location.search);

  // Light or dark: the button's choice, else ?__theme=, else the system, as Gradio will choose.
  const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
  const read = (key) => { try { return window.sessionStorage.getItem(key); } catch { return null; } };
  const write = (key, value) => { try { window.sessionStorage.setItem(key, value); } catch { /* private window */ } };
  const scheme = () => {
    const given = [read("scheme"), query.get("__theme")].find((name) => ["light", "dark"].includes(name));
    return given ?? (prefersDark.matches ? "dark" : "light");
  };
  const showScheme = () => {
    page.dataset.scheme = scheme();
    document.body?.classList.toggle("dark", scheme() === "dark");
  };
  prefersDark.addEventListener("change", showScheme);
  page.dataset.scheme = scheme();
  document.addEventListener("DOMContentLoaded", () => {
    // Gradio sets its own choice when it has loaded.
    new MutationObserver(() => {
      if (document.body.classList.contains("dark") !== (scheme() === "dark")) showScheme();
    }).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  });

  // Present, or ?view=projector, enlarges the page on a screen of any size.
  const present = (isOn) => {
    page.classList.toggle("s-projector", isOn);
    for (const button of document.querySelectorAll('[data-act="present"]')) {
      button.setAttribute("aria-pressed", String(isOn));
    }
  };
  page.classList.toggle("s-projector", query.get("view") === "projector");

  document.addEventListener("click", (event) => {
    const action = event.target.closest?.("[data-act]")?.dataset.act;
    if (action === "scheme") {
      write("scheme", scheme() === "dark" ? "light" : "dark");
      showScheme();
    } else if (action === "present") {
      present(!page.classList.contains("s-projector"));
      window.dispatchEvent(new Event("resize")); // charts fit their new width
    }
  });

  // Every view has a link: the address follows what is shown. Parameters without a value go.
  window.sentimentLink = (parameters) => {
    const address = new URL(window.location.href);
    const kept = ["__theme", "view"].filter((name) => address.searchParams.has(name));
    const search = new URLSearchParams(kept.map((name) => [name, address.searchParams.get(name)]));
    for (const [name, value] of Object.entries(parameters)) if (value) search.set(name, value);
    address.search = search;
    window.history.replaceState(window.history.state, "", address);
  };

  // A tab that is opened, by whatever, becomes an entry of the history, and Back opens it again.
  // On a phone the row of tabs scrolls to it.
  const linkedTab = () => {
    const search = new URLSearchParams(window.location.search);
    return search.get("tab") ?? (search.has("step") ? "lesson" : "compare");
  };
  document.addEventListener("DOMContentLoaded", () => {
    new MutationObserver((changes) => {
      const tab = changes.map((change) => change.target)
        .find((own) => own.ariaSelected === "true" && own.closest("#tabs > .tab-wrapper"));
      if (!tab) return;
      const row = tab.closest(".tab-wrapper");
      row.scrollTo({ left: tab.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2 });
      const name = tab.dataset.tabId;
      if (name === linkedTab() || !window.navigator.userActivation?.hasBeenActive) return;
      window.history.pushState(window.history.state, "");
      window.sentimentLink({ tab: name === "compare" ? "" : name });
    }).observe(document.body, { attributes: true, attributeFilter: ["aria-selected"], subtree: true });
  });
  window.addEventListener("popstate", () => {
    document.querySelector(`#tabs > .tab-wrapper [data-tab-id="${CSS.escape(linkedTab())}"]`)?.click();
  });

  // A button beside a link copies it; without the right to, the address is shown and selected.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.(".s-copy");
    if (!button) return;
    const link = button.parentElement.querySelector("a");
    try {
      await navigator.clipboard.writeText(link.href);
      button.textContent = button.dataset.copied;
    } catch {
      link.textContent = link.href;
      getSelection().selectAllChildren(link);
      button.textContent = button.dataset.selected;
    }
  });

  // Gradio's text boxes know Shift-Enter only; people expect Ctrl-Enter (Command-Enter on a Mac).
  document.addEventListener("keydown", (event) => {
    const sends = event.key === "Enter" && (event.ctrlKey || event.metaKey);
    if (sends && event.target.closest("#compare-text")) {
      document.querySelector("#compare-button").click();
    }
  });

  // Browsers put the focus on a list that scrolls; the one of a dropdown is closed by that, and the
  // focus lost.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Tab" || !event.target.closest("[role=combobox]")) return;
    document.querySelectorAll("ul[role=listbox]").forEach((list) => { list.tabIndex = -1; });
  }, true);
})();
