"""Who is in the lab and where, by the page's own socket; and the end of somebody's access."""
