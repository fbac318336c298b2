/** When a window layout is written. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { Workspace } from '@jupyterlab/services';
import { layouts } from '../src/layouts';

/** What reaches the server; the answer is as `fails` says. */
function server() {
  const taken: string[] = [];
  const workspaces = {
    fails: false,
    save: async (id: string, workspace: Workspace.IWorkspace) => {
      if (workspaces.fails) {
        throw new Error('The disk is full');
      }
      taken.push(`${id}: ${JSON.stringify(workspace.data)}`);
    }
  };
  void layouts.activate({ serviceManager: { workspaces } } as unknown as JupyterFrontEnd);
  return { workspaces, taken };
}

const layout = (id: string, width: number): Workspace.IWorkspace => ({
  data: { width },
  metadata: { id }
});

test('the same layout is written once, each change of it, and each layout by itself', async () => {
  const { workspaces, taken } = server();
  for (const width of [1, 1, 2, 2, 1]) {
    await workspaces.save('a', layout('a', width));
  }
  await workspaces.save('b', layout('b', 1));
  expect(taken).toEqual(['a: {"width":1}', 'a: {"width":2}', 'a: {"width":1}', 'b: {"width":1}']);
});

test('what the server has not taken is written again', async () => {
  const { workspaces, taken } = server();
  workspaces.fails = true;
  await expect(workspaces.save('a', layout('a', 1))).rejects.toThrow('full');
  workspaces.fails = false;
  await workspaces.save('a', layout('a', 1));
  expect(taken).toHaveLength(1);
});
