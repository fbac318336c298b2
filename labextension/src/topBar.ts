/**
 * The class of a button in the top bar whose state is on: it has another colour.
 *
 * The commands aren't toggleable: their labels change with the state, and a button must not say
 * its state twice. JupyterLab would write `aria-pressed` on an element that has no role.
 */
export const ON = 'classroom-mod-on';
