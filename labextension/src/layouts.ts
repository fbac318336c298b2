/**
 * Writes a window layout only when it has changed.
 *
 * JupyterLab writes it whenever anything has stored its state, be it the same as before: the file
 * browser does after each look at its folder, in every page every ten seconds.
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
      // Only what the server has taken: after a failure the same is written again.
      written.delete(id);
      await save(id, workspace);
      written.set(id, text);
    };
  }
};
