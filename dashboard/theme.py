"""The look of the components: Mantine's theme. Plain colours of pages are in `assets/tokens.css`.

The accent is teal because blue and orange mean left and right on every page.
"""

from __future__ import annotations

from typing import Any

TEAL = [
    "#effcf9",
    "#d3f5ee",
    "#a6eadd",
    "#70d8c7",
    "#3fbfae",
    "#21a293",
    "#138578",
    "#0f766e",
    "#0c5f59",
    "#0a4a46",
]
DARK = [
    "#e8edf3",
    "#c9d2dc",
    "#a9b4c0",
    "#7f8b98",
    "#4a5562",
    "#3a444f",
    "#2c3540",
    "#1a2028",
    "#161b22",
    "#12161c",
]

THEME: dict[str, Any] = {
    "colors": {"teal": TEAL, "dark": DARK},
    "primaryColor": "teal",
    "primaryShade": 7,
    "autoContrast": True,
    "fontFamily": "Inter, system-ui, sans-serif",
    "fontFamilyMonospace": "ui-monospace, monospace",
    "defaultRadius": "md",
    "cursorType": "pointer",
    "respectReducedMotion": True,
    "components": {
        "Button": {"defaultProps": {"size": "md"}},
        "TextInput": {"defaultProps": {"size": "md"}},
        "NumberInput": {"defaultProps": {"size": "md"}},
        "Select": {"defaultProps": {"size": "md"}},
        "Textarea": {"defaultProps": {"size": "md"}},
        "SegmentedControl": {"defaultProps": {"size": "md"}},
    },
}
