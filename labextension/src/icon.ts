/** The classroom's icon: JupyterLab's own for people is taken by everybody's panel. */

import { LabIcon } from '@jupyterlab/ui-components';

export const classroomIcon = new LabIcon({
  name: 'classroom:cap',
  svgstr:
    '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">' +
    '<path class="jp-icon3 jp-icon-selectable" fill="#616161" d="M12 4 1 9.5 12 15l9-4.5V17h2V9.5z' +
    'M5 13.2V17c0 1.7 3.1 3 7 3s7-1.3 7-3v-3.8l-7 3.5z"/></svg>'
});
