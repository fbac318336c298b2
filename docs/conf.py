"""How Sphinx builds the documentation: `make docs`.

Nothing is fetched, neither by the build nor by a reader's browser: the site has to work where the
classroom runs, which may be without a way to the internet.
"""

from __future__ import annotations

project = "Collaborative JupyterLab"
project_copyright = "the authors of Collaborative JupyterLab, BSD-3-Clause"

extensions = ["myst_parser"]
exclude_patterns = ["_build"]
nitpicky = True

# A heading's anchor is GitHub's, so that links hold there as well.
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence", "attrs_inline"]

html_theme = "pydata_sphinx_theme"
html_title = project
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "header_links_before_dropdown": 6,
    "footer_start": ["copyright"],
    "footer_end": [],
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
}
html_sidebars = {"get-started": [], "run-a-class": [], "security": [], "performance": []}
