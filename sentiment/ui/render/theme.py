"""Define the colour palette in light and dark, the Gradio theme and the CSS variables."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from sentiment.paths import ASSETS

STYLES: Path = ASSETS / "styles"  # joined in the order of their names

FONT = ("Source Sans 3", "system-ui", "Segoe UI", "Roboto", "sans-serif")  # the first is shipped

# name: (light, dark). Negative and positive differ in lightness as well as in hue.
PALETTE = {
    "paper": ("#fbfaf6", "#14171b"),
    "card": ("#ffffff", "#1c2026"),
    "ink": ("#1d2329", "#eceae4"),
    "soft": ("#5d6670", "#a3abb4"),
    "line": ("#e3dfd5", "#30363e"),
    "track": ("#ebe8df", "#2b3138"),
    "accent": ("#3d4db3", "#93a0ff"),
    "accent-ink": ("#ffffff", "#14171b"),
    "negative": ("#a8431f", "#e58f6b"),
    "positive": ("#075a52", "#6fd0c0"),
    "alert": ("#8f2a12", "#f2b09a"),
}


def style_sheet() -> str:
    """Join the style sheets of the page."""
    return "".join(path.read_text(encoding="utf-8") for path in sorted(STYLES.glob("*.css")))


def css_variables() -> str:
    """Return the palette as CSS variables, such as `--s-ink`, for light and dark."""
    light = "".join(f"--s-{name}:{pair[0]};" for name, pair in PALETTE.items())
    dark = "".join(f"--s-{name}:{pair[1]};" for name, pair in PALETTE.items())
    font = ", ".join(f'"{name}"' if " " in name else name for name in FONT)
    return f":root{{--s-font:{font};{light}}}:root[data-scheme=dark],.dark{{{dark}}}"


# Gradio theme variable -> colour of the palette.
_VARIABLES = {
    "body_background_fill": "paper",
    "background_fill_primary": "card",
    "background_fill_secondary": "paper",
    "block_background_fill": "card",
    "panel_background_fill": "paper",
    "body_text_color": "ink",
    "body_text_color_subdued": "soft",
    "block_label_text_color": "soft",
    "block_title_text_color": "soft",
    "block_info_text_color": "soft",
    "border_color_primary": "line",
    "block_border_color": "line",
    "input_background_fill": "card",
    "input_border_color": "line",
    "input_border_color_focus": "accent",
    "button_primary_background_fill": "accent",
    "button_primary_background_fill_hover": "accent",
    "button_primary_border_color": "accent",
    "button_primary_text_color": "accent-ink",
    "button_secondary_background_fill": "card",
    "button_secondary_background_fill_hover": "paper",
    "button_secondary_border_color": "line",
    "button_secondary_border_color_hover": "soft",
    "button_secondary_text_color": "soft",
    "button_primary_border_color_hover": "accent",
    "color_accent_soft": "paper",
    "border_color_accent": "accent",
    "input_placeholder_color": "soft",
    "checkbox_background_color": "card",
    "checkbox_background_color_selected": "accent",
    "checkbox_border_color": "soft",
    "checkbox_border_color_hover": "accent",
    "checkbox_border_color_focus": "accent",
    "checkbox_border_color_selected": "accent",
    "checkbox_label_background_fill": "card",
    "checkbox_label_background_fill_selected": "card",
    "checkbox_label_text_color": "ink",
    "checkbox_label_text_color_selected": "ink",
    "link_text_color": "accent",
    "link_text_color_active": "accent",
    "link_text_color_hover": "accent",
    "link_text_color_visited": "accent",
    "slider_color": "accent",
    "loader_color": "accent",
    "stat_background_fill": "accent",
    "code_background_fill": "track",
    "error_background_fill": "card",
    "error_border_color": "alert",
    "error_icon_color": "alert",
    "error_text_color": "alert",
    "table_border_color": "line",
    "table_even_background_fill": "card",
    "table_odd_background_fill": "paper",
}


def build_theme() -> gr.themes.Base:
    """Build the Gradio theme; all fonts are local."""
    both = {}
    for variable, name in _VARIABLES.items():
        both[variable], both[f"{variable}_dark"] = PALETTE[name]
    theme = gr.themes.Base(
        font=FONT,
        font_mono=("ui-monospace", "Menlo", "Consolas", "monospace"),
        text_size=gr.themes.sizes.text_lg,
        radius_size=gr.themes.sizes.radius_lg,
        spacing_size=gr.themes.sizes.spacing_md,
    )
    return theme.set(
        block_shadow="none",
        block_border_width="1px",
        block_label_background_fill="transparent",
        block_label_background_fill_dark="transparent",
        block_label_border_width="0px",
        block_label_border_width_dark="0px",
        button_border_width="1px",
        button_border_width_dark="1px",
        color_accent="var(--s-accent)",
        button_large_radius="10px",
        **both,
    )
