/**
 * The CSS class of a top bar button whose state is on; it has another colour.
 *
 * The commands aren't toggleable: their labels change with the state, and screen readers would read
 * the state twice. Also, JupyterLab would put `aria-pressed` on an element without a role.
 */
export const ON = 'classroom-mod-on';
