// The WCAG contrast of every text one can see: a list of {text, where, ratio, needed, ink, paper}.
// Where several colours may lie behind a text (gradients, hatching), the worst of them counts.
() => {
  const WHITE = [255, 255, 255, 1];
  const COLOUR = /rgba?\([^)]*\)|color\(srgb [^)]*\)/g;

  // "rgb(1, 2, 3)", "rgba(1, 2, 3, 0.5)" or "color(srgb 0.1 0.2 0.3 / 0.5)" -> [r, g, b, alpha]
  function parse(colour) {
    if (!/^(rgb|color\(srgb )/.test(colour)) throw new Error(`No colour is known as ${colour}`);
    const numbers = colour.replace(/^[a-z]+\(|srgb/g, "").match(/[-\d.e]+/g).map(Number);
    const [r, g, b, alpha = 1] = numbers;
    return colour.startsWith("color") ? [255 * r, 255 * g, 255 * b, alpha] : [r, g, b, alpha];
  }

  const over = ([r, g, b, alpha], below) =>
    [...[r, g, b].map((value, i) => alpha * value + (1 - alpha) * below[i]), 1];

  function luminance([r, g, b]) {
    const linear = (value) =>
      value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
    return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  }

  function ratio(one, other) {
    const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  }

  const chain = (element) => {
    const elements = [];
    for (let own = element; own; own = own.parentElement) elements.unshift(own);
    return elements;
  };

  // Every colour that may lie behind the text of `element`, and how opaque its group is.
  function behind(element) {
    let papers = [WHITE];
    let opacity = 1;
    for (const own of chain(element)) {
      const style = getComputedStyle(own);
      opacity *= Number(style.opacity);
      const fade = ([r, g, b, alpha]) => [r, g, b, alpha * opacity];
      papers = papers.map((paper) => over(fade(parse(style.backgroundColor)), paper));
      const drawn = style.backgroundImage.match(COLOUR);
      if (drawn) {
        papers = papers.flatMap((paper) => drawn.map((colour) => over(fade(parse(colour)), paper)));
        papers = [...new Map(papers.map((paper) => [String(paper), paper])).values()];
      }
    }
    return { papers, opacity };
  }

  function isSeen(element) {
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return false;
    const { width, height } = element.getBoundingClientRect();
    return width > 1 && height > 1; // what is only read aloud is one pixel large
  }

  function measure(element, text, colour) {
    const style = getComputedStyle(element);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const { papers, opacity } = behind(element);
    const [r, g, b, alpha] = parse(colour);
    const ratios = papers.map((paper) => ratio(over([r, g, b, alpha * opacity], paper), paper));
    const worst = Math.min(...ratios);
    const where = chain(element).slice(-3).map((own) => {
      const names = (own.getAttribute("class") || "").split(/\s+/).filter((n) => n && !/^svelte/.test(n));
      return [own.tagName.toLowerCase() + (own.id ? `#${own.id}` : ""), ...names].join(".");
    });
    return {
      text: text.trim().slice(0, 60),
      where: where.join(" > "),
      ratio: Math.round(100 * worst) / 100,
      needed: isLarge ? 3 : 4.5,
      ink: colour,
      paper: papers[ratios.indexOf(worst)].map(Math.round).join(" "),
    };
  }

  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const isCode = element.closest("script, style, noscript, title, textarea");
    const text = walker.currentNode.textContent;
    if (isCode || !text.trim() || !isSeen(element)) continue;
    const style = getComputedStyle(element);
    found.push(measure(element, text, element.closest("svg") ? style.fill : style.color));
  }
  for (const field of document.querySelectorAll("input, textarea, select")) {
    if (!isSeen(field) || ["checkbox", "radio", "range", "file"].includes(field.type)) continue;
    const hint = field.value ? undefined : "::placeholder";
    const text = field.value || field.placeholder;
    if (text) found.push(measure(field, text, getComputedStyle(field, hint).color));
  }
  return found;
}
