/**
 * Save a window layout only when it has changed.
 *
 * JupyterLab saves it whenever a part of the page stores its state, even the same state. The file
 * browser does this each time it lists its folder: in every page, every ten seconds.
 */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';

export const layouts: JupyterFrontEndPlugin<void> = {
  id: '@classroom/labextension:layouts',
  description: 'Writes window layouts only when they have changed.',
  autoStart: true,
  activate: ({ serviceManager: { workspaces } }: JupyterFrontEnd) => {
    const save = workspaces.save.bind(workspaces);
    const written = new Map<string, string>();
    workspaces.save = async (id, workspace) => {
      const text = JSON.stringify(workspace);
      if (written.get(id) === text) {
        return;
      }
      // Remember only layouts that the server has saved: after a failure the page must save again.
      written.delete(id);
      await save(id, workspace);
      written.set(id, text);
    };
  }
};
